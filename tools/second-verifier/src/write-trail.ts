import { openFileSigner, openTrail, createFileStore, writePublicKey } from "@proclaw/audit";
import { eventFields } from "@proclaw/core";
import type { EventFields, JsonValue, Payload, PolicyDecisionRecord, SanitizedEvent } from "@proclaw/core";
import { join } from "node:path";

/*
 * Writes one log of a trail through the real writer, with something of every kind, payload and
 * status that a guard may report. `die` leaves the log as a killed process would.
 *
 *   write-trail.ts DIR KEYS rotate|plain|die
 */

const [dir = "", keys = "", ending = "plain"] = process.argv.slice(2);
const store = createFileStore(dir);
const first = await openFileSigner(join(keys, "first.pem"));
const second = await openFileSigner(join(keys, "second.pem"));
const [signer, former] = ending === "plain" ? [second, first] : [first, second];
await writePublicKey(dir, signer);
const trail = await openTrail({
  store,
  signer,
  formerSigners: [former],
  checkpointEvery: { records: 5 },
  heartbeatMs: 0,
});

const append = (fields: Pick<EventFields, "kind"> & Partial<EventFields>): Promise<unknown> =>
  trail.append(eventFields(fields) as SanitizedEvent);

const inline = (value: JsonValue): Payload => ({ mode: "inline", value, redactions: [], redaction_count: 0 });

function decided(
  effect: PolicyDecisionRecord["effect"],
  more: Partial<PolicyDecisionRecord> = {},
): PolicyDecisionRecord {
  return {
    effect,
    mode: "enforce",
    would_have: null,
    reason: "as the rule says",
    reason_code: effect === "allow" ? "allowed_by_rule" : "denied_by_rule",
    rule_id: "rule-1",
    rule_name: "Régle № 1 💊",
    determining_rules: ["rule-1"],
    determining_rule_count: 1,
    policy_id: "policy",
    policy_version: 1,
    policy_sha256: "0".repeat(64),
    plan_sha256: "1".repeat(64),
    approver: null,
    eval_us: 1.5,
    ...more,
  };
}

async function call(id: string, fields: Partial<EventFields>, outcome: Partial<EventFields> | null): Promise<void> {
  const common = { call_id: id, agent_id: "agent", session_id: "s", tool_name: "read_chart" } as const;
  const may = fields.policy_decision?.effect === "allow" || fields.policy_decision?.mode === "audit";
  await append({ kind: "decision", execution_status: may ? "pending" : "not_executed", ...common, ...fields });
  if (outcome !== null)
    await append({ kind: "outcome", execution_status: "success", duration_us: 7, ...common, ...outcome });
}

await append({ kind: "policy.load", body: { policy_sha256: "0".repeat(64) } });
await call(
  "1",
  { policy_decision: decided("allow"), input_payload: inline({ patient: "p-1", n: [1, 0.5, 1e21, -0] }) },
  { output_payload: inline("ok") },
);
await call(
  "2",
  { policy_decision: decided("deny"), input_payload: inline({ key: 'tab\t quote" back\\ \u2028 é 😀' }) },
  null,
);
await call(
  "3",
  { policy_decision: decided("allow"), principal: { sub: "nurse", roles: ["staff", "nurse"] } },
  { execution_status: "error", error: { type: "Error", message: "no" } },
);
const waived = decided("allow", {
  mode: "audit",
  reason_code: "audit_mode",
  would_have: { effect: "deny", reason_code: "no_matching_rule" },
});
await call(
  "4",
  { policy_decision: waived, trace_id: "t", span_id: "u", tool_schema_sha256: "2".repeat(64) },
  { execution_status: "timeout" },
);
const redacted: Payload = {
  mode: "inline",
  value: { card: "[redacted:payment_card]" },
  redactions: [{ data_class: "payment_card", rule: "card", at: "/card" }],
  redaction_count: 1,
};
await call(
  "5",
  { policy_decision: decided("allow"), parent_call_id: "4", input_payload: redacted },
  { output_payload: { mode: "omitted", type: "string", bytes: 70_000 } },
);
if (ending === "rotate") {
  await trail.rotateKey(second);
  await call("6", { policy_decision: decided("allow") }, {});
}
await call("7", { policy_decision: decided("allow") }, ending === "die" ? null : { execution_status: "unobserved" });
await append({ kind: "anomaly", body: { note: "a note" } });
if (ending === "die") process.kill(process.pid, "SIGKILL");
await trail.close();
await store.close();
