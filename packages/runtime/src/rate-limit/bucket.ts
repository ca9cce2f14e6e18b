import { ProclawError } from "@proclaw/core";
import type { RateLimitObligation } from "@proclaw/core";

/** One counter. Times are whole milliseconds and never go back. */
export interface Bucket {
  /** Memory it takes, in entries. */
  readonly size: number;
  /** 0 if one call may pass now; else milliseconds until the next one may. */
  waitMs(now: number): number;
  /** Takes for one call that may pass. */
  take(now: number): void;
  /** Whether it equals a fresh bucket, so that it may be forgotten. */
  isFresh(now: number): boolean;
}

/** A limit of 0 lets nothing pass, ever. */
const NEVER_MS = Number.MAX_SAFE_INTEGER;

/** @throws ProclawError `invalid_option` for limits that cannot be counted exactly */
export function createBucket({ limit, per_ms, algorithm }: RateLimitObligation, now: number): Bucket {
  const exact = Number.isSafeInteger(limit) && Number.isSafeInteger(per_ms) && Number.isSafeInteger(limit * per_ms);
  if (!exact || limit < 0 || per_ms < 1) throw new ProclawError("invalid_option", "a rate limit cannot be counted");
  return algorithm === "token_bucket" ? new TokenBucket(limit, per_ms, now) : new SlidingWindow(limit, per_ms);
}

/**
 * Capacity `limit`, refilled evenly over `perMs`. The level is counted in units of 1/perMs token, so
 * that a millisecond refills `limit` units and all arithmetic is exact in integers.
 */
class TokenBucket implements Bucket {
  readonly size = 1;
  readonly #limit: number;
  readonly #perMs: number;
  #level: number;
  #at: number;

  constructor(limit: number, perMs: number, now: number) {
    this.#limit = limit;
    this.#perMs = perMs;
    this.#level = limit * perMs;
    this.#at = now;
  }

  waitMs(now: number): number {
    if (this.#limit === 0) return NEVER_MS;
    const missing = this.#perMs - this.#levelAt(now);
    return missing <= 0 ? 0 : Math.ceil(missing / this.#limit);
  }

  take(now: number): void {
    this.#level = this.#levelAt(now) - this.#perMs;
    this.#at = now;
  }

  isFresh(now: number): boolean {
    return this.#levelAt(now) >= this.#limit * this.#perMs;
  }

  #levelAt(now: number): number {
    return Math.min(this.#limit * this.#perMs, this.#level + (now - this.#at) * this.#limit);
  }
}

/** At most `limit` calls in any stretch of `perMs`: a call at `t` counts until just before `t + perMs`. */
class SlidingWindow implements Bucket {
  readonly #limit: number;
  readonly #perMs: number;
  /** Time stamps, oldest first; those before `#first` no longer count. */
  #times: number[] = [];
  #first = 0;

  constructor(limit: number, perMs: number) {
    this.#limit = limit;
    this.#perMs = perMs;
  }

  get size(): number {
    return 1 + this.#times.length;
  }

  waitMs(now: number): number {
    if (this.#limit === 0) return NEVER_MS;
    this.#expire(now);
    if (this.#times.length - this.#first < this.#limit) return 0;
    // The call that has to leave the window before the next one may enter.
    return (this.#times[this.#times.length - this.#limit] ?? now) + this.#perMs - now;
  }

  take(now: number): void {
    this.#times.push(now);
  }

  isFresh(now: number): boolean {
    this.#expire(now);
    return this.#times.length === this.#first;
  }

  #expire(now: number): void {
    while (this.#first < this.#times.length && (this.#times[this.#first] ?? 0) + this.#perMs <= now) this.#first++;
    // Dropped in bulk, so that the cost of a call stays constant on average.
    if (this.#first * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#first);
      this.#first = 0;
    }
  }
}
