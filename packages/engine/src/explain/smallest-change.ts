import type { JsonObject, JsonValue } from "@proclaw/core";
import { decide } from "../decide/decide.ts";
import { judgeCondition } from "../decide/evaluate.ts";
import { firstUnlisted } from "../decide/listing.ts";
import type { PreparedRule } from "../decide/prepare.ts";
import type { Scope } from "../decide/scope.ts";
import { FALSE, TRUE } from "../decide/truth.ts";
import type { ConditionPlan, Plan, TestPlan } from "../plan/types.ts";
import { avoidDenials, denyingRules, scopeWith } from "./avoid-denials.ts";
import type { Trial } from "./avoid-denials.ts";
import { without, withValue } from "./changed-args.ts";
import { describeTest } from "./describe.ts";
import type { RuleExplanation, SmallestChange } from "./explain.ts";
import { witnesses } from "./witness.ts";

/** Most changed calls that are decided. */
const MAX_TRIED = 512;

/**
 * The granting rule that needs the fewest changes, and the changes that keep the call clear of deny
 * rules on top. A change whose every step has a value is tried: the changed call is decided, and only
 * then the change is called confirmed.
 */
export function findSmallestChange(
  plan: Plan,
  scope: Scope,
  rules: readonly PreparedRule[],
  explained: readonly RuleExplanation[],
): SmallestChange | null {
  const proposals = rules
    .flatMap((rule, index) => {
      const explanation = explained[index];
      return explanation === undefined || rule.plan.effect === "deny" || rule.plan.audit
        ? []
        : [propose(rule, explanation, scope)];
    })
    // An approval is one more thing that the call needs.
    .sort((a, b) => a.steps - b.steps || a.change.steps.length - b.change.steps.length);
  let tried = 0;
  const passes = (args: JsonObject): boolean | null => {
    if (tried++ >= MAX_TRIED) return null;
    const decision = decide(plan, { tool: scope.tool, args }, scope.context, scope.facts, scope.now);
    return (decision.would_have?.effect ?? decision.effect) !== "deny";
  };
  const trial: Trial = { rules: rules.filter((rule) => !isWaived(rule, plan)), scope, passes };
  let best: { readonly change: SmallestChange; readonly steps: number } | null = null;
  for (const { change, args, steps } of proposals) {
    if (args === null || (best !== null && best.steps <= steps)) continue;
    const denying = denyingRules(trial, args);
    const avoided = passes(args) === true ? { args, steps: [] } : avoidDenials(trial, args);
    if (avoided === null) continue;
    const all = mergeSteps(change.steps, avoided.steps);
    const total = steps + all.length - change.steps.length;
    if (best !== null && best.steps <= total) continue;
    best = { change: { ...change, steps: all, avoids: denying.map(named), confirmed: true }, steps: total };
  }
  const [first] = proposals;
  if (best !== null || first === undefined) return best?.change ?? null;
  return { ...first.change, avoids: denyingRules(trial, first.args ?? scope.args).map(named) };
}

function named({ plan }: PreparedRule): SmallestChange["avoids"][number] {
  return { rule_id: plan.id, rule_name: plan.name };
}

/** Rules in audit mode have no part in what a policy in audit mode would have decided. */
function isWaived(rule: PreparedRule, plan: Plan): boolean {
  return rule.plan.audit && plan.policy.mode === "audit";
}

/** Of two steps on one argument the later one says the value, both say what it must be. */
function mergeSteps(granting: SmallestChange["steps"], avoiding: SmallestChange["steps"]): SmallestChange["steps"] {
  const merged = [...granting];
  for (const step of avoiding) {
    const at = merged.findIndex(({ kind, key }) => kind === step.kind && key === step.key);
    const earlier = merged[at];
    if (earlier === undefined) merged.push(step);
    else merged[at] = { ...step, must: `${earlier.must} and ${step.must}` };
  }
  return merged;
}

/** Of several things that one argument must be, those that it is not; empty where that is all of them. */
export function failedParts(condition: ConditionPlan, scope: Scope): readonly TestPlan[] {
  const { test } = condition;
  const parts = test.op === "all" ? test.tests.flatMap((part) => (part.op === "all" ? part.tests : [part])) : [];
  const failed = parts.filter((part) => judgeCondition({ ...condition, test: part }, scope) === FALSE);
  return failed.length === parts.length ? [] : failed;
}

interface Proposal {
  readonly steps: number;
  readonly change: SmallestChange;
  /** The changed arguments, if every step could be constructed. */
  readonly args: JsonObject | null;
}

function propose(rule: PreparedRule, explanation: RuleExplanation, scope: Scope): Proposal {
  const steps: SmallestChange["steps"][number][] = [];
  scope.granting = rule.granting;
  let args: JsonObject | null = scope.args;
  let condition = 0;
  for (const check of explanation.checks) {
    const current = check.kind === "argument" ? rule.conditions[condition++] : undefined;
    if (check.result === "true" || check.kind === "listing") continue;
    const { kind, key } = check;
    const failed = current === undefined || check.result === "error" ? [] : failedParts(current, scope);
    const must = failed.length === 0 ? check.must : failed.map(describeTest).join(" and ");
    const value: JsonValue | undefined = current === undefined ? undefined : witnessFor(current, rule, args, scope);
    if (current === undefined || value === undefined) {
      const removal = current !== undefined && current.test.op === "absent";
      steps.push(removal ? { kind, key, must, remove: true } : { kind, key, must });
      args = removal && args !== null ? without(args, current.path) : null;
      continue;
    }
    steps.push({ kind, key, must, value });
    args = args === null ? null : withValue(args, current.path, value);
    if (args !== null && !isTrue(current, rule, args, scope)) args = null;
  }
  if (rule.listing !== null) {
    let rest = args ?? scope.args;
    for (let left = 64; left > 0; left--) {
      const unlisted = firstUnlisted(rest, rule.listing, scope.preparedTool?.harmless);
      if (unlisted === undefined) break;
      const path = unlisted
        .slice(1)
        .split("/")
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
      const less = without(rest, path);
      steps.push({ kind: "listing", key: unlisted, must: "not be there, or be listed by the rule", remove: true });
      if (less === null) {
        args = null;
        break;
      }
      rest = less;
    }
    if (args !== null) args = rest;
  }
  return {
    change: { rule_id: rule.plan.id, rule_name: rule.plan.name, steps, avoids: [], confirmed: false },
    args,
    steps: steps.length + (rule.plan.effect === "require_approval" ? 1 : 0),
  };
}

/** The first value that makes a condition true, else the first that is likely to; undefined: none is easily made. */
function witnessFor(
  condition: ConditionPlan,
  rule: PreparedRule,
  args: JsonObject | null,
  scope: Scope,
): JsonValue | undefined {
  const likely = witnesses(condition.test, scope);
  const fits = likely.find((value) => {
    const changed = withValue(args ?? scope.args, condition.path, value);
    return changed !== null && isTrue(condition, rule, changed, scope);
  });
  return fits ?? likely[0];
}

function isTrue(condition: ConditionPlan, rule: PreparedRule, args: JsonObject, scope: Scope): boolean {
  const changed = scopeWith(scope, args);
  changed.granting = rule.granting;
  return judgeCondition(condition, changed) === TRUE;
}
