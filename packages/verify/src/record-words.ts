import {
  EXECUTION_STATUSES,
  REASON_CODES,
  type Effect,
  type ExecutionStatus,
  type PolicyMode,
  type ReasonCode,
  type RecordKind,
} from "@proclaw/core";
import { ByteWords, bytesOfAscii } from "./byte-json.ts";

/*
 * What the usual record is made of: its members in canonical order, each with what stands before
 * its value, and the closed sets of words.
 */

/** Kinds whose body and place say nothing that a verifier looks at. */
export const PLAIN_KINDS: readonly RecordKind[] = [
  "decision",
  "outcome",
  "recovery",
  "heartbeat",
  "policy.load",
  "approval",
  "anomaly",
  "audit.read",
  "config.change",
  "erasure",
];

export const KINDS: ByteWords<RecordKind> = new ByteWords(PLAIN_KINDS);
export const STATUSES: ByteWords<ExecutionStatus> = new ByteWords(EXECUTION_STATUSES);
export const REASONS: ByteWords<ReasonCode> = new ByteWords(REASON_CODES);
export const EFFECTS: ByteWords<Effect> = new ByteWords(["allow", "deny", "require_approval"]);
export const MODES: ByteWords<PolicyMode> = new ByteWords(["enforce", "audit"]);
export const NULL: Uint8Array = bytesOfAscii("null");
const member = (name: string): Uint8Array => bytesOfAscii(`,"${name}":`);
const opening = (name: string): Uint8Array => bytesOfAscii(`{"${name}":`);

export const AGENT_ID: Uint8Array = opening("agent_id");
export const BODY: Uint8Array = member("body");
export const BOOT_ID: Uint8Array = member("boot_id");
export const CALL_ID: Uint8Array = member("call_id");
export const DURATION: Uint8Array = member("duration_us");
export const ERROR: Uint8Array = member("error");
export const EVENT_ID: Uint8Array = member("event_id");
export const STATUS: Uint8Array = member("execution_status");
export const CHAIN: Uint8Array = bytesOfAscii(`,"hash_chain":{"alg":"sha256-rfc6962","key_epoch":`);
export const LOG: Uint8Array = member("log");
export const PREV: Uint8Array = member("prev");
export const SEQ: Uint8Array = member("seq");
export const WRITER: Uint8Array = member("writer");
export const WRITER_EPOCH: Uint8Array = member("writer_epoch");
export const INPUT: Uint8Array = bytesOfAscii(`},"input_payload":`);
export const KIND: Uint8Array = member("kind");
export const MONO: Uint8Array = member("mono_ns");
export const OUTPUT: Uint8Array = member("output_payload");
export const PARENT: Uint8Array = member("parent_call_id");
export const DECISION: Uint8Array = member("policy_decision");
export const PRINCIPAL: Uint8Array = member("principal");
export const SESSION: Uint8Array = member("session_id");
export const SPAN: Uint8Array = member("span_id");
export const TIMESTAMP: Uint8Array = member("timestamp");
export const TOOL: Uint8Array = member("tool_name");
export const SCHEMA: Uint8Array = member("tool_schema_sha256");
export const TRACE: Uint8Array = member("trace_id");
export const END: Uint8Array = bytesOfAscii(`,"v":1}`);
export const INLINE: Uint8Array = bytesOfAscii(`{"mode":"inline","redaction_count":`);
export const REDACTIONS: Uint8Array = bytesOfAscii(`,"redactions":[`);
export const REDACTION_AT: Uint8Array = opening("at");
export const REDACTION_CLASS: Uint8Array = member("data_class");
export const REDACTION_RULE: Uint8Array = member("rule");
export const VALUE: Uint8Array = member("value");
export const OMITTED: Uint8Array = opening("bytes");
export const OMITTED_TYPE: Uint8Array = bytesOfAscii(`,"mode":"omitted","type":`);
export const APPROVER: Uint8Array = opening("approver");
export const RULE_COUNT: Uint8Array = member("determining_rule_count");
export const RULES: Uint8Array = bytesOfAscii(`,"determining_rules":[`);
export const EFFECT: Uint8Array = member("effect");
export const EVAL: Uint8Array = member("eval_us");
export const MODE: Uint8Array = member("mode");
export const PLAN: Uint8Array = member("plan_sha256");
export const POLICY_ID: Uint8Array = member("policy_id");
export const POLICY: Uint8Array = member("policy_sha256");
export const POLICY_VERSION: Uint8Array = member("policy_version");
export const REASON: Uint8Array = member("reason");
export const REASON_CODE: Uint8Array = member("reason_code");
export const RULE_ID: Uint8Array = member("rule_id");
export const RULE_NAME: Uint8Array = member("rule_name");
export const WOULD_HAVE: Uint8Array = member("would_have");
export const WOULD_EFFECT: Uint8Array = opening("effect");
export const WOULD_END: Uint8Array = bytesOfAscii("}}");
export const OBJECT_END: Uint8Array = bytesOfAscii("}");
export const REF: Uint8Array = opening("blob");
export const REF_BYTES: Uint8Array = member("bytes");
export const COMMITMENT: Uint8Array = member("commitment");
export const REF_END: Uint8Array = bytesOfAscii(`,"mode":"ref"}`);
export const SEALED: Uint8Array = opening("ciphertext");
export const NONCE: Uint8Array = bytesOfAscii(`,"mode":"sealed","nonce":`);
export const SUBJECT_KEY: Uint8Array = member("subject_key");
export const SAME_AS: Uint8Array = opening("event_id");
export const SAME_AS_END: Uint8Array = bytesOfAscii(`,"mode":"same_as"}`);
export const ROLES: Uint8Array = opening("roles");
export const SUB: Uint8Array = member("sub");
export const MESSAGE: Uint8Array = opening("message");
export const TYPE: Uint8Array = member("type");
