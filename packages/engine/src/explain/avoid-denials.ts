import type { JsonObject, JsonValue } from "@proclaw/core";
import { judgeCondition } from "../decide/evaluate.ts";
import { judgeRule } from "../decide/judge-rule.ts";
import type { PreparedRule } from "../decide/prepare.ts";
import { Scope } from "../decide/scope.ts";
import { FALSE, TRUE } from "../decide/truth.ts";
import type { ConditionPlan } from "../plan/types.ts";
import { valueAt, without, withValue } from "./changed-args.ts";
import { describeTest } from "./describe.ts";
import type { SmallestChange } from "./explain.ts";
import { counterWitnesses, plainValues, witnesses } from "./witness.ts";

type Step = SmallestChange["steps"][number];

/** Deny rules that are kept clear of one after the other. */
const MAX_DENIALS = 3;

/** What the search may ask, and how often. */
export interface Trial {
  /** Rules whose tool selector names the tool. */
  readonly rules: readonly PreparedRule[];
  readonly scope: Scope;
  /** Decides the call with other arguments; null when enough was tried. */
  readonly passes: (args: JsonObject) => boolean | null;
}

/** Steps that keep a call clear of the deny rules in its way, and the arguments after them. */
export interface Avoided {
  readonly args: JsonObject;
  readonly steps: readonly Step[];
}

/**
 * The fewest further changes of arguments with which a call that something would grant is no longer
 * denied by a rule; null where none was found, which does not mean that there is none.
 */
export function avoidDenials(trial: Trial, start: JsonObject): Avoided | null {
  let waiting: readonly Avoided[] = [{ args: start, steps: [] }];
  for (let round = 0; round < MAX_DENIALS; round++) {
    const next: Avoided[] = [];
    for (const from of waiting) {
      const denying = denyingRules(trial, from.args);
      const [first] = denying;
      if (first === undefined) continue;
      for (const { args, step } of escapes(trial, first, from.args)) {
        const passed = trial.passes(args);
        if (passed === null) return null;
        const after = { args, steps: [...from.steps, step] };
        if (passed) return after;
        if (denyingRules(trial, args).length < denying.length) next.push(after);
      }
    }
    waiting = next;
  }
  return null;
}

/** Deny rules that are true for the call with these arguments. */
export function denyingRules({ rules, scope }: Pick<Trial, "rules" | "scope">, args: JsonObject): PreparedRule[] {
  const changed = scopeWith(scope, args);
  return rules.filter(({ plan }) => plan.effect === "deny").filter((rule) => judgeRule(rule, changed) === TRUE);
}

export function scopeWith(scope: Scope, args: JsonObject): Scope {
  return new Scope(scope.prepared, scope.tool, scope.preparedTool, args, scope.context, scope.facts, scope.now);
}

/** Changes of one argument that make one condition of a deny rule false. */
function* escapes(
  { rules, scope }: Trial,
  rule: PreparedRule,
  args: JsonObject,
): Generator<{ readonly args: JsonObject; readonly step: Step }> {
  for (const condition of rule.conditions) {
    const { key, path } = condition;
    const must = `not ${describeTest(condition.test)}`;
    for (const value of valuesFor(condition, rules, args, scope)) {
      const changed = withValue(args, path, value);
      if (changed !== null && isFalse(condition, rule, changed, scope))
        yield { args: changed, step: { kind: "argument", key, must, value } };
    }
    const less = without(args, path);
    if (less !== null && isFalse(condition, rule, less, scope))
      yield { args: less, step: { kind: "argument", key, must, remove: true } };
  }
}

/** What to try for an argument: what the rules that grant want of it comes first. */
function valuesFor(
  condition: ConditionPlan,
  rules: readonly PreparedRule[],
  args: JsonObject,
  scope: Scope,
): readonly JsonValue[] {
  const value = valueAt(args, condition.path);
  const wanted = rules
    .filter(({ plan }) => plan.effect !== "deny")
    .flatMap((rule) => rule.conditions)
    .filter(({ path }) => path.join("/") === condition.path.join("/"))
    .flatMap(({ test }) => witnesses(test, scope));
  return [...wanted, ...counterWitnesses(condition.test, value, scope), ...plainValues(value)];
}

function isFalse(condition: ConditionPlan, rule: PreparedRule, args: JsonObject, scope: Scope): boolean {
  const changed = scopeWith(scope, args);
  changed.granting = rule.granting;
  return judgeCondition(condition, changed) === FALSE;
}
