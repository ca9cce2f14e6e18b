import type { EventFields, JsonObject, Payload, PolicyDecisionRecord } from "@proclaw/core";
import type { Sanitizer } from "./sanitizer.ts";

/** How many redactions a payload lists. */
export const MAX_REDACTIONS = 32;

type Cleaner = Pick<Sanitizer, "sanitize" | "sanitizeText">;

/**
 * The event with every free string sanitized. Left alone is what ProClaw or the policy's author
 * made: hashes, enums, ids and versions of policy and rules, blob keys, ciphertext.
 */
export function sanitizeEventFields(event: EventFields, cleaner: Cleaner): EventFields {
  const text = cleaner.sanitizeText;
  const nullable = (value: string | null): string | null => (value === null ? null : text(value));
  return {
    kind: event.kind,
    call_id: nullable(event.call_id),
    parent_call_id: nullable(event.parent_call_id),
    agent_id: nullable(event.agent_id),
    session_id: nullable(event.session_id),
    principal:
      event.principal === null
        ? null
        : { sub: nullable(event.principal.sub), roles: event.principal.roles?.map((role) => text(role)) ?? null },
    tool_name: nullable(event.tool_name),
    tool_schema_sha256: event.tool_schema_sha256,
    input_payload: sanitizePayload(event.input_payload, cleaner),
    policy_decision: sanitizeDecision(event.policy_decision, cleaner),
    output_payload: sanitizePayload(event.output_payload, cleaner),
    execution_status: event.execution_status,
    duration_us: event.duration_us,
    error: event.error === null ? null : { type: text(event.error.type), message: text(event.error.message) },
    trace_id: nullable(event.trace_id),
    span_id: nullable(event.span_id),
    body: event.body === null ? null : (cleaner.sanitize(event.body).value as JsonObject),
  };
}

function sanitizePayload(payload: Payload | null, cleaner: Cleaner): Payload | null {
  if (payload === null || payload.mode !== "inline") return payload;
  const { value, redactions, redactionCount } = cleaner.sanitize(payload.value);
  if (redactionCount === 0) return payload;
  return {
    mode: "inline",
    value,
    redactions: [...payload.redactions, ...redactions].slice(0, MAX_REDACTIONS),
    redaction_count: payload.redaction_count + redactionCount,
  };
}

function sanitizeDecision(decision: PolicyDecisionRecord | null, cleaner: Cleaner): PolicyDecisionRecord | null {
  if (decision === null) return null;
  return {
    ...decision,
    reason: cleaner.sanitizeText(decision.reason),
    approver: decision.approver === null ? null : cleaner.sanitizeText(decision.approver),
  };
}
