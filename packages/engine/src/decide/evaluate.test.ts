import { describe, expect, test } from "vitest";
import { ask, judge, planOf, threeWays } from "../fixtures/support.ts";
import { preparedPlan } from "../plan/load.ts";
import type { PreparedPlan } from "./prepare.ts";
import { judgeTest } from "./evaluate.ts";
import { Scope } from "./scope.ts";
import { ERROR, EVALUATION } from "./truth.ts";

test("an operator that nobody knows is an error with a cause", () => {
  const prepared = preparedPlan(planOf({})) as PreparedPlan;
  const scope = new Scope(prepared, "t", undefined, {}, {}, {}, 0);
  expect(judgeTest({ op: "maybe" } as never, "a", scope)).toBe(ERROR);
  expect(scope.causes).toBe(EVALUATION);
});

describe("doubt inside a negation stays doubt", () => {
  // Both orders: the mistyped part may come first or last.
  test.each([{ not: { type: "string", gt: 1 } }, { not: { gt: 1, type: "string" } }])("%j", (constraint) => {
    expect(threeWays(constraint, { x: "a" })).toBe("false true true");
  });
});

describe("a place in an array", () => {
  const items = Array.from({ length: 12 }, (_, index) => index);
  test.each<[pointer: string, value: number, result: "true" | "false"]>([
    ["/x/0", 0, "true"],
    ["/x/9", 9, "true"],
    ["/x/10", 10, "true"],
    ["/x/11", 11, "true"],
    ["/x/12", 12, "false"],
    ["/x/01", 1, "false"],
    ["/x/1a", 1, "false"],
    ["/x/-", 0, "false"],
    ["/x/-1", 0, "false"],
  ])("%s", (pointer, value, result) => {
    expect(judge("allow", { constraints: { [pointer]: value }, other_args: "allow" }, { x: items })).toBe(result);
  });
});

test("causes of errors add up, whatever their order", () => {
  const ordered = [
    { a: { gt: "${n}" }, b: "${unknown}" },
    { b: "${unknown}", a: { gt: "${n}" } },
  ];
  for (const constraints of ordered) {
    const plan = planOf({ rules: [{ name: "r", tool: "t", constraints }] });
    expect(ask(plan, "t", { a: 1, b: "b" }, { context: { variables: { n: "text" } } }).reason_code).toBe(
      "evaluation_error",
    );
  }
});
