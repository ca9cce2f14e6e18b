import type { AppendReceipt, Decision, ExecutionStatus } from "@proclaw/core";
import type { CallMeta } from "./verdict.ts";

export function callMeta(
  callId: string,
  decision: Decision,
  record: AppendReceipt | null,
  status: ExecutionStatus,
): CallMeta {
  return Object.freeze({
    time: record?.timestamp ?? null,
    call_id: callId,
    effect: decision.effect,
    reason_code: decision.reason_code,
    mode: decision.mode,
    rule: decision.rule_name,
    record: record?.event_id ?? null,
    status,
    ...(decision.would_have === undefined ? {} : { would_have: decision.would_have }),
  });
}
