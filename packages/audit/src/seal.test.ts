import { canonicalJson, EXECUTION_STATUSES, MAX_RECORD_BYTES } from "@proclaw/core";
import type { EventFields, JsonValue } from "@proclaw/core";
import { leafHash, parseRecord } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHAIN_BYTES, createDrafter } from "./draft.ts";
import { seal } from "./seal.ts";
import type { ChainIdentity } from "./seal.ts";
import { decision, sanitized } from "./fixtures/events.ts";
import { uuidV7Source } from "./uuid-v7.ts";

const LOG = "01990000-0000-7000-8000-000000000001";
const chain: ChainIdentity = { log: LOG, writer: LOG, writerEpoch: 3, keyEpoch: 0 };
const draft = createDrafter({
  clock: { now: () => 1_800_000_000_123, monotonic: () => 77n },
  bootId: "boot",
  nextId: uuidV7Source(() => 1_800_000_000_000),
});

const text = fc.string({ unit: "grapheme" });
const orNull = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { nil: null });
const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;

const events: fc.Arbitrary<EventFields> = fc.record({
  kind: fc.constant("anomaly"),
  call_id: orNull(text),
  parent_call_id: orNull(text),
  agent_id: orNull(text),
  session_id: orNull(text),
  principal: orNull(fc.record({ sub: orNull(text), roles: orNull(fc.array(text)) })),
  tool_name: orNull(text),
  tool_schema_sha256: fc.constant(null),
  input_payload: orNull(json.map((value) => ({ mode: "inline" as const, value, redactions: [], redaction_count: 0 }))),
  policy_decision: fc.constantFrom(null, decision("x").policy_decision),
  output_payload: orNull(json.map((value) => ({ mode: "inline" as const, value, redactions: [], redaction_count: 0 }))),
  execution_status: orNull(fc.constantFrom(...EXECUTION_STATUSES)),
  duration_us: orNull(fc.double({ min: 0, max: 1e15, noNaN: true })),
  error: orNull(fc.record({ type: text, message: text })),
  trace_id: orNull(text),
  span_id: orNull(text),
  body: orNull(fc.dictionary(text, json, { noNullPrototype: true })),
});

describe("a sealed record", () => {
  it("is the canonical JSON of the record, its leaf the hash of RFC 6962, whatever the event", () => {
    fc.assert(
      fc.property(events, orNull(fc.constant("a".repeat(64))), fc.nat(), (event, prev, seq) => {
        const drafted = draft(event);
        const { bytes, leaf } = seal(drafted, chain, seq, prev);
        const record = parseRecord(bytes);
        expect(Buffer.from(bytes).toString()).toBe(canonicalJson(record));
        expect(leaf).toBe(Buffer.from(leafHash(nodeHasher, bytes)).toString("hex"));
        expect(record).toEqual({
          ...(JSON.parse(canonicalJson(event)) as EventFields),
          v: 1,
          event_id: drafted.event_id,
          timestamp: "2027-01-15T08:00:00.123Z",
          mono_ns: "77",
          boot_id: "boot",
          hash_chain: {
            alg: "sha256-rfc6962",
            log: LOG,
            writer: LOG,
            writer_epoch: 3,
            key_epoch: 0,
            seq,
            prev,
          },
        });
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  it("never is longer than its draft says", () => {
    const largest = { log: LOG, writer: LOG, writerEpoch: Number.MAX_SAFE_INTEGER, keyEpoch: Number.MAX_SAFE_INTEGER };
    const drafted = draft(sanitized({ kind: "anomaly", body: { text: "é" } }));
    const { bytes } = seal(drafted, largest, Number.MAX_SAFE_INTEGER, "f".repeat(64));
    expect(bytes.length).toBeLessThanOrEqual(drafted.bytes);
    expect(drafted.bytes - bytes.length).toBeLessThan(64);
    expect(CHAIN_BYTES).toBeLessThan(400);
  });

  it("is never over the limit", () => {
    fc.assert(
      fc.property(fc.nat({ max: 70_000 }), fc.nat({ max: 70_000 }), (input, output) => {
        const event = sanitized({
          ...decision("call", "allow", "x".repeat(input)),
          output_payload: { mode: "inline", value: "y".repeat(output), redactions: [], redaction_count: 0 },
        });
        expect(seal(draft(event), chain, 5, null).bytes.length).toBeLessThanOrEqual(MAX_RECORD_BYTES);
      }),
      { seed: 12, numRuns: 60 },
    );
  });

  it("is refused if a member is missing, undefined or too many", () => {
    const { body: _body, ...less } = decision("call");
    expect(() => draft(less as never)).toThrow("exactly the members");
    expect(() => draft({ ...decision("call"), more: null } as never)).toThrow("exactly the members");
    expect(() => draft({ ...less, other: null } as never)).toThrow("plain JSON");
    expect(() => draft(sanitized({ kind: "anomaly", tool_name: "\ud800" }))).toThrow("lone surrogate");
  });

  it("keeps what has no payload to lose: references, ciphertext is named by its length", () => {
    const big = "x".repeat(70_000);
    const sealedPayload = { mode: "sealed", subject_key: "k", nonce: "n", ciphertext: big } as const;
    const omitted = JSON.parse(
      draft(sanitized({ kind: "anomaly", output_payload: sealedPayload }))
        .after.slice(1)
        .replace(/^/, "{"),
    ) as EventFields;
    expect(omitted.output_payload).toEqual({ mode: "omitted", type: "sealed", bytes: 70_000 });
    const ref = { mode: "ref", blob: big, bytes: 1, commitment: "c" } as const;
    expect(() => draft(sanitized({ kind: "anomaly", output_payload: ref }))).toThrow("over the limit");
  });
});
