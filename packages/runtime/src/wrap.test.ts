import { expect, expectTypeOf, test } from "vitest";
import { decision, decisionPoint, DENY, setup } from "./fixtures/fakes.ts";
import { createGuard, DeniedError } from "./index.ts";

const tools = {
  greeting: "hello" as const,
};

test("a wrapped map has the same tools, the same types, plain values and the tools' own errors", async () => {
  const { trail, options } = setup();
  class OwnError extends Error {}
  const wrapped = createGuard(options).wrap({
    add: async ({ a, b }: { a: number; b: number }) => a + b,
    now: () => new Date(0),
    fail: async () => {
      throw new OwnError("mine");
    },
  });
  expectTypeOf(wrapped.add).parameter(0).toEqualTypeOf<{ a: number; b: number }>();
  expectTypeOf(wrapped.add).returns.resolves.toBeNumber();
  expectTypeOf(wrapped.now).returns.resolves.toEqualTypeOf<Date>();
  expect(await wrapped.add({ a: 1, b: 2 })).toBe(3);
  expect(await wrapped.now()).toEqual(new Date(0));
  await expect(wrapped.fail()).rejects.toBeInstanceOf(OwnError);
  expect(trail.events.map((event) => event.tool_name)).toEqual(["add", "add", "now", "now", "fail", "fail"]);
  expect(Object.isFrozen(wrapped)).toBe(true);
});

test("`this` is the map, names are own members only, and a member of the prototype is no tool", async () => {
  const { options } = setup();
  const map = Object.assign(Object.create({ inherited: () => 1 }) as object, {
    ...tools,
    hello(this: typeof tools) {
      return this.greeting;
    },
  });
  const { greeting, ...callable } = map;
  expect(greeting).toBe("hello");
  const guard = createGuard(options);
  expect(() => guard.wrap(map as never)).toThrow(expect.objectContaining({ code: "invalid_option" }));
  const wrapped = guard.wrap(Object.defineProperty(callable, "greeting", { value: "hello" }));
  expect(Object.keys(wrapped)).toEqual(["hello"]);
  expect(await wrapped.hello()).toBe("hello");
});

test("options that a framework hands to a tool cannot change which call is decided", async () => {
  let ran = 0;
  const { trail, options } = setup({
    decisionPoint: decisionPoint(({ call }) => decision(call.tool === "safe" ? {} : DENY)),
  });
  const wrapped = createGuard(options).wrap({
    safe: async (args: { path: string }) => args.path,
    danger: async () => ++ran,
  });
  const smuggled = { tool: "safe", args: { path: "/other" }, call_id: "c", context: () => ({}) };
  await expect(wrapped.danger({}, smuggled)).rejects.toBeInstanceOf(DeniedError);
  expect(await wrapped.safe({ path: "/a" }, smuggled)).toBe("/a");
  expect(ran).toBe(0);
  expect(trail.events[0]).toMatchObject({ tool_name: "danger", call_id: "c", agent_id: "agent" });
});

test("null is no arguments object; a missing one is an empty one", async () => {
  const { options } = setup();
  const wrapped = createGuard(options).wrap({ keys: async (args: object) => Object.keys(args) });
  expect(await wrapped.keys(undefined as never)).toEqual([]);
  await expect(wrapped.keys(null as never)).rejects.toMatchObject({ decision: { reason_code: "invalid_call" } });
});
