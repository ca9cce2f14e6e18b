import { eventFields } from "@proclaw/core";
import type { EventFields, PolicyDecisionRecord, SanitizedEvent } from "@proclaw/core";

/** An event as a guard would report it; test data needs no sanitizer. */
export function sanitized(fields: Pick<EventFields, "kind"> & Partial<EventFields>): SanitizedEvent {
  return eventFields(fields) as SanitizedEvent;
}

export function decision(callId: string, effect: "allow" | "deny" = "allow", text = ""): SanitizedEvent {
  return sanitized({
    kind: "decision",
    call_id: callId,
    agent_id: "agent",
    session_id: "session",
    tool_name: "read_chart",
    input_payload: { mode: "inline", value: { text }, redactions: [], redaction_count: 0 },
    policy_decision: policyDecision(effect),
    execution_status: effect === "allow" ? "pending" : "not_executed",
  });
}

export function outcome(callId: string, value: string | number = "done"): SanitizedEvent {
  return sanitized({
    kind: "outcome",
    call_id: callId,
    tool_name: "read_chart",
    output_payload: { mode: "inline", value, redactions: [], redaction_count: 0 },
    execution_status: "success",
    duration_us: 12,
  });
}

function policyDecision(effect: "allow" | "deny"): PolicyDecisionRecord {
  return {
    effect,
    mode: "enforce",
    would_have: null,
    reason: "a reason",
    reason_code: effect === "allow" ? "allowed_by_rule" : "denied_by_rule",
    rule_id: "rule",
    rule_name: "rule",
    determining_rules: ["rule"],
    determining_rule_count: 1,
    policy_id: "policy",
    policy_version: 1,
    policy_sha256: "0".repeat(64),
    plan_sha256: "1".repeat(64),
    approver: null,
    eval_us: 3,
  };
}
