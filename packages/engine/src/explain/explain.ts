import type { CallContext, Decision, Effect, Facts, JsonValue, ToolCall } from "@proclaw/core";
import { decide, openScope } from "../decide/decide.ts";
import { judgeCondition } from "../decide/evaluate.ts";
import { selectsCaller } from "../decide/identity.ts";
import { firstUnlisted } from "../decide/listing.ts";
import { candidatesOf, type PreparedRule } from "../decide/prepare.ts";
import type { Scope } from "../decide/scope.ts";
import { testZone } from "../decide/test-network.ts";
import { isOpen, wallClock } from "../decide/test-time.ts";
import { FALSE, settle, TRUE } from "../decide/truth.ts";
import { causesOf } from "../decide/why-error.ts";
import { preparedPlan } from "../plan/load.ts";
import type { ConditionPlan, Plan } from "../plan/types.ts";
import { describeTest, describeTime, describeWindows, describeZone } from "./describe.ts";
import { failedParts, findSmallestChange } from "./smallest-change.ts";

type Result = "true" | "false" | "error";

/** One thing that a rule asks for, and what it came to. */
export interface Check {
  readonly kind: "caller" | "time_window" | "network" | "argument" | "listing";
  /** Argument or selector, as the policy names it; for `listing` a JSON Pointer to the argument. */
  readonly key: string;
  /** What is asked for. */
  readonly must: string;
  readonly result: Result;
  /** Why it is in error, or, where that says more than `must`, why it is false. */
  readonly cause?: string;
}

export interface RuleExplanation {
  readonly id: string;
  readonly name: string;
  readonly effect: Effect;
  readonly audit: boolean;
  readonly result: Result;
  readonly checks: readonly Check[];
}

/** What would have to be different for the call to pass, or to be passed on for approval. */
export interface SmallestChange {
  /** The granting rule that would then be true. */
  readonly rule_id: string;
  readonly rule_name: string;
  readonly steps: readonly {
    readonly kind: Check["kind"];
    readonly key: string;
    readonly must: string;
    /** An argument's value that satisfies it, where one could be constructed. */
    readonly value?: JsonValue;
    /** The argument would have to go. */
    readonly remove?: true;
  }[];
  /** Deny rules that would stand in the way of the granting rule, and that the steps keep the call clear of. */
  readonly avoids: readonly { readonly rule_id: string; readonly rule_name: string }[];
  /**
   * The changed call was decided and is not denied. False: undecided; the steps are necessary, but
   * perhaps not enough, and nothing was found that keeps the call clear of the rules in `avoids`.
   */
  readonly confirmed: boolean;
}

export interface Explanation {
  readonly decision: Decision;
  /** Rules whose tool selector names the tool, in file order. */
  readonly rules: readonly RuleExplanation[];
  /** Number of rules for other tools. */
  readonly other_rules: number;
  /** Null: the call is not denied, or no rule could grant it. */
  readonly change: SmallestChange | null;
}

/**
 * Says which rules were considered, what failed in each, and the smallest change of the call that
 * would pass. Like {@link decide} it never throws. The answer names arguments and may hold values
 * of variables: it is for whoever runs the policy, not for the trail.
 */
export function explain(plan: Plan, call: ToolCall, context: CallContext, facts: Facts, now: number): Explanation {
  const decision = decide(plan, call, context, facts, now);
  const nothing: Explanation = { decision, rules: [], other_rules: 0, change: null };
  const prepared = preparedPlan(plan);
  if (prepared === undefined) return nothing;
  try {
    const scope = openScope(prepared, call, context, facts, now);
    if (typeof scope === "string") return { ...nothing, other_rules: prepared.rules.length };
    const candidates = candidatesOf(prepared, call.tool).all;
    const explained = candidates.map((rule) => explainRule(rule, scope));
    return {
      decision,
      rules: explained,
      other_rules: prepared.rules.length - candidates.length,
      change: denied(decision) ? findSmallestChange(plan, scope, candidates, explained) : null,
    };
  } catch {
    return nothing;
  }
}

function denied(decision: Decision): boolean {
  return (decision.would_have?.effect ?? decision.effect) === "deny";
}

function explainRule(rule: PreparedRule, scope: Scope): RuleExplanation {
  const checks: Check[] = [];
  const { plan } = rule;
  for (const key of ["roles", "agents", "principals", "sessions"] as const) {
    const names = plan[key];
    if (names === null) continue;
    const alone: PreparedRule = {
      ...rule,
      roles: null,
      agents: null,
      principals: null,
      sessions: null,
      [key]: rule[key],
    };
    checks.push({
      kind: "caller",
      key,
      must: `be one of ${names.map((name) => `\`${name}\``).join(", ")}`,
      result: said(selectsCaller(alone, scope.context)),
    });
  }
  for (const set of plan.windows) {
    checks.push({
      kind: "time_window",
      key: "time_window",
      must: `lie within ${describeWindows(set.windows)} (${set.timezone})`,
      ...clocked(isOpen(set, scope), describeTime(wallClock(set.timezone, scope))),
    });
  }
  scope.granting = rule.granting;
  for (const condition of rule.conditions) {
    scope.causes = 0;
    scope.notes = new Set();
    const result = judgeCondition(condition, scope);
    const why = outcome(result, scope);
    scope.notes = null;
    checks.push({
      kind: "argument",
      key: condition.key,
      must: describeTest(condition.test),
      ...(result === FALSE ? falsePart(condition, scope) : why),
    });
  }
  if (plan.network !== null) {
    scope.causes = 0;
    scope.notes = null;
    const result = settle(testZone(plan.network, scope), rule.granting);
    checks.push({
      kind: "network",
      key: "network",
      must: `lie within ${describeZone(plan.network)}`,
      ...outcome(result, scope),
    });
  }
  if (rule.listing !== null) {
    const unlisted = firstUnlisted(scope.args, rule.listing, scope.preparedTool?.harmless);
    checks.push({
      kind: "listing",
      key: unlisted ?? "",
      must: "list every argument of the call",
      result: said(unlisted === undefined),
    });
  }
  const result = checks.some((check) => check.result === "false")
    ? "false"
    : checks.some((check) => check.result === "error")
      ? "error"
      : "true";
  return { id: plan.id, name: plan.name, effect: plan.effect, audit: plan.audit, result, checks };
}

function said(value: boolean): Result {
  return value ? "true" : "false";
}

function clocked(open: boolean, time: string): { readonly result: Result; readonly cause?: string } {
  return open ? { result: "true" } : { result: "false", cause: `it is ${time} there` };
}

/** Of several things that one argument must be, those that it is not. */
function falsePart(condition: ConditionPlan, scope: Scope): { readonly result: Result; readonly cause?: string } {
  const failed = failedParts(condition, scope);
  return failed.length === 0
    ? { result: "false" }
    : { result: "false", cause: `not met: ${failed.map(describeTest).join("; ")}` };
}

function outcome(result: number, scope: Scope): { readonly result: Result; readonly cause?: string } {
  if (result === TRUE || result === FALSE) return { result: said(result === TRUE) };
  return { result: "error", cause: causesOf(scope) };
}
