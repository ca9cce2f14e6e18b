import type { JsonValue } from "@proclaw/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDecisionPoint } from "../decision-point.ts";
import { ask, NOON, planOf } from "../fixtures/support.ts";
import { decide } from "./decide.ts";

const plan = planOf({
  rules: [
    { name: "a", tool: "t", constraints: { x: "^a*$", "m.n": { glob: "/${v}/**" } }, other_args: "allow" },
    { name: "b", tool: "*", effect: "deny", constraints: { y: { path: { within: "/etc" } }, network: "external" } },
    { name: "c", tool: "t", effect: "deny", constraints: { u: { url: { zones: ["private"], paths: ["/a/**"] } } } },
    {
      name: "d",
      tool: "t",
      constraints: { l: { every: { time_of_day: "08:00-09:00" } } },
      roles: "r",
      time_window: "08:00-18:00",
    },
  ],
  tools: { t: { aliases: { file: "x" }, hosts: ["h"] } },
  timezone: "Europe/Madrid",
});
const good = { call: { tool: "t", args: {} }, context: {}, facts: {}, now: NOON };

describe("what is not of the contract's form is denied", () => {
  test.each([
    ["call", null],
    ["call", "t"],
    ["call", []],
    ["call", { tool: 1, args: {} }],
    ["call", { tool: "", args: {} }],
    ["call", { tool: "t" }],
    ["call", { tool: "t", args: [] }],
    ["call", { tool: "t", args: null }],
    ["call", { tool: "t", args: { x: undefined } }],
    ["call", { tool: "t", args: { x: Number.NaN } }],
    ["call", { tool: "t", args: { x: 1n } }],
    ["call", { tool: "t", args: { x: () => 1 } }],
    ["call", { tool: "t", args: { x: new Date(0) } }],
    ["call", { tool: "t", args: { x: "\ud800" } }],
    ["call", { tool: "t", args: { "\udc00": 1 } }],
    ["call", { tool: "\ud800", args: {} }],
    ["call", { tool: "t", args: {}, call_id: 1 }],
    ["context", null],
    ["context", []],
    ["context", { agent_id: 1 }],
    ["context", { agent_id: null }],
    ["context", { session_id: {} }],
    ["context", { principal: "me" }],
    ["context", { principal: { sub: 1 } }],
    ["context", { principal: { roles: "r" } }],
    ["context", { principal: { roles: [1] } }],
    ["context", { variables: [] }],
    ["context", { working_directory: 1 }],
    ["context", { now: "yesterday" }],
    ["context", { now: 5 }],
    ["facts", null],
    ["facts", { paths: [] }],
    ["now", Number.NaN],
    ["now", "2026-01-01T00:00:00Z"],
    ["now", undefined],
  ])("%s %#", (member, value) => {
    const { call, context, facts, now } = Object.assign({}, good, { [member]: value });
    expect(decide(plan, call, context, facts, now)).toMatchObject({
      effect: "deny",
      reason_code: "invalid_call",
      rule_id: null,
    });
  });

  test("the decision point denies what is not even a request", () => {
    for (const request of [null, undefined, 1, "x", []]) {
      expect(createDecisionPoint(plan).decide(request as never).reason_code).toBe("invalid_call");
    }
  });

  test("a plan that was not loaded decides nothing", () => {
    expect(decide(JSON.parse(JSON.stringify(plan)) as never, good.call, {}, {}, NOON)).toMatchObject({
      effect: "deny",
      reason_code: "policy_unavailable",
    });
  });

  test("alias and canonical name together, or two aliases", () => {
    const aliased = planOf({
      rules: [{ name: "r", tool: "t", constraints: { path: "a" } }],
      tools: { t: { aliases: { file: "path", file_path: "path" } } },
    });
    expect(ask(aliased, "t", { file: "a" }).effect).toBe("allow");
    expect(ask(aliased, "t", { path: "a" }).effect).toBe("allow");
    expect(ask(aliased, "t", { file: "b" }).reason_code).toBe("no_matching_rule");
    expect(ask(aliased, "t", { file: "a", path: "a" }).reason_code).toBe("invalid_call");
    expect(ask(aliased, "t", { file: "a", file_path: "a" }).reason_code).toBe("invalid_call");
  });
});

