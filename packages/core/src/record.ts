import type { Effect, PolicyMode, ReasonCode } from "./decision.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/** Version of the record format. A log never changes it. */
export const RECORD_VERSION = 1;

export const RECORD_KINDS = [
  "log.open",
  "decision",
  "outcome",
  "heartbeat",
  "policy.load",
  "key.rotate",
  /** Only in a log of checkpoints: binds a root of another log. */
  "checkpoint",
  "recovery",
  "erasure",
  "config.change",
  "clock.step",
  "anomaly",
  "approval",
  "audit.read",
  "log.close",
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

export const EXECUTION_STATUSES = [
  "pending",
  "not_executed",
  "success",
  "error",
  "timeout",
  "killed",
  "unknown",
  "unobserved",
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/** Something a sanitizer took out: its class and where it stood, never what it was. */
export interface Redaction {
  /** Data class, such as `payment_card` or `secret`. */
  readonly data_class: string;
  /** Name and version of the rule that found it. */
  readonly rule: string;
  /** JSON Pointer into the sanitized value. */
  readonly at: string;
}

/** How arguments or results stand in a record. */
export type Payload =
  | {
      readonly mode: "inline";
      readonly value: JsonValue;
      /** At most 32; `redaction_count` counts all. */
      readonly redactions: readonly Redaction[];
      readonly redaction_count: number;
    }
  /** Kept in a BlobStore under `blob`; durable before the record. */
  | { readonly mode: "ref"; readonly blob: string; readonly bytes: number; readonly commitment: string }
  /** AES-256-GCM under the key of a data subject. */
  | { readonly mode: "sealed"; readonly subject_key: string; readonly nonce: string; readonly ciphertext: string }
  /** The same payload as in another record of this log. */
  | { readonly mode: "same_as"; readonly event_id: string }
  /** Not kept: what it was like. */
  | { readonly mode: "omitted"; readonly type: string; readonly bytes: number | null };

export interface PolicyDecisionRecord {
  readonly effect: Effect;
  readonly mode: PolicyMode;
  readonly would_have: { readonly effect: Effect; readonly reason_code: ReasonCode } | null;
  readonly reason: string;
  readonly reason_code: ReasonCode;
  readonly rule_id: string | null;
  readonly rule_name: string | null;
  /** At most 32; `determining_rule_count` counts all. */
  readonly determining_rules: readonly string[];
  readonly determining_rule_count: number;
  readonly policy_id: string | null;
  readonly policy_version: number;
  readonly policy_sha256: string;
  readonly plan_sha256: string;
  readonly approver: string | null;
  /** Microseconds that deciding took. */
  readonly eval_us: number;
}

/** Links a record to the one before it and to its writer. */
export interface HashChain {
  /** `leaf = SHA-256(0x00 ‖ line)`, the leaf hash of RFC 6962 section 2.1; the line without its LF. */
  readonly alg: "sha256-rfc6962";
  readonly log: string;
  readonly writer: string;
  /** Raised by every take-over of the log's lease. */
  readonly writer_epoch: number;
  /** Which signing key signs the checkpoints over this record. */
  readonly key_epoch: number;
  readonly seq: number;
  /** Leaf hash (hex) of record `seq - 1`; null in record 0. */
  readonly prev: string | null;
}

/** The parts of a record that say what happened; whoever reports an event fills them. */
export interface EventFields {
  readonly kind: RecordKind;
  readonly call_id: string | null;
  readonly parent_call_id: string | null;
  readonly agent_id: string | null;
  readonly session_id: string | null;
  readonly principal: { readonly sub: string | null; readonly roles: readonly string[] | null } | null;
  readonly tool_name: string | null;
  readonly tool_schema_sha256: string | null;
  readonly input_payload: Payload | null;
  readonly policy_decision: PolicyDecisionRecord | null;
  readonly output_payload: Payload | null;
  readonly execution_status: ExecutionStatus | null;
  readonly duration_us: number | null;
  readonly error: { readonly type: string; readonly message: string } | null;
  readonly trace_id: string | null;
  readonly span_id: string | null;
  /** What only this kind of record says (`log.open`: origin and public key, …). */
  readonly body: JsonObject | null;
}

/** One line of the trail. Every record carries every member; null where nothing applies. */
export interface AuditRecord extends EventFields {
  readonly v: typeof RECORD_VERSION;
  /** UUIDv7 (RFC 9562 section 5.7). */
  readonly event_id: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly timestamp: string;
  /** Monotonic nanoseconds of this boot, decimal: shows steps of the wall clock. */
  readonly mono_ns: string;
  readonly boot_id: string;
  readonly hash_chain: HashChain;
}

declare const SANITIZED: unique symbol;

/**
 * An event whose free strings went through a sanitizer. The trail takes nothing else. The brand
 * exists in types only; the package `redact` is the one place that gives it.
 */
export type SanitizedEvent = EventFields & { readonly [SANITIZED]: true };

/** An event with all members null but the given ones. */
export function eventFields(fields: Pick<EventFields, "kind"> & Partial<EventFields>): EventFields {
  return { ...NOTHING, ...fields };
}

const NOTHING: Omit<EventFields, "kind"> = {
  call_id: null,
  parent_call_id: null,
  agent_id: null,
  session_id: null,
  principal: null,
  tool_name: null,
  tool_schema_sha256: null,
  input_payload: null,
  policy_decision: null,
  output_payload: null,
  execution_status: null,
  duration_us: null,
  error: null,
  trace_id: null,
  span_id: null,
  body: null,
};
