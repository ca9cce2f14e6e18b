import { ProclawError, SPEC_VERSION } from "@proclaw/core";
import type { RateLimitAnswer, RateLimiter, RateLimitObligation, RateLimitRequest } from "@proclaw/core";
import { createBucket } from "./bucket.ts";
import type { Bucket } from "./bucket.ts";

export interface MemoryRateLimiterOptions {
  /** Buckets and kept time stamps, together. Default 200 000 (about 20 MB at the very most). */
  readonly maxEntries?: number;
  /** Calls remembered so that a repeated one takes nothing. Default 10 000. */
  readonly maxCalls?: number;
}

/** Shortest time between two sweeps, so that a flood of new keys cannot make each call pay for one. */
const SWEEP_INTERVAL_MS = 1_000;

interface RememberedCall {
  readonly taken: Set<string>;
  /** The last refusal, and the limits it was given for. */
  refusal: { readonly keys: string; readonly answer: RateLimitAnswer } | null;
}

/**
 * Rate limits in the memory of this process. They start full with it and are not shared.
 *
 * INVARIANT (all or nothing): every limit is looked at before the first one is taken from.
 * INVARIANT (forgetting grants nothing): only what equals a fresh bucket is dropped. When the memory
 * is full of buckets in use, a caller with a new bucket is refused.
 */
export function createMemoryRateLimiter(options: MemoryRateLimiterOptions = {}): RateLimiter {
  return new MemoryRateLimiter(options);
}

class MemoryRateLimiter implements RateLimiter {
  readonly specVersion: typeof SPEC_VERSION = SPEC_VERSION;
  readonly #maxEntries: number;
  readonly #maxCalls: number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #calls = new Map<string, RememberedCall>();
  #entries = 0;
  #nextSweep = Number.NEGATIVE_INFINITY;
  /** The clock of the limiter never goes back: a wall clock that does must not refill anything twice. */
  #now = 0;

  constructor({ maxEntries = 200_000, maxCalls = 10_000 }: MemoryRateLimiterOptions) {
    for (const [name, value] of Object.entries({ maxEntries, maxCalls })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new ProclawError("invalid_option", `\`${name}\` is not a positive whole number`);
      }
    }
    this.#maxEntries = maxEntries;
    this.#maxCalls = maxCalls;
  }

  // Async only by contract: the whole of it runs in one turn, so that no two calls interleave.
  async take(request: RateLimitRequest): Promise<RateLimitAnswer> {
    if (!Number.isFinite(request.now)) throw new ProclawError("invalid_option", "`now` is not a time");
    const now = (this.#now = Math.max(this.#now, Math.floor(request.now)));
    const call = this.#calls.get(request.callId) ?? { taken: new Set<string>(), refusal: null };
    const wanted = new Map<string, RateLimitObligation>();
    for (const limit of request.limits) {
      const key = bucketKey(limit);
      if (!call.taken.has(key)) wanted.set(key, limit);
    }
    const keys = [...wanted.keys()].join("\n");
    if (wanted.size > 0 && call.refusal?.keys === keys) return call.refusal.answer;
    const answer = this.#takeAll(wanted, now);
    if (answer.granted) for (const key of wanted.keys()) call.taken.add(key);
    call.refusal = answer.granted ? null : { keys, answer };
    this.#remember(request.callId, call);
    return answer;
  }

  #takeAll(wanted: ReadonlyMap<string, RateLimitObligation>, now: number): RateLimitAnswer {
    const buckets: Bucket[] = [];
    const fresh: [string, Bucket][] = [];
    let firstRule: string | null = null;
    for (const [key, limit] of wanted) {
      firstRule ??= limit.rule_id;
      const known = this.#buckets.get(key);
      const bucket = known ?? createBucket(limit, now);
      const waitMs = bucket.waitMs(now);
      if (waitMs > 0) return { granted: false, ruleId: limit.rule_id, retryAfterMs: waitMs };
      if (known === undefined) fresh.push([key, bucket]);
      buckets.push(bucket);
    }
    // Each may become one entry itself, and keep one time stamp more.
    const full = this.#makeRoom(2 * wanted.size, now);
    if (full !== null) return { granted: false, ruleId: firstRule ?? "", retryAfterMs: full };
    for (const [key, bucket] of fresh) {
      this.#buckets.set(key, bucket);
      this.#entries += bucket.size;
    }
    for (const bucket of buckets) {
      this.#entries -= bucket.size;
      bucket.take(now);
      this.#entries += bucket.size;
    }
    return { granted: true };
  }

  /** Null if `needed` more entries fit; else how long to wait before it is worth to ask again. */
  #makeRoom(needed: number, now: number): number | null {
    if (this.#entries + needed <= this.#maxEntries) return null;
    if (now >= this.#nextSweep) {
      this.#nextSweep = now + SWEEP_INTERVAL_MS;
      this.#entries = 0;
      for (const [key, bucket] of this.#buckets) {
        if (bucket.isFresh(now)) this.#buckets.delete(key);
        else this.#entries += bucket.size;
      }
      if (this.#entries + needed <= this.#maxEntries) return null;
    }
    return this.#nextSweep - now;
  }

  #remember(callId: string, call: RememberedCall): void {
    this.#calls.delete(callId);
    this.#calls.set(callId, call);
    if (this.#calls.size > this.#maxCalls) {
      const oldest = this.#calls.keys().next();
      if (oldest.done !== true) this.#calls.delete(oldest.value);
    }
  }
}

/** The parameters belong to the identity: a changed limit starts a bucket of its own. */
function bucketKey({ rule_id, key, limit, per_ms, algorithm }: RateLimitObligation): string {
  return JSON.stringify([rule_id, key, limit, per_ms, algorithm]);
}