describe("sizes", () => {
  const sized = planOf({
    rules: [
      { name: "p", tool: "t", constraints: { x: "^a*$" }, other_args: "allow" },
      { name: "l", tool: "t", constraints: { y: { every: { glob: "a*" } } }, other_args: "allow" },
      { name: "o", tool: "other", constraints: { z: "^a*$" } },
      { name: "everything", tool: "*" },
    ],
  });
  test.each([
    ["64 KiB tested", { x: "a".repeat(65_536) }, "allowed_by_rule"],
    ["a byte more", { x: "a".repeat(65_537) }, "argument_too_large"],
    ["bytes, not characters", { x: "é".repeat(32_769) }, "argument_too_large"],
    ["in an array", { y: ["a", "a".repeat(65_537)] }, "argument_too_large"],
    ["not tested by a pattern", { z: "a".repeat(65_537) }, "allowed_by_rule"],
    ["tested, whatever the other conditions say", { x: "b".repeat(65_537) }, "argument_too_large"],
  ])("%s", (_, args, code) => {
    expect(ask(sized, "t", args as never).reason_code).toBe(code);
  });

  test("a whole call of 1 MiB", () => {
    const text = (length: number): string => "a".repeat(length);
    // tool + {"z":"…"}
    expect(ask(sized, "t", { z: text(1_048_576 - 1 - 8) }).reason_code).toBe("allowed_by_rule");
    expect(ask(sized, "t", { z: text(1_048_576 - 1 - 7) }).reason_code).toBe("argument_too_large");
    expect(ask(sized, "t", { z: "\u0001".repeat(180_000) }).reason_code).toBe("argument_too_large");
  });

  test("nesting 64", () => {
    const nest = (depth: number): JsonValue => (depth === 0 ? 1 : [nest(depth - 1)]);
    expect(ask(sized, "t", { z: nest(63) }).reason_code).toBe("allowed_by_rule");
    expect(ask(sized, "t", { z: nest(64) }).reason_code).toBe("argument_too_large");
  });

  test("cycles, and small graphs that unfold into large trees", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    let bomb: unknown = "x";
    for (let i = 0; i < 40; i++) bomb = [bomb, bomb];
    for (const z of [cycle, bomb]) expect(ask(sized, "t", { z: z as never }).reason_code).toBe("argument_too_large");
  });
});

test("property: deciding never throws, whatever the request", () => {
  const junk = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true, withNullPrototype: true }),
    fc.jsonValue(),
  );
  const args = fc.dictionary(
    fc.constantFrom("x", "y", "u", "l", "m", "h", "file", "__proto__"),
    fc.oneof(junk, fc.webUrl(), fc.ipV6(), fc.string()),
  );
  fc.assert(
    fc.property(
      fc.oneof(junk, fc.record({ tool: fc.constantFrom("t", "z"), args: fc.oneof(args, junk) })),
      fc.oneof(junk, fc.constant({})),
      fc.oneof(junk, fc.constant({})),
      (call, context, facts) => {
        const decision = decide(plan, call as never, context as never, facts as never, NOON);
        expect(decision.effect).toMatch(/^(?:allow|deny|require_approval)$/);
        expect(decision.reason_code).not.toBe("internal_error");
      },
    ),
    { seed: 3, numRuns: 2000 },
  );
});

test("an exception denies `internal_error` and tells nothing", () => {
  const args = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("4111 1111 1111 1111");
      },
    },
  );
  const decision = decide(plan, { tool: "t", args }, {}, {}, NOON);
  expect(decision).toMatchObject({ effect: "deny", reason_code: "internal_error" });
  expect(JSON.stringify(decision)).not.toContain("4111");
});
