import type { JsonObject, JsonValue } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import { ask, NOON, planOf } from "../fixtures/support.ts";
import type { RuleDocument } from "../policy.ts";
import { explain, type SmallestChange } from "./explain.ts";

const call = { name: "call", tool: "t", other_args: "allow" } as const;
const never = (constraints: object, name = "never"): RuleDocument =>
  ({ name, tool: "t", effect: "deny", constraints }) as RuleDocument;

function changeOf(rules: readonly RuleDocument[], args: JsonObject): SmallestChange {
  const plan = planOf({ rules });
  expect(ask(plan, "t", args).effect).toBe("deny");
  const { change } = explain(plan, { tool: "t", args }, {}, {}, NOON);
  if (change === null) throw new Error("no change");
  if (change.confirmed) expect(ask(plan, "t", apply(args, change)).effect).not.toBe("deny");
  return change;
}

/** As somebody would who reads the steps. */
function apply(args: JsonObject, { steps }: SmallestChange): JsonObject {
  const changed: Record<string, JsonValue> = { ...args };
  for (const { key, value, remove } of steps) {
    if (remove === true) delete changed[key.replace("/", "")];
    else if (value !== undefined) changed[key] = value;
  }
  return changed;
}

describe("a deny rule that blocks an otherwise allowed call", () => {
  test.each<[object, JsonObject, object]>([
    [{ force: true }, { force: true }, { value: false }],
    [{ x: "secret" }, { x: "secret" }, { value: "x" }],
    [{ n: { gt: 100 } }, { n: 150 }, { value: 100 }],
    [{ n: { gte: 100 } }, { n: 150 }, { value: 99 }],
    [{ n: { lt: 0 } }, { n: -5 }, { value: 0 }],
    [{ n: { lte: 0 } }, { n: -5 }, { value: 1 }],
    [{ x: { not: ["a", "b"] } }, { x: "c" }, { value: "a" }],
    [{ x: { none_of: ["a", "b"] } }, { x: "c" }, { value: "a" }],
    [{ x: { contains: "rm " } }, { x: "ls; rm -r" }, { value: "ls; -r" }],
    [{ x: { prefix: "/etc/" } }, { x: "/etc/passwd" }, { value: "passwd" }],
    [{ x: { regex: "^a+$", search: false } }, { x: "aaa" }, { value: "x" }],
    [{ x: { glob: "/etc/**" } }, { x: "/etc/a" }, { value: "x" }],
    [{ x: { length: { min: 3 } } }, { x: "abcd" }, { value: "ab" }],
    [{ x: { length: { max: 3 } } }, { x: "ab" }, { value: "abxx" }],
    [{ tags: { some: "bad" } }, { tags: ["ok", "bad"] }, { value: ["ok"] }],
    [{ tags: { contains: "bad" } }, { tags: ["ok", "bad"] }, { value: ["ok"] }],
    [{ x: { type: "number" } }, { x: 1 }, { value: "x" }],
    [{ x: { present: true } }, { x: 1 }, { remove: true }],
    [{ x: { absent: true } }, {}, { value: "x" }],
    [{ x: "a" }, { x: 7 }, { value: "x" }],
  ])("%j, %j: %j", (constraints, args, step) => {
    const change = changeOf([call, never(constraints)], args);
    expect(change).toMatchObject({
      rule_name: "call",
      confirmed: true,
      avoids: [{ rule_id: "never", rule_name: "never" }],
      steps: [{ kind: "argument", must: expect.stringMatching(/^not /), ...step }],
    });
  });

  test("one condition of it is enough", () => {
    const change = changeOf([call, never({ a: 1, force: true })], { a: 1, force: true });
    expect(change.steps).toHaveLength(1);
  });

  test("what the granting rule wants is tried first", () => {
    const pay: RuleDocument = { name: "pay", tool: "t", constraints: { currency: ["EUR", "USD"] } };
    const change = changeOf([pay, never({ currency: "EUR" })], { currency: "EUR" });
    expect(change.steps).toEqual([{ kind: "argument", key: "currency", must: 'not equal `"EUR"`', value: "USD" }]);
  });

  test("steps for the granting rule and against the deny rule on one argument become one", () => {
    const pay: RuleDocument = { name: "pay", tool: "t", constraints: { currency: ["EUR", "USD"] } };
    const change = changeOf([pay, never({ currency: "EUR" })], { currency: "GBP" });
    expect(change.steps).toEqual([
      { kind: "argument", key: "currency", must: 'be one of `"EUR"`, `"USD"` and not equal `"EUR"`', value: "USD" },
    ]);
  });

  test("several deny rules are kept clear of, up to three", () => {
    const rules = ["a", "b", "c", "d"].map((key) => never({ [key]: true }, `never ${key}`));
    const three = changeOf([call, ...rules.slice(0, 3)], { a: true, b: true, c: true });
    expect(three.confirmed).toBe(true);
    expect(three.steps.map(({ key }) => key).sort()).toEqual(["a", "b", "c"]);
    expect(three.avoids).toHaveLength(3);
    const four = changeOf([call, ...rules], { a: true, b: true, c: true, d: true });
    expect(four).toMatchObject({ confirmed: false, steps: [] });
    expect(four.avoids).toHaveLength(4);
  });

  test("another granting rule is taken if it needs less", () => {
    const first: RuleDocument = { name: "first", tool: "t", constraints: { x: "a" } };
    const second: RuleDocument = { name: "second", tool: "t", constraints: { x: "b" } };
    const deny = never({ x: "a" });
    expect(changeOf([first, deny, second], { x: "a" })).toMatchObject({
      confirmed: true,
      steps: [{ value: "b" }],
    });
  });

  test("nothing helps against one without conditions on arguments", () => {
    expect(changeOf([call, { name: "never", tool: "t", effect: "deny" }], {})).toEqual({
      rule_id: "call",
      rule_name: "call",
      steps: [],
      avoids: [{ rule_id: "never", rule_name: "never" }],
      confirmed: false,
    });
  });

  test("a rule in audit mode counts in what would have been", () => {
    const plan = planOf({ rules: [call, { ...never({ x: 1 }), mode: "audit" }] });
    expect(explain(plan, { tool: "t", args: { x: 1 } }, {}, {}, NOON).change).toMatchObject({
      confirmed: true,
      avoids: [{ rule_id: "never" }],
    });
  });
});
