import type { RateLimiter, RateLimitObligation } from "@proclaw/core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createPostgresApprovalStore, createPostgresRateLimiter } from "../index.ts";
import { rounds } from "../testing/depth.ts";
import { PlaceMaker, servers } from "../testing/places.ts";
import type { Place } from "../testing/places.ts";

function limit(change: Partial<RateLimitObligation> = {}): RateLimitObligation {
  return { type: "rate_limit", rule_id: "r", key: "k", limit: 2, per_ms: 1_000, algorithm: "token_bucket", ...change };
}

/** Every take is kept for ever, and each question is answered by going through all of them. */
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

describe.each(servers())("PostgreSQL $major: limits and approvals", (server) => {
  let place: Place;
  let limiter: RateLimiter;
  let key = 0;
  beforeAll(async () => {
    place = await (await PlaceMaker.on(server)).make();
    limiter = createPostgresRateLimiter({ pool: place.pool(), clock: "caller" });
  });
  const fresh = (change: Partial<RateLimitObligation> = {}): RateLimitObligation =>
    limit({ key: `own ${key++}`, ...change });

  it("property: grants exactly what the reference grants, and `retryAfterMs` is the first moment that does", async () => {
    const anyLimit = fc
      .record({
        key: fc.constantFrom("a", "b"),
        limit: fc.integer({ min: 0, max: 4 }),
        per_ms: fc.constantFrom(1, 7, 100, 1_000),
        algorithm: fc.constantFrom("token_bucket" as const, "sliding_window" as const),
      })
      .map((one) => limit(one));
    const step = fc.record({ wait: fc.nat(400), pick: fc.array(fc.nat(4), { maxLength: 3 }) });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyLimit, { minLength: 5, maxLength: 5 }),
        fc.array(step, { maxLength: 30 }),
        async (pool, steps) => {
          run++;
          const reference = new Reference();
          let now = 1_000_000;
          for (const [i, { wait, pick }] of steps.entries()) {
            now += wait;
            const limits = pick.map((index) => ({
              ...(pool[index] ?? limit()),
              rule_id: `run ${server.major} ${run}`,
            }));
            const answer = await limiter.take({ callId: `${run} ${i}`, limits, now });
            expect(answer.granted).toBe(reference.take(limits, now));
            if (answer.granted || limits.length !== 1 || limits[0]?.limit === 0) continue;
            now += answer.retryAfterMs - 1;
            expect((await limiter.take({ callId: `${run} ${i} early`, limits, now })).granted).toBe(false);
            now += 1;
            expect((await limiter.take({ callId: `${run} ${i} later`, limits, now })).granted).toBe(true);
            expect(reference.take(limits, now)).toBe(true);
          }
        },
      ),
      { seed: 6, numRuns: rounds(25, 500) },
    );
  });

  it("all or nothing: a refused call takes from none", async () => {
    const small = fresh({ rule_id: "small", limit: 1 });
    const large = fresh({ rule_id: "large", limit: 2 });
    expect(await limiter.take({ callId: "n1", limits: [large, small], now: 0 })).toEqual({ granted: true });
    const refused = { granted: false, ruleId: "small", retryAfterMs: 1_000 };
    for (const callId of ["n2", "n3", "n4"])
      expect(await limiter.take({ callId, limits: [large, small], now: 0 })).toEqual(refused);
    expect(await limiter.take({ callId: "n5", limits: [large], now: 0 })).toEqual({ granted: true });
  });

  it("the same call takes once and hears the same answer; a limit that is new for it is taken from", async () => {
    const one = fresh({ limit: 1 });
    const other = fresh({ limit: 1, rule_id: "other" });
    for (let i = 0; i < 3; i++)
      expect(await limiter.take({ callId: "s-a", limits: [one], now: 0 })).toEqual({ granted: true });
    expect((await limiter.take({ callId: "s-b", limits: [one], now: 0 })).granted).toBe(false);
    expect((await limiter.take({ callId: "s-b", limits: [one], now: 5_000 })).granted).toBe(false);
    expect((await limiter.take({ callId: "s-a", limits: [one, other], now: 5_000 })).granted).toBe(true);
    expect((await limiter.take({ callId: "s-c", limits: [other], now: 5_000 })).granted).toBe(false);
  });

  it.each(["token_bucket", "sliding_window"] as const)(
    "many processes at once never take more than a %s has",
    async (algorithm) => {
      const shared = fresh({ limit: 7, per_ms: 3_600_000, algorithm });
      const second = fresh({ limit: 50, per_ms: 3_600_000, algorithm });
      const others = [1, 2, 3, 4].map(() => createPostgresRateLimiter({ pool: place.pool() }));
      const answers = await Promise.all(
        others.flatMap((each, process) =>
          Array.from({ length: 10 }, (_, i) =>
            // In either order: locks are taken in one of their own.
            each.take({
              callId: `${algorithm} ${process} ${i}`,
              limits: i % 2 === 0 ? [shared, second] : [second, shared],
              now: 0,
            }),
          ),
        ),
      );
      expect(answers.filter(({ granted }) => granted)).toHaveLength(7);
    },
  );

  it("refuses limits that it cannot count exactly", async () => {
    const bad = [limit({ limit: 1.5 }), limit({ per_ms: 0 }), limit({ limit: 20_000, algorithm: "sliding_window" })];
    for (const one of bad) {
      await expect(limiter.take({ callId: "bad", limits: [one], now: 0 })).rejects.toMatchObject({
        code: "invalid_option",
      });
    }
    await expect(limiter.take({ callId: "bad", limits: [limit()], now: Number.NaN })).rejects.toMatchObject({
      code: "invalid_option",
    });
  });

  const request = (id: string) => ({ id, digest: `digest of ${id}`, requestedAt: 0, expiresAt: 1_000 });
  const grant = (id: string, approver = "dr-who") => ({
    requestId: id,
    digest: `digest of ${id}`,
    approver,
    expiresAt: 900,
    signature: Uint8Array.of(1, 0, 255),
  });

  it("an approval is consumed once, whoever asks at the same time", async () => {
    const [writer, approver] = [place.pool("writer"), place.pool("approver")].map((pool) =>
      createPostgresApprovalStore({ pool }),
    );
    if (writer === undefined || approver === undefined) throw new Error("no stores");
    await writer.request(request("once"));
    expect(await writer.consume("once", 10)).toEqual([]);
    await approver.grant(grant("once"));
    await approver.grant(grant("once", "nurse"));
    const answers = await Promise.all(Array.from({ length: 8 }, () => writer.consume("once", 10)));
    expect(answers.filter((grants) => grants.length > 0)).toEqual([[grant("once"), grant("once", "nurse")]]);
    expect(await writer.consume("once", 10)).toEqual([]);
    await expect(approver.grant(grant("once", "late"))).rejects.toMatchObject({ code: "invalid_option" });
  });

  it("who asks cannot approve, and a grant is for what was asked", async () => {
    const [writer, approver] = [place.pool("writer"), place.pool("approver")].map((pool) =>
      createPostgresApprovalStore({ pool }),
    );
    await writer?.request(request("other"));
    await writer?.request(request("other"));
    await expect(writer?.request({ ...request("other"), digest: "x" })).rejects.toMatchObject({
      code: "invalid_option",
    });
    await expect(writer?.grant(grant("other"))).rejects.toMatchObject({ code: "store_failed" });
    await expect(approver?.grant({ ...grant("other"), digest: "x" })).rejects.toMatchObject({ code: "invalid_option" });
    await expect(approver?.grant(grant("never asked"))).rejects.toMatchObject({ code: "invalid_option" });
    await expect(approver?.consume("other", 10)).rejects.toMatchObject({ code: "store_failed" });
    await approver?.grant({ ...grant("other"), expiresAt: 5 });
    expect(await writer?.consume("other", 10)).toEqual([]);
  });
});
