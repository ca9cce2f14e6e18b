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
      cause: "variable `payee` is not in the call's context",
    });
  });

  test("of several parts of a condition, the one that failed is named", () => {
    const files = planOf({
      rules: [
        {
          name: "notes",
          tool: "read",
          constraints: { path: { path: { within: "/srv", not_within: "/srv/keys", extensions: ".md" } } },
        },
      ],
    });
    const why = (path: string, facts = { paths: { [path]: path } }) =>
      explain(files, { tool: "read", args: { path } }, {}, facts, NOON).rules[0]?.checks[0];
    expect(why("/srv/a.md")).not.toHaveProperty("cause");
    expect(why("/srv/a.txt")?.cause).toBe('not met: be a path ending in `".md"`');
    expect(why("/srv/keys/a.md")?.cause).toBe('not met: be a path not within `"/srv/keys"`');
    expect(
      explain(
        files,
        { tool: "read", args: { path: "/srv/a.txt" } },
        {},
        { paths: { "/srv/a.txt": "/srv/a.txt" } },
        NOON,
      ).change?.steps,
    ).toEqual([{ kind: "argument", key: "path", must: 'be a path ending in `".md"`' }]);
    expect(why("/srv/keys/a.txt")?.cause).toContain("; be a path ending in");
    expect(why("/srv/a.md", { paths: {} })?.cause).toBe(
      "nobody said where the path leads (a resolved path is missing)",
    );
    expect(why("a.md")?.cause).toBe("the path is relative, and the call's context has no `working_directory`");
  });

  test("a variable of another type than it is declared is named", () => {
    const typed = planOf({
      variables: { limit: { type: "number" } },
      rules: [{ name: "r", tool: "t", constraints: { x: { lte: "${limit}" } } }],
    });
    const call = { tool: "t", args: { x: 1 } };
    expect(explain(typed, call, { variables: { limit: "9" } }, {}, NOON).rules[0]?.checks[0]).toMatchObject({
      result: "error",
      cause: "variable `limit` is not a number, as it is declared",
    });
  });

  test("a window is named, with the time there", () => {
    const weekly = planOf({
      timezone: "Europe/Madrid",
      rules: [{ name: "r", tool: "t", time_window: { days: ["tue", "sat"], hours: ["08:00-10:00", "22:00-06:00"] } }],
    });
    expect(explain(weekly, { tool: "t", args: {} }, {}, {}, NOON).rules[0]?.checks[0]).toMatchObject({
      must: "lie within tue, sat 08:00-10:00 or tue, sat 22:00-06:00 (Europe/Madrid)",
      result: "false",
      cause: "it is mon 13:00 there",
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
      avoids: [],
      confirmed: true,
    });
  });

  test("is not confirmed where the caller would have to be another", () => {
    expect(
      of({ amount: 5, currency: "EUR", to: "bob" }, { ...context, principal: { roles: [] } }).change,
    ).toMatchObject({ confirmed: false, steps: [{ kind: "caller", key: "roles" }] });
  });

  test("is undecided where a deny rule stands in the way that no argument keeps clear of", () => {
    const night = Date.parse("2026-03-02T23:00:00Z");
    expect(of({ amount: 5, currency: "EUR", to: "bob" }, context, night).change).toEqual({
      rule_id: "small",
      rule_name: "small",
      confirmed: false,
      avoids: [{ rule_id: "night", rule_name: "night" }],
      steps: [],
    });
  });

  test("is one for an allow rule rather than for an approval rule that needs as much", () => {
    const both = planOf({
      rules: [
        { name: "ask", tool: "t", effect: "require_approval", constraints: { x: 1 } },
        { name: "let", tool: "t", constraints: { x: 2 } },
      ],
    });
    expect(explain(both, { tool: "t", args: { x: 3 } }, {}, {}, NOON).change).toMatchObject({
      rule_name: "let",
      confirmed: true,
    });
  });

  test("there is none for what is allowed, or where nothing grants", () => {
    expect(of({ amount: 5, currency: "EUR", to: "bob" }).change).toBeNull();
    expect(explain(plan, { tool: "unknown", args: {} }, context, {}, NOON).change).toBeNull();
  });
});
