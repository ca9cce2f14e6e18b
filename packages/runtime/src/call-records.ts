import { eventFields } from "@proclaw/core";
import type {
  CallContext,
  Decision,
  EventFields,
  ExecutionStatus,
  Payload,
  PolicyDecisionRecord,
  PolicyIdentity,
} from "@proclaw/core";

const MAX_DETERMINING_RULES = 32;
const MAX_REASON = 1_024;

/** What every record of one call says of it. */
export interface CallSubject {
  readonly callId: string;
  readonly parentCallId: string | null;
  /** Null: the call had no usable name. */
  readonly tool: string | null;
  /** Null: the host did not say who calls. */
  readonly context: CallContext | null;
}

function subjectFields({ callId, parentCallId, tool, context }: CallSubject): Partial<EventFields> {
  const principal = context?.principal;
  return {
    call_id: callId,
    parent_call_id: parentCallId,
    tool_name: tool,
    agent_id: context?.agent_id ?? null,
    session_id: context?.session_id ?? null,
    principal: principal === undefined ? null : { sub: principal.sub ?? null, roles: principal.roles ?? null },
    trace_id: context?.trace_id ?? null,
    span_id: context?.span_id ?? null,
  };
}

/** Cutting could cut a secret in two, and the sanitizer would miss the half. */
function reasonText(reason: string): string {
  return reason.length > MAX_REASON ? `omitted: ${reason.length} characters` : reason.toWellFormed();
}

export function decisionRecord(decision: Decision, identity: PolicyIdentity, evalUs: number): PolicyDecisionRecord {
  return {
    effect: decision.effect,
    mode: decision.mode,
    would_have: decision.would_have ?? null,
    reason: reasonText(decision.reason),
    reason_code: decision.reason_code,
    rule_id: decision.rule_id,
    rule_name: decision.rule_name,
    determining_rules: decision.determining_rules.slice(0, MAX_DETERMINING_RULES),
    determining_rule_count: decision.determining_rules.length,
    policy_id: identity.policy_id,
    policy_version: identity.policy_version,
    policy_sha256: decision.policy_sha256,
    plan_sha256: decision.plan_sha256,
    approver: null,
    eval_us: evalUs,
  };
}

export function decisionEvent(
  subject: CallSubject,
  input: Payload | null,
  decision: PolicyDecisionRecord,
  status: "pending" | "not_executed",
): EventFields {
  return eventFields({
    kind: "decision",
    ...subjectFields(subject),
    input_payload: input,
    policy_decision: decision,
    execution_status: status,
  });
}

export interface OutcomeDetails {
  readonly output?: Payload;
  readonly error?: { readonly type: string; readonly message: string };
  readonly durationUs?: number;
  /** Set if the guard overruled the decision after it was recorded. */
  readonly decision?: PolicyDecisionRecord;
}

export function outcomeEvent(subject: CallSubject, status: ExecutionStatus, details: OutcomeDetails = {}): EventFields {
  return eventFields({
    kind: "outcome",
    ...subjectFields(subject),
    execution_status: status,
    output_payload: details.output ?? null,
    error: details.error ?? null,
    duration_us: details.durationUs ?? null,
    policy_decision: details.decision ?? null,
  });
}

/** A tool that was given up still came to an end; its result was thrown away. */
export function lateResultEvent(subject: CallSubject, status: "success" | "error", durationUs: number): EventFields {
  return eventFields({
    kind: "anomaly",
    ...subjectFields(subject),
    duration_us: durationUs,
    body: { anomaly: "late_result", status },
  });
}

/** Shows that the trail takes records again, and says that outcomes were lost before. */
export function probeEvent(lostOutcomes: number): EventFields {
  return eventFields({ kind: "anomaly", body: { anomaly: "outcomes_lost", count: lostOutcomes } });
}
