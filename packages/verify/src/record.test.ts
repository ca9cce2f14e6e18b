import { canonicalJson, MAX_RECORD_BYTES, type AuditRecord, type JsonObject } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import { LogWriter, SIGNER, textOf, utf8 } from "@proclaw/conformance/tamper";
import { parseRecord } from "./index.ts";

const unreadable = expect.objectContaining({ code: "unreadable_evidence" });
const log = new LogWriter({ n: 1, signer: SIGNER }).call("a", "allow", { n: 1, text: "é" });
const LINE = log.lines[1] as Uint8Array;
const RECORD = JSON.parse(textOf(LINE)) as Record<string, unknown>;
const lineWith = (changes: Readonly<Record<string, unknown>>): Uint8Array =>
  utf8(canonicalJson({ ...RECORD, ...changes }));

test("a record comes back as it was written", () => {
  expect(parseRecord(LINE)).toEqual(RECORD);
  expect(canonicalJson(parseRecord(LINE))).toBe(textOf(LINE));
});

test.each<[string, AuditRecord["input_payload"]]>([
  [
    "inline",
    { mode: "inline", value: null, redactions: [{ data_class: "secret", rule: "r@1", at: "" }], redaction_count: 40 },
  ],
  ["ref", { mode: "ref", blob: "b", bytes: 0, commitment: "c" }],
  ["sealed", { mode: "sealed", subject_key: "k", nonce: "n", ciphertext: "c" }],
  ["same_as", { mode: "same_as", event_id: "01890a5d-ac96-7001-8000-000000000001" }],
  ["omitted", { mode: "omitted", type: "Buffer", bytes: null }],
  ["null", null],
])("payload mode %s", (_, payload) => {
  expect(parseRecord(lineWith({ input_payload: payload })).input_payload).toEqual(payload);
});

const decision = RECORD["policy_decision"] as JsonObject;
const chain = RECORD["hash_chain"] as JsonObject;
const BAD: readonly (readonly [member: string, changes: Readonly<Record<string, unknown>>])[] = [
  ["v", { v: "1" }],
  ["kind", { kind: "constructor" }],
  ["event_id", { event_id: "01890A5D-AC96-7001-8000-000000000001" }],
  ["timestamp", { timestamp: "2026-01-01T00:00:00Z" }],
  ["timestamp", { timestamp: "2026-01-01T00:00:00.000+00:00" }],
  ["timestamp", { timestamp: "2025-02-29T00:00:00.000Z" }],
  ["timestamp", { timestamp: "2026-01-01T24:00:00.000Z" }],
  ["mono_ns", { mono_ns: 1 }],
  ["mono_ns", { mono_ns: "01" }],
  ["boot_id", { boot_id: null }],
  ["call_id", { call_id: null }],
  ["principal.roles", { principal: { sub: null, roles: [1] } }],
  ["principal", { principal: { sub: null, roles: null, more: 1 } }],
  ["input_payload.mode", { input_payload: { mode: "hidden" } }],
  [
    "input_payload.redactions",
    {
      input_payload: {
        mode: "inline",
        value: 1,
        redactions: Array.from({ length: 33 }, () => ({ data_class: "a", rule: "b", at: "" })),
        redaction_count: 33,
      },
    },
  ],
  [
    "input_payload.redaction_count",
    {
      input_payload: {
        mode: "inline",
        value: 1,
        redactions: [{ data_class: "a", rule: "b", at: "" }],
        redaction_count: 0,
      },
    },
  ],
  ["input_payload.value", { input_payload: { mode: "inline", redactions: [], redaction_count: 0 } }],
  ["policy_decision", { policy_decision: null }],
  ["policy_decision.effect", { policy_decision: { ...decision, effect: "permit" } }],
  ["policy_decision.mode", { policy_decision: { ...decision, mode: "off" } }],
  [
    "policy_decision.would_have.reason_code",
    { policy_decision: { ...decision, would_have: { effect: "deny", reason_code: "" } } },
  ],
  ["policy_decision.policy_sha256", { policy_decision: { ...decision, policy_sha256: "ab" } }],
  [
    "policy_decision.determining_rules",
    { policy_decision: { ...decision, determining_rules: Array(33).fill("r"), determining_rule_count: 33 } },
  ],
  ["policy_decision.determining_rule_count", { policy_decision: { ...decision, determining_rule_count: 0 } }],
  ["policy_decision.eval_us", { policy_decision: { ...decision, eval_us: -1 } }],
  ["execution_status", { execution_status: "success" }],
  ["duration_us", { duration_us: "1" }],
  ["error.message", { error: { type: "E", message: null } }],
  ["body", { body: [] }],
  ["hash_chain.alg", { hash_chain: { ...chain, alg: "sha256" } }],
  ["hash_chain.log", { hash_chain: { ...chain, log: "1" } }],
  ["hash_chain.seq", { hash_chain: { ...chain, seq: -1 } }],
  ["hash_chain.prev", { hash_chain: { ...chain, prev: "AB".repeat(32) } }],
  ["hash_chain", { hash_chain: { ...chain, extra: 1 } }],
];

