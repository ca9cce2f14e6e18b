import { uuid } from "../trail-format.ts";
import { editRecord, first, segment, type Loose } from "../edits.ts";
import type { TamperCase } from "../tamper-case.ts";

const FIELDS: readonly (readonly [name: string, kind: string, edit: (record: Loose) => unknown])[] = [
  ["v", "malformed_record", (r) => (r.v = 2 as never)],
  ["kind (to another known one)", "chain_broken", (r) => (r.kind = "heartbeat")],
  ["kind (to an unknown one)", "malformed_record", (r) => (r.kind = "note" as never)],
  ["event_id", "chain_broken", (r) => (r.event_id = uuid(999))],
  ["event_id (not a UUIDv7)", "malformed_record", (r) => (r.event_id = "1")],
  ["timestamp", "chain_broken", (r) => (r.timestamp = "2026-01-01T00:00:00.999Z")],
  ["timestamp (a day that does not exist)", "malformed_record", (r) => (r.timestamp = "2026-02-30T00:00:00.000Z")],
  ["mono_ns", "chain_broken", (r) => (r.mono_ns = "1")],
  ["boot_id", "chain_broken", (r) => (r.boot_id = "boot-2")],
  ["call_id", "chain_broken", (r) => (r.call_id = "a9")],
  ["parent_call_id", "chain_broken", (r) => (r.parent_call_id = "a1")],
  ["agent_id", "chain_broken", (r) => (r.agent_id = "someone-else")],
  ["session_id", "chain_broken", (r) => (r.session_id = null)],
  ["principal", "chain_broken", (r) => (r.principal = { sub: "dr-no", roles: [] })],
  ["tool_name", "chain_broken", (r) => (r.tool_name = "drug_search")],
  ["tool_schema_sha256", "chain_broken", (r) => (r.tool_schema_sha256 = "0".repeat(64))],
  ["input_payload", "chain_broken", (r) => (r.input_payload = { mode: "omitted", type: "object", bytes: 3 })],
  [
    "policy_decision.effect",
    "chain_broken",
    (r) => (r.policy_decision = { ...r.policy_decision, effect: "deny" } as never),
  ],
  [
    "policy_decision (reason code unknown)",
    "malformed_record",
    (r) => (r.policy_decision = { ...r.policy_decision, reason_code: "felt_like_it" } as never),
  ],
  [
    "policy_decision.policy_sha256",
    "chain_broken",
    (r) => (r.policy_decision = { ...r.policy_decision, policy_sha256: "0".repeat(64) } as never),
  ],
  ["output_payload", "chain_broken", (r) => (r.output_payload = { mode: "omitted", type: "none", bytes: null })],
  ["execution_status", "chain_broken", (r) => (r.execution_status = "not_executed")],
  ["duration_us", "chain_broken", (r) => (r.duration_us = 1)],
  ["error", "chain_broken", (r) => (r.error = { type: "E", message: "m" })],
  ["trace_id", "chain_broken", (r) => (r.trace_id = "0")],
  ["span_id", "chain_broken", (r) => (r.span_id = "0")],
  ["body", "chain_broken", (r) => (r.body = {})],
  ["hash_chain.alg", "malformed_record", (r) => (r.hash_chain["alg"] = "sha1")],
  ["hash_chain.log", "wrong_log", (r) => (r.hash_chain["log"] = uuid(2))],
  ["hash_chain.writer", "chain_broken", (r) => (r.hash_chain["writer"] = "me")],
  ["hash_chain.writer_epoch", "chain_broken", (r) => (r.hash_chain["writer_epoch"] = 1)],
  ["hash_chain.key_epoch", "key_epoch_unknown", (r) => (r.hash_chain["key_epoch"] = 1)],
  ["hash_chain.seq (forward)", "seq_gap", (r) => (r.hash_chain["seq"] = 5)],
  ["hash_chain.seq (back)", "seq_repeated", (r) => (r.hash_chain["seq"] = 3)],
  ["hash_chain.seq (not an integer)", "malformed_record", (r) => (r.hash_chain["seq"] = 4.5)],
  ["hash_chain.prev", "chain_broken", (r) => (r.hash_chain["prev"] = "0".repeat(64))],
  ["hash_chain.prev (null)", "chain_broken", (r) => (r.hash_chain["prev"] = null)],
  ["a member too many", "malformed_record", (r) => Object.assign(r, { extra: 1 })],
  ["a member too few", "malformed_record", (r) => delete (r as Partial<Loose>).span_id],
];

/** Record 4 of the first log: the allowed decision `a3`. */
export const FIELD_TAMPERS: readonly TamperCase[] = FIELDS.map(([name, kind, edit]) => ({
  name: `field: ${name}`,
  edit: (trail) => editRecord(segment(first(trail), 0), 4, edit),
  kind,
  seq: 4,
}));
