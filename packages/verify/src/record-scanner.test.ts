import { canonicalJson, eventFields, REASON_CODES, type EventFields, type JsonValue } from "@proclaw/core";
import {
  cleanTrail,
  decisionEvent,
  LogWriter,
  outcomeEvent,
  SIGNER,
  textOf,
  utf8,
  uuid,
} from "@proclaw/conformance/tamper";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { skipValue } from "./byte-json.ts";
import { readLine } from "./record.ts";
import { RecordScanner } from "./record-scanner.ts";

const PROOF = process.env["PROCLAW_DEPTH"] === "proof";
/** At proof depth millions of runs, on a machine that may do other things besides. */
const SLOW = { timeout: PROOF ? 7_200_000 : 120_000 };
const LOG = uuid(1);

/** What the scanner says of a line, in the words of a record; null: it leaves the line to the slow reader. */
function scanned(line: Uint8Array, canonical = false): unknown {
  const scanner = new RecordScanner(LOG, canonical);
  if (!scanner.scan(line)) return null;
  const { kind, callId, status, effect, mode, keyEpoch, writerEpoch, seq, date, time } = scanner;
  const prev = textOf(line.subarray(scanner.prevAt, scanner.prevAt + 64));
  return { kind, callId, status, effect, mode, keyEpoch, writerEpoch, seq, date, time, prev };
}

/** The same of the slow reader; null: it refuses the line. */
function read(line: Uint8Array, canonical = false): unknown {
  const result = readLine(line, canonical);
  if (!result.ok) return null;
  const { kind, call_id, execution_status, policy_decision, hash_chain, timestamp } = result.record;
  return {
    kind,
    callId: call_id,
    status: execution_status,
    effect: policy_decision?.effect ?? null,
    mode: policy_decision?.mode ?? null,
    keyEpoch: hash_chain.key_epoch,
    writerEpoch: hash_chain.writer_epoch,
    seq: hash_chain.seq,
    date: Number(timestamp.slice(0, 10).replaceAll("-", "")),
    time: Number(timestamp.slice(11, 23).replaceAll(/[:.]/g, "")),
    prev: hash_chain.prev,
  };
}

/** INVARIANT (the scanner never decides alone), with and without proof that the line is canonical. */
function agree(line: Uint8Array): { readonly taken: boolean; readonly canonical: boolean } {
  const fast = scanned(line);
  const canonical = scanned(line, true);
  if (fast !== null) expect(fast, textOf(line)).toEqual(read(line));
  if (canonical !== null) expect(canonical, textOf(line)).toEqual(read(line, true));
  return { taken: fast !== null, canonical: canonical !== null };
}
const BOTH = { taken: true, canonical: true };

const lineOf = (event: EventFields): Uint8Array => {
  const writer = new LogWriter({ n: 1, signer: SIGNER });
  writer.append(event);
  return writer.lines[1] as Uint8Array;
};

function wouldHave(): EventFields {
  const event = decisionEvent("a1", "allow");
  const would_have = { effect: "allow", reason_code: "allowed_by_rule" } as never;
  return { ...event, policy_decision: { ...event.policy_decision, mode: "audit", would_have } as never };
}

const EVENTS: readonly EventFields[] = [
  decisionEvent("a1", "allow", {
    amount: 1.5,
    note: "naïve – ☃ 😀",
    nested: { list: [1, -2.5e-7, { b: null }, true, false, '"\\\n'] },
  }),
  decisionEvent("a2", "deny"),
  outcomeEvent("a1"),
  outcomeEvent("a1", "error"),
  { ...outcomeEvent("a1", "timeout"), error: { type: "E", message: "m" }, output_payload: null, duration_us: 1.25 },
  { ...outcomeEvent("a1"), output_payload: { mode: "omitted", type: "object", bytes: 12 } },
  { ...outcomeEvent("a1"), output_payload: { mode: "omitted", type: "object", bytes: null } },
  {
    ...outcomeEvent("a1"),
    output_payload: {
      mode: "inline",
      value: "x",
      redactions: [
        { at: "/a", data_class: "secret", rule: "r@1" },
        { at: "", data_class: "payment_card", rule: "r@1" },
      ],
      redaction_count: 2,
    },
  },
  { ...outcomeEvent("a1"), output_payload: { mode: "ref", blob: "b", bytes: 70_000, commitment: "c" } },
  { ...outcomeEvent("a1"), output_payload: { mode: "sealed", subject_key: "k", nonce: "n", ciphertext: "x" } },
  { ...outcomeEvent("a1"), output_payload: { mode: "same_as", event_id: uuid(9) } },
  wouldHave(),
  eventFields({ kind: "heartbeat" }),
  eventFields({ kind: "recovery", call_id: "a1" }),
  eventFields({ kind: "policy.load", body: { policy: { list: [[], {}], n: 0 } } }),
  { ...decisionEvent("a3"), principal: { sub: null, roles: null }, trace_id: "t", span_id: "s", parent_call_id: "p" },
  { ...decisionEvent("a3"), principal: null, session_id: null, tool_name: null, tool_schema_sha256: "0".repeat(64) },
];

