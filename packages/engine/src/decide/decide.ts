import { MAX_PATTERN_INPUT_BYTES } from "@proclaw/core";
import type { CallContext, Decision, Effect, Facts, Obligation, ReasonCode, ToolCall } from "@proclaw/core";
import { findDataClasses } from "@proclaw/redact";
import { preparedPlan } from "../plan/load.ts";
import type { Plan } from "../plan/types.ts";
import { pivotMatches, pivotMistyped } from "./candidates.ts";
import { canonicalArgs, hasValidShape, measure } from "./check-call.ts";
import { judgeRule, UNLISTED } from "./judge-rule.ts";
import { obligationsOf } from "./obligations.ts";
import { testsOversize } from "./oversize.ts";
import { candidatesOf, type PreparedPlan, type PreparedRule } from "./prepare.ts";
import { reasonOf } from "./reasons.ts";
import { Scope } from "./scope.ts";
import { ERROR, FALSE, MISSING_FACT, TOO_LARGE, UNKNOWN_VARIABLE } from "./truth.ts";
import { whyError } from "./why-error.ts";

/**
 * Decides a call by a plan that `loadPlan` or `compile` gave. Pure, synchronous, and it never
 * throws: a request of a wrong shape is denied `invalid_call`, a fault of ours `internal_error`.
 *
 * @param now milliseconds since the Unix epoch
 */
export function decide(plan: Plan, call: ToolCall, context: CallContext, facts: Facts, now: number): Decision {
  const prepared = preparedPlan(plan);
  if (prepared === undefined) return decision(null, verdict("deny", "policy_unavailable"), NO_OBLIGATIONS);
  return decidePrepared(prepared, call, context, facts, now);
}

export function decidePrepared(
  prepared: PreparedPlan,
  call: ToolCall,
  context: CallContext,
  facts: Facts,
  now: number,
): Decision {
  try {
    const scope = openScope(prepared, call, context, facts, now);
    if (typeof scope === "string") return decision(prepared, verdict("deny", scope), NO_OBLIGATIONS);
    return conclude(scope, judgeRules(scope));
  } catch {
    // INVARIANT (deciding never throws): not even the error's text is passed on, it might hold arguments.
    return decision(prepared, verdict("deny", "internal_error"), NO_OBLIGATIONS);
  }
}

/** What comes before all rules and is never waived: shape, sizes, aliases. */
export function openScope(
  prepared: PreparedPlan,
  call: ToolCall,
  context: CallContext,
  facts: Facts,
  now: number,
): Scope | "invalid_call" | "argument_too_large" {
  if (!hasValidShape(call, context, facts, now)) return "invalid_call";
  const { tool } = call;
  const measured = measure(tool, call.args);
  if (measured.problem !== null) return measured.problem;
  const preparedTool = prepared.tools.get(tool);
  const args =
    preparedTool === undefined || preparedTool.aliases === null
      ? call.args
      : canonicalArgs(call.args, preparedTool.aliases);
  if (args === null) return "invalid_call";
  // No string of so few characters has more UTF-8 bytes than a pattern may test.
  const candidates = measured.longest * 3 > MAX_PATTERN_INPUT_BYTES ? candidatesOf(prepared, tool) : null;
  const patterned = candidates !== null && candidates.patterned;
  if (patterned && testsOversize(candidates.all, args, false)) return "argument_too_large";
  const scope = new Scope(prepared, tool, preparedTool, args, context, facts, now);
  if (patterned) scope.auditedTooLarge = testsOversize(candidates.all, args, true);
  return scope;
}

/** The rules that are not false, by what they are; file order is restored where it matters. */
export interface Judged {
  errors: PreparedRule[];
  causes: number;
  denies: PreparedRule[];
  approvals: PreparedRule[];
  allows: PreparedRule[];
  unlisted: PreparedRule[];
  /** Rules in audit mode that are true or in error. */
  audited: PreparedRule[];
  auditedErrors: PreparedRule[];
  auditedCauses: number;
}

