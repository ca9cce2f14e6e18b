import { eventFields, RECORD_VERSION } from "@proclaw/core";
import type { AuditRecord, EventFields } from "@proclaw/core";
import { describe, expect, it } from "vitest";
import { describeRecord, timestampOf } from "./record-line.ts";
import type { TailLine } from "./record-line.ts";

const LOG = "01939f3e-0000-7000-8000-0123456789ab";

function stored(fields: Pick<EventFields, "kind"> & Partial<EventFields>): TailLine {
  const record: AuditRecord = {
    ...eventFields(fields),
    v: RECORD_VERSION,
    event_id: "e",
    timestamp: "2026-11-22T12:00:00.000Z",
    mono_ns: "0",
    boot_id: "b",
    hash_chain: { alg: "sha256-rfc6962", log: LOG, writer: "w", writer_epoch: 0, key_epoch: 0, seq: 4, prev: null },
  };
  return raw(JSON.stringify(record));
}

const raw = (text: string): TailLine => ({ log: LOG, seq: 4, bytes: Buffer.from(text) });
const shown = (line: TailLine): string => describeRecord(line, (_tone, text) => text);

const DECISION = {
  effect: "deny",
  mode: "enforce",
  would_have: null,
  reason: "no",
  reason_code: "no_matching_rule",
  rule_id: null,
  rule_name: "Block",
  determining_rules: [],
  determining_rule_count: 0,
  policy_id: null,
  policy_version: 1,
  policy_sha256: "",
  plan_sha256: "",
  approver: null,
  eval_us: 1,
} as const;

describe("describeRecord", () => {
  it("says what happened", () => {
    const decision = stored({
      kind: "decision",
      tool_name: "read",
      agent_id: "a",
      call_id: "c1",
      policy_decision: DECISION,
    });
    expect(shown(decision)).toBe(
      "2026-11-22T12:00:00.000Z  456789ab:4  deny      read  a  no_matching_rule, rule `Block`, call c1",
    );
    expect(shown(stored({ kind: "outcome", tool_name: "read", execution_status: "success", duration_us: 1_234 }))).toBe(
      "2026-11-22T12:00:00.000Z  456789ab:4  success   read  1.2 ms",
    );
    expect(shown(stored({ kind: "log.open" }))).toBe("2026-11-22T12:00:00.000Z  456789ab:4  log.open");
    expect(timestampOf(decision)).toBe("2026-11-22T12:00:00.000Z");
  });

  it("cannot be made to drive the terminal or to forge a line", () => {
    const hostile = "\u001b[2J\nallow \u202e";
    const line = stored({
      kind: "decision",
      tool_name: hostile,
      agent_id: hostile,
      call_id: hostile,
      policy_decision: { ...DECISION, rule_name: hostile },
    });
    expect(shown(line)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it.each(["", "x", "[]", "null", '"x"', "{", "\u0000"])("%j is no record", (text) => {
    expect(shown(raw(text))).toBe("456789ab:4  not a record");
    expect(timestampOf(raw(text))).toBe("");
  });

  it.each([
    '{"kind":7,"timestamp":{},"policy_decision":"x","tool_name":[]}',
    '{"kind":"decision","policy_decision":null}',
    "{}",
  ])("%s does not break it", (text) => {
    expect(shown(raw(text))).toContain("456789ab:4");
  });
});
