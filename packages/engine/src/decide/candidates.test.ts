import { describe, expect, test } from "vitest";
import { planOf } from "../fixtures/support.ts";
import { preparedPlan } from "../plan/load.ts";
import type { RuleDocument } from "../policy.ts";
import { buildCandidates, type Candidates, pivotMatches, pivotMistyped } from "./candidates.ts";
import type { PreparedRule } from "./prepare.ts";

function prepared(rules: readonly Partial<RuleDocument>[]): readonly PreparedRule[] {
  const plan = planOf({ rules: rules.map((rule, index) => ({ name: `r${index}`, tool: "t", ...rule })) });
  return preparedPlan(plan)?.rules as readonly PreparedRule[];
}

function indexed(rules: readonly Partial<RuleDocument>[]): Candidates {
  return buildCandidates(prepared(rules));
}

const names = (rules: readonly PreparedRule[] | undefined): readonly string[] | undefined =>
  rules?.map((rule) => rule.plan.name);

const filler: readonly Partial<RuleDocument>[] = [0, 1, 2, 3].map(() => ({}));
const values = ["a", "b", "c", "d"];

describe("the index", () => {
  test("is made from four rules on", () => {
    const three = indexed(values.slice(0, 3).map((x) => ({ constraints: { x } })));
    expect(names(three.always)).toEqual(["r0", "r1", "r2"]);
    expect(three.pivots).toEqual([]);
    const four = indexed(values.map((x) => ({ constraints: { x } })));
    expect(four.always).toEqual([]);
    expect(names(four.all)).toEqual(["r0", "r1", "r2", "r3"]);
    expect(four.pivots.map(({ arg }) => arg)).toEqual(["x"]);
  });

  test("has one pivot for each argument, and the rules of each value in file order", () => {
    const { always, pivots } = indexed([
      { constraints: { x: "a" } },
      { constraints: { y: 1 } },
      { constraints: { x: { one_of: ["a", "b", "a"] } } },
      {},
      { constraints: { x: { equals: null } } },
    ]);
    expect(names(always)).toEqual(["r3"]);
    expect(pivots.map(({ arg }) => arg)).toEqual(["x", "y"]);
    const found = (x: unknown): unknown => names(pivotMatches(pivots[0] as never, { x } as never));
    expect(found("a")).toEqual(["r0", "r2"]);
    expect(found("b")).toEqual(["r2"]);
    expect(found(null)).toEqual(["r4"]);
    for (const other of ["c", 1, true, ["a"], {}, []]) expect(found(other)).toBeUndefined();
    expect(pivotMatches(pivots[0] as never, { y: "a" })).toBeUndefined();
    expect(pivotMatches(pivots[0] as never, Object.create({ x: "a" }) as never)).toBeUndefined();
    expect(names(pivotMatches(pivots[1] as never, { y: 1 }))).toEqual(["r1"]);
  });

  test.each<[what: string, constraints: Exclude<RuleDocument["constraints"], undefined>]>([
    ["a condition inside an argument", { "x.y": "a" }],
    ["another operator", { x: { prefix: "a" } }],
    ["a negation", { x: { none_of: ["a"] } }],
    ["a variable", { x: "${v}" }],
    ["one value of a list that is a variable", { x: { one_of: ["a", "${v}"] } }],
    ["an array", { x: { equals: ["a"] } }],
    ["an object", { x: { one_of: ["a", { k: 1 }] } }],
    ["presence alone", { x: { present: true } }],
  ])("passes over %s", (_, constraints) => {
    const { always, pivots } = indexed([...filler, { constraints }]);
    expect(names(always)).toEqual(["r0", "r1", "r2", "r3", "r4"]);
    expect(pivots).toEqual([]);
  });

  test("takes the first condition that it can", () => {
    const { pivots } = indexed([...filler, { constraints: { "w.v": "a", x: { gt: 1 }, y: "a", z: "b" } }]);
    expect(pivots.map(({ arg }) => arg)).toEqual(["y"]);
  });

  test("knows the deny and approval rules that a value of another type makes true", () => {
    const { pivots } = indexed([
      { constraints: { x: "a" } },
      { effect: "deny", constraints: { x: "a" } },
      { effect: "require_approval", constraints: { x: { one_of: [1, null] } } },
      { effect: "deny", constraints: { x: "b" } },
    ]);
    const found = (x: unknown): unknown => names(pivotMistyped(pivots[0] as never, { x } as never));
    expect(found("z")).toEqual(["r2"]);
    expect(found(1)).toEqual(["r1", "r3"]);
    expect(found(null)).toEqual(["r1", "r3"]);
    expect(found(true)).toEqual(["r1", "r2", "r3"]);
    expect(found({})).toEqual(["r1", "r2", "r3"]);
    expect(found([])).toEqual(["r1", "r2", "r3"]);
    expect(pivotMistyped(pivots[0] as never, {})).toBeUndefined();
    expect(pivotMistyped(pivots[0] as never, Object.create({ x: 1 }) as never)).toBeUndefined();
  });

  test("keeps no such table where all rules allow", () => {
    expect(indexed(values.map((x) => ({ constraints: { x } }))).pivots[0]?.mistyped).toBeNull();
  });

  test("says whether some rule tests by a pattern", () => {
    expect(indexed(values.map((x) => ({ constraints: { x } }))).patterned).toBe(false);
    expect(indexed([...filler, { constraints: { y: { glob: "a*" } } }]).patterned).toBe(true);
    expect(indexed([{}, { constraints: { y: { glob: "a*" } } }]).patterned).toBe(true);
  });
});
