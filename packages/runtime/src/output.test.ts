import { canonicalJson } from "@proclaw/core";
import type { JsonValue } from "@proclaw/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decision, decisionPoint, setup } from "./fixtures/fakes.ts";
import { createGuard } from "./index.ts";
import type { GuardOptions } from "./index.ts";
import { MAX_INLINE_BYTES, payloadOf } from "./payload.ts";

const CARD = "4111 1111 1111 1111";

async function returned(output: unknown, change: Partial<GuardOptions> = {}) {
  const { trail, options } = setup(change);
  let value: unknown;
  let error: unknown;
  try {
    ({ value } = await createGuard(options).call({ tool: "t", args: {} }, () => output));
  } catch (caught) {
    error = caught;
  }
  return { trail, value, error, payload: trail.events[1]?.output_payload };
}

const revoked = Proxy.revocable({}, {});
// An async function that returns a revoked proxy rejects by itself, so it has to hide in something.
revoked.revoke();
const cyclic: unknown[] = [];
cyclic.push(cyclic);
let bomb: unknown = [1];
for (let i = 0; i < 60; i++) bomb = [bomb, bomb];
const throwing = Object.defineProperty({}, "a", {
  enumerable: true,
  get: () => {
    throw new Error("gotcha");
  },
});

const HOSTILE: readonly (readonly [string, unknown, object])[] = [
  ["a bigint", 1n, { type: "bigint", bytes: null }],
  ["a function", () => 1, { type: "function" }],
  ["bytes", new Uint8Array(7), { type: "bytes", bytes: 7 }],
  ["a cycle", cyclic, { type: "array" }],
  ["shared arrays that unfold into 2^60", bomb, { type: "array" }],
  ["a throwing getter", throwing, { type: "object" }],
  ["a revoked proxy inside", [revoked.proxy], { type: "array" }],
  ["a proxy that lies about its type", new Proxy({}, { getPrototypeOf: () => Date.prototype }), { type: "object" }],
  ["a huge string", "é".repeat(1_100_000), { type: "string", bytes: 2_200_000 }],
  ["a lone surrogate", "\ud800", { type: "string" }],
];

describe.each(HOSTILE)("hostile output: %s", (_, output, payload) => {
  test("is recorded as omitted, and returned as it is", async () => {
    const seen = await returned(output);
    expect(Object.is(seen.value, output)).toBe(true);
    expect(seen.payload).toMatchObject({ mode: "omitted", ...payload });
    expect(seen.trail.story).toEqual(["decision:pending", "outcome:success"]);
  });

  test("is withheld where outputs are limited or sanitized", async () => {
    for (const change of [{ returnOutput: "sanitized" } as const, { tools: { t: { output: { max_bytes: 1_000 } } } }]) {
      const seen = await returned(output, change);
      expect(seen.error).toMatchObject({ code: "output_withheld", meta: { status: "success" } });
      expect(seen.payload).toMatchObject({ mode: "omitted", ...payload });
      expect(seen.trail.events[1]?.error?.type).toBe("output_withheld");
    }
  });
});

test("a tool that returns nothing has nothing to limit", async () => {
  for (const change of [{}, { returnOutput: "sanitized" } as const, { tools: { t: { output: { max_bytes: 0 } } } }]) {
    const seen = await returned(undefined, change);
    expect(seen).toMatchObject({ error: undefined, payload: { mode: "omitted", type: "undefined", bytes: 0 } });
  }
});

test("what the trail gets is sanitized; what the caller gets is the tool's own, unless asked otherwise", async () => {
  const output = { note: `card ${CARD}`, n: 1 };
  const plain = await returned(output);
  expect(plain.value).toBe(output);
  expect(plain.payload).toMatchObject({ mode: "inline", redaction_count: 1 });
  expect(plain.trail.text).not.toContain("4111");

  const clean = await returned(output, { returnOutput: "sanitized" });
  expect(clean.value).toEqual({ note: "card [redacted:payment_card]", n: 1 });
  expect(clean.payload).toMatchObject({ mode: "inline", redaction_count: 1 });
});