test.each(BAD)("a wrong %s is refused, and named", (member, changes) => {
  expect(() => parseRecord(lineWith(changes))).toThrow(
    expect.objectContaining({
      code: "unreadable_evidence",
      message: `member \`${member}\` is not as the format demands`,
    }),
  );
});

test("a member missing is refused, whichever it is, and so is one that the format does not know", () => {
  for (const name of Object.keys(RECORD)) {
    const { [name]: _, ...rest } = RECORD;
    expect(() => parseRecord(utf8(canonicalJson(rest)))).toThrow(unreadable);
  }
  for (const name of ["extra", "__proto__", "toString"]) {
    const line = utf8(canonicalJson(Object.defineProperty({ ...RECORD }, name, { value: 1, enumerable: true })));
    expect(() => parseRecord(line)).toThrow(unreadable);
  }
});

describe("bytes", () => {
  const text = textOf(LINE);
  test.each([
    ["a byte order mark", `\uFEFF${text}`],
    ["a carriage return", `${text}\r`],
    ["a line feed", `${text}\n`],
    ["white space", text.replace(":", ": ")],
    ["a duplicate key", text.replace('"agent_id":', '"agent_id":null,"agent_id":')],
    ["a number written otherwise", text.replace('"n":1', '"n":1.0')],
    ["a needless escape", text.replace("é", "\\u00e9")],
    ["an escaped lone surrogate", text.replace("é", "\\udc00")],
    ["members in another order", JSON.stringify({ v: 1, ...RECORD })],
    ["an array", "[]"],
    ["a string", '"x"'],
    ["null", "null"],
    ["no JSON", text.slice(1)],
    ["nothing", ""],
  ])("%s is refused", (_, changed) => expect(() => parseRecord(utf8(changed))).toThrow(unreadable));

  test("bytes that are not UTF-8 are refused", () => {
    expect(() => parseRecord(LINE.with(3, 0xc0))).toThrow(unreadable);
    expect(() => parseRecord(Uint8Array.of(0xed, 0xa0, 0x80))).toThrow(unreadable);
  });

  test("65 535 bytes are a record, one more is none", () => {
    const room = MAX_RECORD_BYTES - lineWith({ trace_id: "" }).length;
    const largest = lineWith({ trace_id: "x".repeat(room) });
    expect(largest).toHaveLength(65_535);
    expect(parseRecord(largest).trace_id).toHaveLength(room);
    expect(() => parseRecord(lineWith({ trace_id: "x".repeat(room + 1) }))).toThrow(unreadable);
  });

  test("without the proof of canonical bytes, only the spelling passes that JSON.parse cannot see", () => {
    const spaced = utf8(text.replace(":", ": "));
    expect(parseRecord(spaced, { canonical: false })).toEqual(RECORD);
    expect(() => parseRecord(utf8(`${text}\r`), { canonical: false })).toThrow(unreadable);
  });

  test("messages hold nothing of the record", () => {
    const line = lineWith({ "hunter2-in-a-key": "hunter2" });
    expect(() => parseRecord(line)).toThrow(/^the record has not the members of the format$/);
  });
});
