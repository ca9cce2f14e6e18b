import type { ApprovalObligation, Obligation, OutputObligation, RateLimitObligation } from "@proclaw/core";
import type { RateLimitPlan } from "../plan/types.ts";
import type { Judged } from "./decide.ts";
import type { PreparedRule } from "./prepare.ts";
import type { Scope } from "./scope.ts";

/**
 * Duties that come with a call that may run, in canonical order: approvals and rate limits by rule
 * id, time limit, sandbox, output. `granted` is null in audit mode, which waives the first two.
 */
export function obligationsOf(
  scope: Scope,
  granted: { readonly judged: Judged; readonly irreversible: boolean } | null,
): readonly Obligation[] {
  // What most calls come to.
  if (scope.preparedTool === undefined && (granted === null || isPlain(granted.judged))) return NONE;
  let list: Obligation[] = NONE;
  const add = (obligation: Obligation): void => {
    if (list === NONE) list = [obligation];
    else list.push(obligation);
  };
  if (granted !== null) {
    const { approvals, allows } = granted.judged;
    for (const rule of byId(approvals)) add(approval(rule));
    if (granted.irreversible) add({ type: "approval", rule_id: null, reason: "the tool's effect cannot be undone" });
    if (approvals.some(isLimited) || allows.some(isLimited)) {
      for (const rule of byId([...approvals, ...allows].filter(isLimited)))
        add(rateLimit(rule, rule.plan.rateLimit as RateLimitPlan, scope));
    }
  }
  const tool = scope.preparedTool?.plan;
  if (tool !== undefined) {
    if (tool.timeoutMs !== null) add({ type: "time_limit", timeout_ms: tool.timeoutMs });
    if (tool.sandbox !== null) add({ type: "sandbox", profile: tool.sandbox });
    if (tool.output !== null) {
      const { maxBytes, keepFields } = tool.output;
      const output: OutputObligation = {
        type: "output",
        ...(maxBytes === null ? {} : { max_bytes: maxBytes }),
        ...(keepFields === null ? {} : { keep_fields: keepFields }),
      };
      add(output);
    }
  }
  return list;
}

/** Shared by decisions, so nobody may add to it. */
const NONE: Obligation[] = Object.freeze([]) as unknown as Obligation[];

/** No approval and no limit among the granting rules. */
function isPlain({ approvals, allows }: Judged): boolean {
  if (approvals.length > 0) return false;
  for (let i = 0; i < allows.length; i++) if (isLimited(allows[i] as PreparedRule)) return false;
  return true;
}

function isLimited(rule: PreparedRule): boolean {
  return rule.plan.rateLimit !== null;
}

function byId(rules: readonly PreparedRule[]): readonly PreparedRule[] {
  return rules.length < 2 ? rules : [...rules].sort((a, b) => (a.plan.id < b.plan.id ? -1 : 1));
}

function approval(rule: PreparedRule): ApprovalObligation {
  return { type: "approval", rule_id: rule.plan.id, reason: rule.plan.reason };
}

function rateLimit(rule: PreparedRule, plan: RateLimitPlan, scope: Scope): RateLimitObligation {
  return {
    type: "rate_limit",
    rule_id: rule.plan.id,
    // JSON, so that no name can pass for another; null is the bucket that all unknown callers share.
    key: JSON.stringify(plan.by === null ? [rule.plan.id] : [rule.plan.id, plan.by, dimension(plan.by, scope)]),
    limit: plan.limit,
    per_ms: plan.perMs,
    algorithm: plan.algorithm,
  };
}

function dimension(by: NonNullable<RateLimitPlan["by"]>, scope: Scope): string | null {
  switch (by) {
    case "agent":
      return scope.context.agent_id ?? null;
    case "session":
      return scope.context.session_id ?? null;
    case "principal":
      return scope.context.principal?.sub ?? null;
    default:
      return scope.tool;
  }
}