describe("the scanner", () => {
  test("takes the usual records, with the values of the slow reader", () => {
    for (const event of EVENTS) expect(agree(lineOf(event)), canonicalJson(event as never)).toEqual(BOTH);
    for (const reason of REASON_CODES) {
      const event = decisionEvent("a");
      const policy_decision = { ...event.policy_decision, reason_code: reason } as never;
      expect(agree(lineOf({ ...event, policy_decision }))).toEqual(BOTH);
    }
  });

  test("takes most of a real trail", () => {
    const lines = cleanTrail().logs[0]?.segments.flatMap(({ bytes }) => textOf(bytes).trimEnd().split("\n")) ?? [];
    expect(lines.filter((line) => agree(utf8(line)).canonical)).toHaveLength(lines.length - 2);
  });

  test.each([
    ["another log", (text: string) => text.replace(LOG, uuid(2))],
    ["a day that does not exist", (text: string) => text.replace("2026-01-01T", "2026-04-31T")],
    ["a day that exists in leap years", (text: string) => text.replace("2026-01-01T", "2024-02-29T")],
    ["no time", (text: string) => text.replace("T00:00:", "T24:00:")],
    ["a leading zero", (text: string) => text.replace('"seq":1', '"seq":01')],
    ["a number beyond 2^53", (text: string) => text.replace('"seq":1', '"seq":9007199254740993')],
    ["a null", (text: string) => text.replace(/"event_id":"[^"]*"/, '"event_id":null')],
    ["white space", (text: string) => text.replace(":", ": ")],
    ["an end", (text: string) => `${text}x`],
    ["a carriage return", (text: string) => `${text}\r`],
    ["a member twice", (text: string) => text.replace('"v":1', '"v":1,"v":1')],
    ["an empty boot id", (text: string) => text.replace('"boot-1"', '""')],
    ["upper-case digits", (text: string) => text.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${"A".repeat(64)}"`)],
    ["a UUID of another version", (text: string) => text.replace(/"event_id":"(.{14})7/, '"event_id":"$14')],
    [
      "more rules than counted",
      (text: string) => text.replace('"determining_rules":["r1"]', '"determining_rules":["r1","r2"]'),
    ],
    ["a decision that ran", (text: string) => text.replace('"pending"', '"success"')],
    ["a decision of no call", (text: string) => text.replace('"call_id":"a1"', '"call_id":null')],
  ])("leaves %s to the slow reader", (_name, edit) => {
    const text = textOf(lineOf(EVENTS[0] as EventFields));
    expect(edit(text)).not.toBe(text);
    expect(scanned(utf8(edit(text)))).toBeNull();
  });

  test.each([
    ["members out of order", '{"b":1,"a":2}', '{"a":2,"b":1}'],
    ["a name twice", '{"a":1,"a":2}', '{"a":2}'],
    ["a name and its beginning out of order", '{"a ":1,"a":2}', '{"a":2,"a ":1}'],
    ["an escape that is none of RFC 8785", String.raw`"\/"`, '"/"'],
    ["an escape of a letter", String.raw`"\u0061"`, '"a"'],
    ["a long escape where there is a short one", String.raw`"\u000a"`, String.raw`"\n"`],
    ["an escape in upper case", String.raw`"\u001F"`, String.raw`"\u001f"`],
    ["an escape of a surrogate", String.raw`"\ud83d\ude00"`, '"😀"'],
    ["a fraction of zero", "1.0", "1"],
    ["a zero at the end", "1.50", "1.5"],
    ["an exponent that is not needed", "1e2", "100"],
    ["an exponent without sign", "1e30", "1e+30"],
    ["the negative zero", "-0", "0"],
    ["more digits than a number has", "0.1000000000000000055", "0.1"],
    ["a whole number beyond 2^53", "9007199254740993", "9007199254740992"],
  ])("leaves %s to the slow reader where lines must be canonical", (_name, bad, good) => {
    const text = textOf(lineOf(EVENTS[0] as EventFields));
    const withValue = (value: string): Uint8Array => utf8(text.replace("1.5", value));
    expect(scanned(withValue(bad))).not.toBeNull();
    expect(scanned(withValue(bad), true)).toBeNull();
    expect(read(withValue(bad), true)).toBeNull();
    expect(agree(withValue(good))).toEqual(BOTH);
  });

  test.each([
    ["names where bytes and UTF-16 sort differently", '{"\u{1f600}":1,"\ufb33":2}'],
    ["names with escapes", String.raw`{"\n":1}`],
  ])("leaves %s to the slow reader, which takes them", (_name, value) => {
    const line = utf8(textOf(lineOf(EVENTS[0] as EventFields)).replace("1.5", value));
    expect(agree(line)).toEqual({ taken: true, canonical: false });
    expect(read(line, true)).not.toBeNull();
  });

  test("takes no deeper value than canonical JSON may hold", () => {
    const deep = (levels: number): Uint8Array =>
      utf8(textOf(lineOf(EVENTS[0] as EventFields)).replace("1.5", "[".repeat(levels) + "]".repeat(levels)));
    // The record, its payload and the arguments stand around it.
    expect(agree(deep(61))).toEqual(BOTH);
    expect(scanned(deep(62), true)).toBeNull();
    expect(read(deep(61), true)).not.toBeNull();
    expect(read(deep(62), true)).toBeNull();
  });

  test("leaves bytes to the slow reader that are not UTF-8", () => {
    const bad = [
      [0xff],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xe2, 0x98],
      [0x80],
      [0xf0, 0x80, 0x80, 0x80],
    ];
    const line = Buffer.from(lineOf(EVENTS[0] as EventFields));
    const at = line.indexOf("naïve");
    for (const bytes of bad) {
      const broken = Buffer.concat([line.subarray(0, at), Uint8Array.from(bytes), line.subarray(at)]);
      expect(scanned(broken)).toBeNull();
      expect(read(broken)).toBeNull();
    }
  });

  test("property: a changed line is taken only if the slow reader takes it with the same values", SLOW, () => {
    const lines = EVENTS.map((event) => lineOf(event));
    const piece = fc.constantFrom(
      ...[
        '"',
        "\\",
        "\\u12",
        "\\u00e9",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "true",
        "0",
        "-",
        ".",
        "e",
        "1e9",
        "\u0000",
        "é",
        " ",
        "\\ud83d",
        "allow",
        "a",
        "b",
        "1.0",
        "-0",
        "e-7",
        "\\/",
        "\\n",
        "\\u001f",
        "\\u000a",
        '"a":1,',
        '"":{},',
        "\ufb33",
        "\u{1f600}",
      ].map(utf8),
      Uint8Array.of(0xff),
      Uint8Array.of(0xed, 0xa0, 0x80),
    );
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      drop: fc.nat(3),
      insert: fc.oneof(fc.uint8Array({ maxLength: 2 }), piece),
    });
    let taken = 0;
    let canonical = 0;
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.array(edit, { minLength: 1, maxLength: 2 }), (line, edits) => {
        let bytes = Buffer.from(line);
        for (const { at, drop, insert } of edits) {
          const place = Math.floor(at * bytes.length);
          bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + drop)]);
        }
        const by = agree(bytes);
        if (by.taken) taken++;
        if (by.canonical) canonical++;
      }),
      { seed: 7, numRuns: PROOF ? 2_000_000 : 20_000 },
    );
    // Changes inside texts leave usual records, so both answers occur.
    expect(canonical).toBeGreaterThan(300);
    expect(taken).toBeGreaterThanOrEqual(canonical);
  });

  test("property: any arguments, texts and numbers give the same answer", SLOW, () => {
    const text = fc.string({ unit: "binary", maxLength: 20 });
    let canonical = 0;
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5 }),
        fc.oneof(text, fc.uuid()),
        text,
        fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true })),
        (value, id, agent, number) => {
          const event = decisionEvent(id.toWellFormed(), "allow", {});
          const payload = { mode: "inline", value: wellFormed(value as JsonValue), redactions: [], redaction_count: 0 };
          const record = JSON.parse(textOf(lineOf({ ...event, agent_id: agent.toWellFormed() }))) as object;
          const line = utf8(canonicalJson({ ...record, input_payload: payload, duration_us: number }));
          const by = agree(line);
          if (by.canonical) canonical++;
          // In the order in which the engine holds the members.
          agree(utf8(textOf(line).replace(canonicalJson(payload.value), JSON.stringify(payload.value))));
        },
      ),
      { seed: 8, numRuns: PROOF ? 200_000 : 2_000 },
    );
    expect(canonical).toBeGreaterThan(200);
  });

  test("property: a changed value is taken as canonical only if it is", SLOW, () => {
    const name = fc.constantFrom("", "a", "b", "a ", "é", "1", "10", "\n", "\ufb33", "\u{1f600}");
    const leaf = fc.constantFrom(0, -1.5, 1e-7, 1e21, "", "a/b", '\n\u001f"\\', "é", true, null);
    const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        leaf,
        fc.array(tie("value"), { maxLength: 2 }),
        fc.dictionary(name, tie("value"), { maxKeys: 3 }),
      ),
    }));
    const piece = fc.constantFrom(
      "null",
      '"a":1,',
      ',"a":1',
      ",0",
      "0",
      ".0",
      "e1",
      "-",
      "[",
      "]",
      "{",
      "}",
      '"',
      ":",
      ",",
      " ",
      "\\/",
      "\\u0061",
      "\\u001F",
      "\\n",
      "\\u000a",
      "\\ud83d",
      "\\ud83d\\ude00",
    );
    const edit = fc.record({ at: fc.nat(40), drop: fc.nat(1), insert: piece });
    const counts = { canonical: 0, plain: 0 };
    fc.assert(
      fc.property(value, fc.array(edit, { maxLength: 2 }), (given, edits) => {
        let text = JSON.stringify(given);
        for (const { at, drop, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + drop);
        if (!text.isWellFormed()) return;
        const line = utf8(text);
        const plain = skipValue(line, 0, 0, false) === line.length;
        const canonical = skipValue(line, 0, 0, true) === line.length;
        if (plain) counts.plain++;
        if (!canonical) return;
        counts.canonical++;
        expect(plain, text).toBe(true);
        expect(canonicalJson(JSON.parse(text)), text).toBe(text);
      }),
      { seed: 10, numRuns: PROOF ? 2_000_000 : 20_000 },
    );
    expect(counts.canonical).toBeGreaterThan(2_000);
    expect(counts.plain - counts.canonical).toBeGreaterThan(1_000);
  });

  test("property: a number is canonical if and only if ECMAScript prints it so", SLOW, () => {
    const digits = fc.stringMatching(/^-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?$/);
    const printed = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
    let canonical = 0;
    fc.assert(
      fc.property(fc.oneof(digits, printed), (text) => {
        const line = utf8(text);
        const isCanonical = skipValue(line, 0, 0, true) === line.length;
        expect(isCanonical).toBe(skipValue(line, 0, 0, false) === line.length && String(Number(text)) === text);
        if (isCanonical) canonical++;
      }),
      { seed: 9, numRuns: PROOF ? 1_000_000 : 5_000 },
    );
    expect(canonical).toBeGreaterThan(1_000);
  });
});

function wellFormed(value: JsonValue): JsonValue {
  return JSON.parse(
    JSON.stringify(value)
      .toWellFormed()
      .replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, ""),
  ) as JsonValue;
}
