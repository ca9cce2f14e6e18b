import { createHash } from "node:crypto";
import { ProclawError, SPEC_VERSION } from "@proclaw/core";
import type { RateLimiter, RateLimitObligation } from "@proclaw/core";
import { withSession } from "../connection/session.ts";
import { schemaNames } from "../schema/names.ts";
import { deadlinesOf } from "../store/postgres-store.ts";
import { wholeNumber } from "../store/postgres-source.ts";
import type { PostgresStateOptions } from "./approval-store.ts";

export interface PostgresRateLimiterOptions extends PostgresStateOptions {
  /**
   * Whose clock counts. `server` (default): one clock for all processes, whatever theirs say.
   * `caller`: the `now` of each request, for replays and tests.
   */
  readonly clock?: "server" | "caller";
}

/** A sliding window keeps one time stamp a call, in one row. */
const MAX_WINDOW = 10_000;

/**
 * Rate limits that several processes share. They count exactly as those in memory do: token buckets
 * in whole units, sliding windows by time stamps, all or nothing over several limits, a repeated
 * call takes nothing.
 *
 * (rate-limiter-flexible counts fixed windows, one key at a time, and knows no repeated calls: a call
 * under two limits could take from one and be refused by the other. So this is a function in SQL.)
 *
 * Errors reject, which denies the call: `store_failed`, `invalid_option` (limits that cannot be
 * counted exactly, sliding windows over 10 000 calls).
 */
export function createPostgresRateLimiter(options: PostgresRateLimiterOptions): RateLimiter {
  const { data } = schemaNames(options.schema);
  const deadlines = deadlinesOf(options);
  const byCaller = options.clock === "caller";
  return {
    specVersion: SPEC_VERSION,
    async take({ callId, limits, now }) {
      if (!Number.isFinite(now)) throw new ProclawError("invalid_option", "`now` is not a time");
      for (const limit of limits) assertCountable(limit);
      if (limits.length === 0) return { granted: true };
      const values = [
        digest(callId),
        limits.map(({ rule_id, key }) => digest(JSON.stringify([rule_id, key]))),
        limits.map(({ limit }) => limit),
        limits.map(({ per_ms }) => per_ms),
        limits.map(({ algorithm }) => algorithm === "sliding_window"),
        byCaller ? Math.floor(now) : null,
      ];
      const text = `SELECT * FROM ${data}.take($1, $2, $3, $4, $5, $6)`;
      const [row] = await withSession(options.pool, deadlines, async (session) => {
        return (await session.query("could not count a rate limit", { text, values, name: `${data}_take` })).rows;
      });
      if (row?.["granted"] === true) return { granted: true };
      if (row?.["granted"] !== false) throw new ProclawError("store_failed", "the rate limiter gave no answer");
      const refusing = limits[wholeNumber(row["refused_at"]) - 1];
      if (refusing === undefined) throw new ProclawError("store_failed", "the rate limiter gave no answer");
      return { granted: false, ruleId: refusing.rule_id, retryAfterMs: wholeNumber(row["retry_ms"]) };
    },
  };
}

function assertCountable({ limit, per_ms, algorithm }: RateLimitObligation): void {
  const exact = Number.isSafeInteger(limit) && Number.isSafeInteger(per_ms) && Number.isSafeInteger(limit * per_ms);
  if (!exact || limit < 0 || per_ms < 1) throw new ProclawError("invalid_option", "a rate limit cannot be counted");
  if (algorithm === "sliding_window" && limit > MAX_WINDOW) {
    throw new ProclawError("invalid_option", `a sliding window of more than ${MAX_WINDOW} calls cannot be shared`);
  }
}

/** Ids may hold what a text of PostgreSQL cannot, and be of any length. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
