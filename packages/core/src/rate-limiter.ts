import type { RateLimitObligation } from "./decision.ts";
import type { SpecVersion } from "./spec-version.ts";

export interface RateLimitRequest {
  /** Taking again for the same call id takes nothing and answers as before. */
  readonly callId: string;
  /** In canonical order (rule id). */
  readonly limits: readonly RateLimitObligation[];
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

export type RateLimitAnswer =
  | { readonly granted: true }
  | { readonly granted: false; readonly ruleId: string; readonly retryAfterMs: number };

/**
 * Counts calls against limits. All or nothing: if one limit is exhausted, none of the others is
 * taken from. A rejection (store down) denies the call.
 */
export interface RateLimiter {
  readonly specVersion: SpecVersion;
  take(request: RateLimitRequest): Promise<RateLimitAnswer>;
}
