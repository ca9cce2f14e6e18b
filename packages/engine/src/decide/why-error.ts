import { judgeCondition } from "./evaluate.ts";
import type { PreparedRule } from "./prepare.ts";
import type { Scope } from "./scope.ts";
import { ERROR, EVALUATION, MISSING_FACT, TOO_LARGE, UNKNOWN_VARIABLE } from "./truth.ts";

/** Most conditions that a decision's reason names. */
const MAX_NAMED = 3;

/**
 * What keeps a rule from being evaluated, in words of the policy (names of arguments and of
 * variables, never a value); null where no condition is in error. Judges the rule again, so it is
 * for calls that are denied for an error.
 */
export function whyError(rule: PreparedRule, scope: Scope): string | null {
  scope.granting = rule.granting;
  const why: string[] = [];
  for (const condition of rule.conditions) {
    scope.causes = 0;
    scope.notes = new Set();
    const result = judgeCondition(condition, scope);
    if (result === ERROR) why.push(`argument \`${condition.key}\`: ${causesOf(scope)}`);
    scope.notes = null;
    if (why.length === MAX_NAMED) break;
  }
  return why.length === 0 ? null : why.join("; ");
}

/** Why the condition that was judged last is in error: what was noted, else what kind of error it is. */
export function causesOf(scope: Scope): string {
  const notes = [...(scope.notes ?? [])];
  const causes = CAUSES.filter(([bit]) => (scope.causes & bit) !== 0).map(([, text]) => text);
  return (notes.length > 0 ? notes : causes).join(", ");
}

const CAUSES: readonly (readonly [number, string])[] = [
  [UNKNOWN_VARIABLE, "a variable is not known"],
  [MISSING_FACT, "a resolved path or the working directory is missing"],
  [EVALUATION, "an operand does not fit"],
  [TOO_LARGE, "the value is too large for a pattern"],
];
