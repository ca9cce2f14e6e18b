import { describe, expect, test } from "vitest";
import { ask, NOON, planOf } from "../fixtures/support.ts";
import type { RuleDocument } from "../policy.ts";
import { explain } from "./explain.ts";

const rules: RuleDocument[] = [
  {
    name: "small",
    tool: "pay",
    constraints: { amount: { lte: 100, gt: 0 }, currency: ["EUR", "USD"], to: "${payee}" },
    roles: ["clerk"],
  },
  { name: "night", tool: "pay", effect: "deny", time_window: "22:00-06:00" },
  { name: "other", tool: "read" },
];
const plan = planOf({ rules });
const context = { variables: { payee: "bob" }, principal: { roles: ["clerk"] } };
const of = (args: object, more: object = context, now = NOON) =>
  explain(plan, { tool: "pay", args: args as never }, more, {}, now);

describe("which rules were considered, and what failed in each", () => {
  test("a denied call", () => {
    const { decision, rules: explained, other_rules } = of({ amount: 200, currency: "EUR", to: "bob", note: "x" });
    expect(decision).toEqual(ask(plan, "pay", { amount: 200, currency: "EUR", to: "bob", note: "x" }, { context }));
    expect(other_rules).toBe(1);
    expect(explained.map(({ name, result }) => [name, result])).toEqual([
      ["small", "false"],
      ["night", "false"],
    ]);
    expect(explained[0]?.checks.map(({ kind, key, result }) => `${kind} ${key} ${result}`)).toEqual([
      "caller roles true",
      "argument amount false",
      "argument currency true",
      "argument to true",
      "listing /note false",
    ]);
    expect(explained[0]?.checks[1]?.must).toBe("be at most `100` and be above `0`");
  });

  test("an error has its cause", () => {
    const { rules: explained } = of({ amount: 5, currency: "EUR", to: "bob" }, { principal: { roles: ["clerk"] } });
    expect(explained[0]?.checks.find(({ key }) => key === "to")).toMatchObject({
      result: "error",
      cause: "a variable is not known",
    });
  });

  test("a bad call has no rules to explain", () => {
    expect(explain(plan, null as never, {}, {}, NOON)).toMatchObject({
      decision: { reason_code: "invalid_call" },
      rules: [],
      change: null,
    });
  });
});

describe("the smallest change", () => {
  test("is confirmed by deciding the changed call", () => {
    expect(of({ amount: 200, currency: "GBP", to: "bob", note: "x" }).change).toEqual({
      rule_id: "small",
      rule_name: "small",
      steps: [
        { kind: "argument", key: "amount", must: expect.any(String), value: 100 },
        { kind: "argument", key: "currency", must: expect.any(String), value: "EUR" },
        { kind: "listing", key: "/note", must: expect.any(String), remove: true },
      ],
      confirmed: true,
    });
  });

  test("is not confirmed where the caller would have to be another", () => {
    expect(
      of({ amount: 5, currency: "EUR", to: "bob" }, { ...context, principal: { roles: [] } }).change,
    ).toMatchObject({ confirmed: false, steps: [{ kind: "caller", key: "roles" }] });
  });

  test("is not confirmed where a deny rule stands in the way", () => {
    const night = Date.parse("2026-03-02T23:00:00Z");
    expect(of({ amount: 5, currency: "EUR", to: "bob" }, context, night).change).toMatchObject({
      confirmed: false,
      steps: [],
    });
  });

  test("there is none for what is allowed, or where nothing grants", () => {
    expect(of({ amount: 5, currency: "EUR", to: "bob" }).change).toBeNull();
    expect(explain(plan, { tool: "unknown", args: {} }, context, {}, NOON).change).toBeNull();
  });
});
