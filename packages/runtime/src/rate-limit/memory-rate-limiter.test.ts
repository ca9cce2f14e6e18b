import type { RateLimitObligation } from "@proclaw/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryRateLimiter } from "./memory-rate-limiter.ts";

function limit(change: Partial<RateLimitObligation> = {}): RateLimitObligation {
  return { type: "rate_limit", rule_id: "r", key: "k", limit: 2, per_ms: 1_000, algorithm: "token_bucket", ...change };
}

/** Slow and obvious: every take is kept for ever, and each question is answered by going through all of them. */
class Reference {
  readonly #takes = new Map<string, number[]>();

  take(limits: readonly RateLimitObligation[], now: number): boolean {
    const distinct = [...new Map(limits.map((it) => [JSON.stringify(it), it])).entries()];
    if (!distinct.every(([id, it]) => this.#grants(this.#takes.get(id) ?? [], it, now))) return false;
    for (const [id] of distinct) this.#takes.set(id, [...(this.#takes.get(id) ?? []), now]);
    return true;
  }

  #grants(takes: readonly number[], { limit: n, per_ms, algorithm }: RateLimitObligation, now: number): boolean {
    if (algorithm === "sliding_window") return takes.filter((at) => at + per_ms > now).length < n;
    // The bucket from its start, millisecond fractions in exact integers: level × per_ms.
    const full = BigInt(n) * BigInt(per_ms);
    let level = full;
    let at = takes[0] ?? now;
    for (const next of [...takes, now]) {
      level += BigInt(next - at) * BigInt(n);
      if (level > full) level = full;
      at = next;
      level -= BigInt(per_ms);
    }
    return level >= 0n;
  }
}

const anyLimit = fc
  .record({
    key: fc.constantFrom("a", "b"),
    limit: fc.integer({ min: 0, max: 4 }),
    per_ms: fc.constantFrom(1, 7, 100, 1_000),
    algorithm: fc.constantFrom("token_bucket" as const, "sliding_window" as const),
  })
  .map(limit);

test("property: grants exactly what the reference grants, and `retryAfterMs` is the first moment that does", async () => {
  const step = fc.record({ wait: fc.nat(400), pick: fc.array(fc.nat(4), { maxLength: 3 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyLimit, { minLength: 5, maxLength: 5 }),
      fc.array(step, { maxLength: 60 }),
      async (pool, steps) => {
        const limiter = createMemoryRateLimiter();
        const reference = new Reference();
        let now = 1_000_000;
        for (const [i, { wait, pick }] of steps.entries()) {
          now += wait;
          const limits = pick.map((index) => pool[index] ?? limit());
          const answer = await limiter.take({ callId: `c${i}`, limits, now });
          expect(answer.granted).toBe(reference.take(limits, now));
          if (!answer.granted) {
            const refusing = limits.filter((it) => it.limit > 0);
            expect(answer.retryAfterMs).toBeGreaterThan(0);
            // One limit alone: a moment earlier it refuses still.
            if (limits.length === 1 && refusing.length === 1) {
              const early = await limiter.take({ callId: `e${i}`, limits, now: now + answer.retryAfterMs - 1 });
              expect(early.granted).toBe(false);
              now += answer.retryAfterMs - 1;
              now += 1;
              expect((await limiter.take({ callId: `l${i}`, limits, now })).granted).toBe(true);
              expect(reference.take(limits, now)).toBe(true);
            }
          }
        }
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test("all or nothing: a refused call takes from none", async () => {
  const limiter = createMemoryRateLimiter();
  const small = limit({ rule_id: "small", limit: 1 });
  const large = limit({ rule_id: "large", limit: 2 });
  expect(await limiter.take({ callId: "1", limits: [large, small], now: 0 })).toEqual({ granted: true });
  const refused = { granted: false, ruleId: "small", retryAfterMs: 1_000 };
  for (const callId of ["2", "3", "4"])
    expect(await limiter.take({ callId, limits: [large, small], now: 0 })).toEqual(refused);
  expect(await limiter.take({ callId: "5", limits: [large], now: 0 })).toEqual({ granted: true });
});

test("the same call takes once and hears the same answer; a limit that is new for it is taken from", async () => {
  const limiter = createMemoryRateLimiter();
  const one = limit({ limit: 1 });
  const other = limit({ limit: 1, rule_id: "other" });
  for (let i = 0; i < 3; i++)
    expect(await limiter.take({ callId: "a", limits: [one], now: 0 })).toEqual({ granted: true });
  expect((await limiter.take({ callId: "b", limits: [one], now: 0 })).granted).toBe(false);
  // As before, although the bucket is full again.
  expect((await limiter.take({ callId: "b", limits: [one], now: 5_000 })).granted).toBe(false);
  // The call changed and now falls under another rule: its limit is not dodged by the known id.
  expect((await limiter.take({ callId: "a", limits: [one, other], now: 5_000 })).granted).toBe(true);
  expect((await limiter.take({ callId: "c", limits: [other], now: 5_000 })).granted).toBe(false);
});

test("two obligations on one bucket take once", async () => {
  const limiter = createMemoryRateLimiter();
  expect(
    (await limiter.take({ callId: "a", limits: [limit({ limit: 1 }), limit({ limit: 1 })], now: 0 })).granted,
  ).toBe(true);
});

test("a clock that goes back refills nothing", async () => {
  const limiter = createMemoryRateLimiter();
  const one = limit({ limit: 1 });
  expect((await limiter.take({ callId: "a", limits: [one], now: 10_000 })).granted).toBe(true);
  expect((await limiter.take({ callId: "b", limits: [one], now: 0 })).granted).toBe(false);
  expect((await limiter.take({ callId: "c", limits: [one], now: 10_999 })).granted).toBe(false);
  expect((await limiter.take({ callId: "d", limits: [one], now: 11_000 })).granted).toBe(true);

  for (const algorithm of ["token_bucket", "sliding_window"] as const) {
    const fresh = createMemoryRateLimiter();
    const two = limit({ limit: 2, algorithm });
    const answers = [];
    for (const [i, now] of [10_000, 0, 10_000].entries()) {
      answers.push((await fresh.take({ callId: `t${i}`, limits: [two], now })).granted);
    }
    expect(answers).toEqual([true, true, false]);
  }
});

test.each(["token_bucket", "sliding_window"] as const)(
  "INVARIANT (forgetting grants nothing): a flood of keys cannot wash out a %s in use",
  async (algorithm) => {
    const limiter = createMemoryRateLimiter({ maxEntries: 100, maxCalls: 10 });
    const used = limit({ limit: 1, per_ms: 60_000, key: "used", algorithm });
    expect((await limiter.take({ callId: "u", limits: [used], now: 0 })).granted).toBe(true);
    let refused = 0;
    for (let i = 0; i < 500; i++) {
      const flood = limit({ key: `k${i}`, per_ms: 60_000, limit: 1, algorithm });
      if (!(await limiter.take({ callId: `k${i}`, limits: [flood], now: i })).granted) refused++;
    }
    expect(refused).toBeGreaterThanOrEqual(400);
    expect((await limiter.take({ callId: "v", limits: [used], now: 1_000 })).granted).toBe(false);
    // When the flood has run dry, there is room again.
    const fresh = limit({ key: "fresh", algorithm });
    expect((await limiter.take({ callId: "w", limits: [fresh], now: 200_000 })).granted).toBe(true);
  },
);

test.each([{ per_ms: 0.5 }, { limit: 1.5 }, { limit: -1 }, { limit: 2 ** 40, per_ms: 2 ** 40 }])(
  "a limit that cannot be counted exactly is refused: %o",
  async (change) => {
    const limiter = createMemoryRateLimiter();
    await expect(limiter.take({ callId: "a", limits: [limit(change)], now: 0 })).rejects.toMatchObject({
      code: "invalid_option",
    });
  },
);

test("options and times out of range are refused", async () => {
  for (const options of [{ maxEntries: 0 }, { maxCalls: 1.5 }]) {
    expect(() => createMemoryRateLimiter(options)).toThrow(expect.objectContaining({ code: "invalid_option" }));
  }
  await expect(createMemoryRateLimiter().take({ callId: "a", limits: [], now: Number.NaN })).rejects.toThrow("time");
});
