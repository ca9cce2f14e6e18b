import type { Facts, JsonObject } from "@proclaw/core";
import { expect, test } from "vitest";
import { pathsToResolve } from "./facts.ts";
import { decision, decisionPoint, setup } from "./fixtures/fakes.ts";
import { createGuard } from "./index.ts";
import type { FactSource, GuardOptions } from "./index.ts";

test.each<[string, string[], JsonObject, string[]]>([
  ["a member", ["/path"], { path: "/a", other: "/b" }, ["/a"]],
  ["each element", ["/edits/*/file"], { edits: [{ file: "/a" }, { file: "/b" }, { no: 1 }] }, ["/a", "/b"]],
  ["one element", ["/files/1"], { files: ["/a", "/b"] }, ["/b"]],
  ["a member called `*`", ["/*"], { "*": "/a", b: "/b" }, ["/a"]],
  ["escaped names", ["/a~1b/~0"], { "a/b": { "~": "/x" } }, ["/x"]],
  ["strings only", ["/path", "/path/0"], { path: 7 }, []],
  ["own members only", ["/constructor/name"], {}, []],
  ["the same path twice, once", ["/a", "/b"], { a: "/x", b: "/x" }, ["/x"]],
])("selects %s", (_, paths, args, expected) => {
  expect(pathsToResolve({ paths }, args)).toEqual(expected);
});

test("too many paths are not looked up", () => {
  const many = Array.from({ length: 300 }, (_, i) => `/${i}`);
  expect(pathsToResolve({ paths: ["/p/*"] }, { p: many })).toBeNull();
});

function factsGuard(facts: FactSource): {
  ran: () => number;
  call: () => Promise<unknown>;
  seen: Facts[];
  story: () => string[];
} {
  let ran = 0;
  const seen: Facts[] = [];
  const point = decisionPoint(({ facts: given }) => {
    seen.push(given);
    return given.paths === undefined
      ? decision({ effect: "deny", reason_code: "missing_fact", reason: "no path" })
      : decision();
  });
  const options: Partial<GuardOptions> = {
    decisionPoint: { ...point, requirements: () => ({ paths: ["/path"] }) },
    facts,
    stepTimeoutMs: 50,
  };
  const { trail, options: all } = setup(options);
  const guard = createGuard(all);
  const call = (): Promise<unknown> => guard.call({ tool: "read", args: { path: "x" } }, () => ++ran);
  return { ran: () => ran, call, seen, story: () => trail.story };
}

test("facts reach the decision, and are looked at again before the tool runs", async () => {
  let lookups = 0;
  const same = factsGuard({ resolvePaths: async () => (lookups++, { x: "/real" }) });
  await same.call();
  expect(same.seen).toEqual([{ paths: { x: "/real" } }]);
  expect([lookups, same.ran()]).toEqual([2, 1]);
});

test.each<[string, FactSource["resolvePaths"]]>([
  ["is another", async () => ({ x: "/elsewhere" })],
  ["is gone", async () => ({})],
  ["cannot be read any more", () => Promise.reject(new Error("io"))],
  ["hangs", () => new Promise(() => {})],
  ["is no answer", async () => 7 as never],
])("a path that %s the second time denies, and the allow on record is closed", async (_, second) => {
  let lookups = 0;
  const guard = factsGuard({
    resolvePaths: (paths, context) => (lookups++ === 0 ? Promise.resolve({ x: "/real" }) : second(paths, context)),
  });
  await expect(guard.call()).rejects.toMatchObject({
    decision: { reason_code: "facts_changed" },
    record: { event_id: "event-1" },
  });
  expect(guard.ran()).toBe(0);
  expect(guard.story()).toEqual(["decision:pending", "outcome:not_executed"]);
});

test.each<[string, FactSource["resolvePaths"], string]>([
  ["rejects", () => Promise.reject(new Error("io")), "missing_fact"],
  [
    "throws",
    () => {
      throw new Error("io");
    },
    "missing_fact",
  ],
  ["hangs", () => new Promise(() => {}), "missing_fact"],
  ["answers nonsense", async () => ({ x: () => 1 }) as never, "internal_error"],
])("a fact source that %s denies", async (_, resolvePaths, reasonCode) => {
  const guard = factsGuard({ resolvePaths });
  await expect(guard.call()).rejects.toMatchObject({ decision: { reason_code: reasonCode } });
  expect(guard.ran()).toBe(0);
});