export function judgeRules(scope: Scope): Judged {
  const judged: Judged = {
    errors: NO_RULES,
    causes: 0,
    denies: NO_RULES,
    approvals: NO_RULES,
    allows: NO_RULES,
    unlisted: NO_RULES,
    audited: NO_RULES,
    auditedErrors: NO_RULES,
    auditedCauses: 0,
  };
  const candidates = candidatesOf(scope.prepared, scope.tool);
  judgeAll(candidates.always, scope, judged);
  for (let i = 0; i < candidates.pivots.length; i++) {
    const pivot = candidates.pivots[i] as (typeof candidates.pivots)[number];
    const matching = pivotMatches(pivot, scope.args);
    if (matching !== undefined) judgeAll(matching, scope, judged);
    const mistyped = pivotMistyped(pivot, scope.args);
    if (mistyped !== undefined) judgeAll(mistyped, scope, judged);
  }
  return judged;
}

const NO_RULES: PreparedRule[] = [];
const NO_OBLIGATIONS: readonly Obligation[] = Object.freeze([]);

function judgeAll(rules: readonly PreparedRule[], scope: Scope, judged: Judged): void {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i] as PreparedRule;
    const result = judgeRule(rule, scope);
    if (result === FALSE) continue;
    if (result === UNLISTED) judged.unlisted = added(judged.unlisted, rule);
    else if (rule.plan.audit) {
      if (result === ERROR) {
        judged.auditedErrors = added(judged.auditedErrors, rule);
        judged.auditedCauses |= scope.causes;
      } else judged.audited = added(judged.audited, rule);
    } else if (result === ERROR) {
      judged.errors = added(judged.errors, rule);
      judged.causes |= scope.causes;
    } else if (rule.plan.effect === "deny") judged.denies = added(judged.denies, rule);
    else if (rule.plan.effect === "allow") judged.allows = added(judged.allows, rule);
    else judged.approvals = added(judged.approvals, rule);
  }
}

/** Most lists stay empty, so they are made when the first rule comes. */
function added(list: PreparedRule[], rule: PreparedRule): PreparedRule[] {
  if (list === NO_RULES) return [rule];
  list.push(rule);
  return list;
}

/** What the policy says, before obligations. */
export interface Verdict {
  readonly effect: Effect;
  readonly code: ReasonCode;
  readonly determining: readonly PreparedRule[];
  readonly dataClasses: readonly string[];
  /** The engine's own rule on irreversible tools asks for approval. */
  readonly irreversible: boolean;
  /** What keeps the first rule in error from being evaluated. */
  readonly why: string | null;
}

function verdict(
  effect: Effect,
  code: ReasonCode,
  determining: readonly PreparedRule[] = NO_RULES,
  dataClasses: readonly string[] = NO_CLASSES,
  irreversible = false,
): Verdict {
  return { effect, code, determining, dataClasses, irreversible, why: null };
}

const NO_CLASSES: readonly string[] = [];

/** policy-language.md, precedence, steps 1 to 6. */
function weigh(judged: Judged, scope: Scope): Verdict {
  if (judged.errors.length > 0) {
    const errors = inFileOrder(judged.errors);
    const why = whyError(errors[0] as PreparedRule, scope);
    return { ...verdict("deny", errorCode(judged.causes), errors), why };
  }
  if (judged.denies.length > 0) return verdict("deny", "denied_by_rule", inFileOrder(judged.denies));
  const found = findDataClasses(scope.args);
  if (found.length > 0) {
    const refused = refusedClasses(new Set(found.map((finding) => finding.data_class)), judged);
    if (refused.length > 0) {
      const unlifted = [...judged.approvals, ...judged.allows].filter((rule) =>
        refused.some((name) => !lifts(rule, name)),
      );
      return verdict("deny", "data_class_denied", inFileOrder(unlifted), refused);
    }
  }
  const irreversible = scope.preparedTool?.plan.irreversible === true;
  if (judged.approvals.length > 0 || (irreversible && judged.allows.length > 0)) {
    return verdict("require_approval", "approval_required", inFileOrder(judged.approvals), NO_CLASSES, irreversible);
  }
  if (judged.allows.length > 0) return verdict("allow", "allowed_by_rule", inFileOrder(judged.allows));
  if (scope.prepared.plan.defaultRule?.allow === true) return verdict("allow", "allowed_by_rule");
  if (judged.unlisted.length > 0) return verdict("deny", "unlisted_argument", inFileOrder(judged.unlisted));
  return verdict("deny", "no_matching_rule");
}

