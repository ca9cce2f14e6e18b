import type { EventFields, Payload, PolicyDecisionRecord } from "@proclaw/core";

/*
 * The parts of an event with their members in canonical order (RFC 8785 section 3.2.3), whatever
 * order they came in, so that they can be printed fast. A part with other members than its type
 * says is handed on as it is: nothing gets lost, it is only printed more slowly.
 */

export function decisionInOrder(decision: PolicyDecisionRecord | null): PolicyDecisionRecord | null {
  if (decision === null || Object.keys(decision).length !== 15) return decision;
  return {
    approver: decision.approver,
    determining_rule_count: decision.determining_rule_count,
    determining_rules: decision.determining_rules,
    effect: decision.effect,
    eval_us: decision.eval_us,
    mode: decision.mode,
    plan_sha256: decision.plan_sha256,
    policy_id: decision.policy_id,
    policy_sha256: decision.policy_sha256,
    policy_version: decision.policy_version,
    reason: decision.reason,
    reason_code: decision.reason_code,
    rule_id: decision.rule_id,
    rule_name: decision.rule_name,
    would_have: decision.would_have,
  };
}

export function payloadInOrder(payload: Payload | null): Payload | null {
  if (payload?.mode !== "inline" || Object.keys(payload).length !== 4) return payload;
  const { mode, redaction_count, redactions, value } = payload;
  return { mode, redaction_count, redactions, value };
}

export function principalInOrder(principal: EventFields["principal"]): EventFields["principal"] {
  if (principal === null || Object.keys(principal).length !== 2) return principal;
  return { roles: principal.roles, sub: principal.sub };
}
