import { expect, test } from "vitest";
import { ask, planOf } from "../fixtures/support.ts";
import { preparedPlan } from "../plan/load.ts";
import type { PreparedPlan, PreparedRule } from "./prepare.ts";
import { Scope } from "./scope.ts";
import { EVALUATION, MISSING_FACT, TOO_LARGE, UNKNOWN_VARIABLE } from "./truth.ts";
import { causesOf, whyError } from "./why-error.ts";

const prepared = preparedPlan(
  planOf({ rules: [{ name: "r", tool: "t", constraints: { a: { gt: 1 }, b: "${v}" } }] }),
) as PreparedPlan;

function scope(args: object): Scope {
  return new Scope(prepared, "t", undefined, args as never, {}, {}, 0);
}

test("each cause has its words, unless something was noted", () => {
  const here = scope({});
  const words = [UNKNOWN_VARIABLE, MISSING_FACT, EVALUATION, TOO_LARGE, UNKNOWN_VARIABLE | TOO_LARGE].map((causes) => {
    here.causes = causes;
    return causesOf(here);
  });
  expect(words).toEqual([
    "a variable is not known",
    "a resolved path or the working directory is missing",
    "an operand does not fit",
    "the value is too large for a pattern",
    "a variable is not known, the value is too large for a pattern",
  ]);
  here.notes = new Set(["one", "two"]);
  expect(causesOf(here)).toBe("one, two");
});

test("a rule without an error has none", () => {
  const rule = prepared.rules[0] as PreparedRule;
  expect(whyError(rule, scope({ a: 2 }))).toBeNull();
  expect(whyError(rule, scope({ a: 2, b: "x" }))).toBe("argument `b`: variable `v` is not in the call's context");
});

test("the first three conditions in error are named", () => {
  const constraints = { a: { gt: "${n}" }, b: "${v}", c: { equals: 1 }, d: "${w}", e: "${x}" };
  const plan = planOf({ rules: [{ name: "r", tool: "t", constraints }] });
  const args = { a: 1, b: "b", c: 1, d: "d", e: "e" };
  const { reason } = ask(plan, "t", args, { context: { variables: { n: "text" } } });
  expect(reason).toBe(
    "rule `r` cannot be evaluated: argument `a`: an operand does not fit; " +
      "argument `b`: variable `v` is not in the call's context; argument `d`: variable `w` is not in the call's context",
  );
});