describe("output limits of the policy and of the catalogue: the stricter holds", () => {
  const policy = (limits: object): GuardOptions["decisionPoint"] =>
    decisionPoint(() => decision({ obligations: [{ type: "output", ...limits }] }));
  const record = JSON.parse('{"id":1,"name":"x","note":"secret","__proto__":2}') as object;

  test("fields to keep", async () => {
    const tools = { t: { output: { keep_fields: ["id", "note"] } } };
    const both = await returned(record, { decisionPoint: policy({ keep_fields: ["id", "name"] }), tools });
    expect(both.value).toEqual({ id: 1 });
    expect(Object.isFrozen(both.value)).toBe(true);
    // What does not pass does not reach the trail either.
    expect(both.payload).toEqual({ mode: "inline", value: { id: 1 }, redactions: [], redaction_count: 0 });
    const proto = await returned(record, { decisionPoint: policy({ keep_fields: ["__proto__"] }) });
    expect(Object.keys(proto.value as object)).toEqual(["__proto__"]);
    expect((await returned(null, { tools })).value).toBeNull();
    for (const odd of [[record], "text", 7]) {
      expect((await returned(odd, { tools })).error).toMatchObject({ code: "output_withheld" });
    }
  });

  test("size in UTF-8 bytes of the canonical text, after the selection of fields", async () => {
    expect((await returned("éé", { decisionPoint: policy({ max_bytes: 6 }) })).value).toBe("éé");
    expect((await returned("éé", { decisionPoint: policy({ max_bytes: 5 }) })).error).toMatchObject({
      code: "output_withheld",
      message: "the tool ran, but its output is larger than 5 bytes and is withheld",
    });
    const tools = { t: { output: { max_bytes: 8 } } };
    const kept = await returned(record, { decisionPoint: policy({ keep_fields: ["id"], max_bytes: 100 }), tools });
    expect(kept.value).toEqual({ id: 1 });
    for (const [ours, theirs] of [
      [5, 100],
      [100, 5],
    ]) {
      const limits = {
        decisionPoint: policy({ max_bytes: ours }),
        tools: { t: { output: { max_bytes: theirs as number } } },
      };
      expect((await returned("éé", limits)).error).toMatchObject({ code: "output_withheld" });
    }
  });

  test("an output larger than a record is limited and returned all the same, up to 1 MB", async () => {
    const tools = { t: { output: { keep_fields: ["text"] } } };
    const large = await returned({ text: "x".repeat(100_000), note: "secret" }, { tools });
    expect(large.value).toEqual({ text: "x".repeat(100_000) });
    expect(large.payload).toEqual({ mode: "omitted", type: "object", bytes: 100_011 });
    expect((await returned({ text: "x".repeat(1_048_577) }, { tools })).error).toMatchObject({
      code: "output_withheld",
      message: "the tool ran, but its output is too large to be checked and is withheld",
    });
  });

  test("a getter cannot show something else after the check", async () => {
    let reads = 0;
    const tricky = {
      get id() {
        return ++reads;
      },
    };
    const seen = await returned(tricky, { tools: { t: { output: { keep_fields: ["id"] } } } });
    expect((seen.value as { id: number }).id).toBe(1);
    expect((seen.value as { id: number }).id).toBe(1);
    expect(seen.payload).toMatchObject({ value: { id: 1 } });
    expect(reads).toBe(1);
  });
});

test("payload mode `omitted` of the catalogue keeps arguments and results out of the trail", async () => {
  const seen = await returned({ private: "x" }, { tools: { t: { payload: "omitted" } } });
  expect(seen.trail.events.map((event) => [event.input_payload?.mode, event.output_payload?.mode])).toEqual([
    ["omitted", undefined],
    [undefined, "omitted"],
  ]);
  expect(seen.value).toEqual({ private: "x" });
});

test("payloads beyond what a record holds are left out, with their size; the call and its result are not", async () => {
  const large = { text: "\u0001".repeat(20_000) };
  const bytes = 20_000 * 6 + '{"text":""}'.length;
  const { trail, options } = setup();
  const { value } = await createGuard(options).call({ tool: "t", args: large }, (args) => args["text"]);
  expect(value).toBe(large.text);
  expect(trail.events[0]?.input_payload).toEqual({ mode: "omitted", type: "object", bytes });
  expect(trail.events[1]?.output_payload).toEqual({ mode: "omitted", type: "string", bytes: bytes - 9 });
});

test("property: what is inline fits into a record, what is omitted would not", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.constant("x".repeat(9_000)))),
      (list) => {
        const value = JSON.parse(JSON.stringify(list).toWellFormed()) as JsonValue;
        const bytes = Buffer.byteLength(canonicalJson(value));
        expect(payloadOf(value).mode).toBe(bytes <= MAX_INLINE_BYTES ? "inline" : "omitted");
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});