/** The one cause that all errors have, else the general code: rules have no order. */
function errorCode(causes: number): ReasonCode {
  if (causes === UNKNOWN_VARIABLE) return "unknown_variable";
  if (causes === MISSING_FACT) return "missing_fact";
  if (causes === TOO_LARGE) return "argument_too_large";
  return "evaluation_error";
}

function refusedClasses(classes: ReadonlySet<string>, judged: Judged): readonly string[] {
  const granting = judged.approvals.length + judged.allows.length;
  return [...classes]
    .filter(
      (name) =>
        granting === 0 ||
        judged.approvals.some((rule) => !lifts(rule, name)) ||
        judged.allows.some((rule) => !lifts(rule, name)),
    )
    .sort();
}

function lifts(rule: PreparedRule, dataClass: string): boolean {
  return (rule.plan.data as readonly string[]).includes(dataClass);
}

function inFileOrder(rules: readonly PreparedRule[]): readonly PreparedRule[] {
  return rules.length < 2 ? rules : [...rules].sort((a, b) => a.index - b.index);
}

function conclude(scope: Scope, judged: Judged): Decision {
  const { prepared } = scope;
  const real = weigh(judged, scope);
  if (prepared.plan.policy.mode === "audit") {
    return {
      ...decision(prepared, { ...real, effect: "allow", code: "audit_mode" }, obligationsOf(scope, null), real),
      would_have: { effect: real.effect, reason_code: real.code },
    };
  }
  const made = decision(
    prepared,
    real,
    real.effect === "deny" ? NO_OBLIGATIONS : obligationsOf(scope, { judged, irreversible: real.irreversible }),
  );
  if (judged.audited.length === 0 && judged.auditedErrors.length === 0 && !scope.auditedTooLarge) return made;
  const enforced = scope.auditedTooLarge ? verdict("deny", "argument_too_large") : weigh(withAudited(judged), scope);
  return enforced.effect === real.effect && enforced.code === real.code
    ? made
    : { ...made, would_have: { effect: enforced.effect, reason_code: enforced.code } };
}

/** As if the rules in audit mode were enforced. */
function withAudited(judged: Judged): Judged {
  const ofEffect = (effect: Effect): PreparedRule[] => judged.audited.filter((rule) => rule.plan.effect === effect);
  return {
    ...judged,
    errors: [...judged.errors, ...judged.auditedErrors],
    causes: judged.causes | judged.auditedCauses,
    denies: [...judged.denies, ...ofEffect("deny")],
    approvals: [...judged.approvals, ...ofEffect("require_approval")],
  };
}

function decision(
  prepared: PreparedPlan | null,
  made: Verdict,
  obligations: readonly Obligation[],
  reasoned: Verdict = made,
): Decision {
  const first = made.determining[0]?.plan ?? (byDefault(reasoned) ? prepared?.plan.defaultRule : null) ?? null;
  const policy = prepared?.plan.policy;
  const base: Decision = {
    effect: made.effect,
    reason_code: made.code,
    reason: reasonOf(made, reasoned, first),
    rule_id: first === null ? null : first.id,
    rule_name: first === null ? null : first.name,
    determining_rules: idsOf(made.determining),
    obligations,
    policy_sha256: policy?.sha256 ?? "",
    plan_sha256: prepared?.sha256 ?? "",
    mode: policy?.mode ?? "enforce",
  };
  return made.dataClasses.length === 0 ? base : { ...base, detail: { data_classes: made.dataClasses } };
}

const NO_IDS: readonly string[] = Object.freeze([]);

function idsOf(rules: readonly PreparedRule[]): readonly string[] {
  if (rules.length === 0) return NO_IDS;
  return rules.length === 1 ? (rules[0] as PreparedRule).ids : rules.map((rule) => rule.plan.id);
}

/** The default rule is what decided. */
function byDefault(made: Verdict): boolean {
  return made.code === "no_matching_rule" || (made.code === "allowed_by_rule" && made.determining.length === 0);
}
