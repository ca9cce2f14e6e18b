import { ProclawError } from "@proclaw/core";
import type { AuditStore, LogHead, StoreLease } from "@proclaw/core";
import { Bucket } from "./bucket.ts";
import type { Encryption } from "./bucket.ts";
import { checkBucket } from "./check-bucket.ts";
import { LazyClient } from "./client.ts";
import type { ClientChoice } from "./client.ts";
import { placeOf } from "./keys.ts";
import { claim, release } from "./lease.ts";
import type { LockedPutOptions } from "./locked-put.ts";
import { LogAppender, readTail } from "./log-appender.ts";
import { checkRetention } from "./retention.ts";
import type { Retention } from "./retention.ts";
import { createBucketSource } from "./s3-source.ts";
import { s3Failure } from "./s3-error.ts";
import { endOf } from "./segment-bytes.ts";
import { lastSegment } from "./segments.ts";

export interface S3StoreOptions extends ClientChoice {
  readonly bucket: string;
  /** Folder in the bucket. Default: none. One trail, one prefix. */
  readonly prefix?: string;
  /** COMPLIANCE lock of every object. Nobody can shorten it, you neither: begin with a few days. */
  readonly retention: Retention;
  readonly encryption?: Encryption;
  /** Id of the account that must own the bucket. */
  readonly expectedOwner?: string;
  /** Milliseconds that one request may take. Default 30 000. */
  readonly requestMs?: number;
  /** How often a PUT without a clear answer is tried, and the wait before the second try (doubled after each). Default 3 and 250. */
  readonly retry?: { readonly attempts?: number; readonly firstMs?: number };
  /** Milliseconds after which the lease of a writer that shows no sign of life can be taken. Default 60 000. */
  readonly leaseMs?: number;
  /** Wall clock, milliseconds; for tests. */
  readonly now?: () => number;
}

/**
 * A trail in a bucket with S3 Object Lock: one `append` is one object under a COMPLIANCE lock, so
 * it takes whole segments and needs a spool in front of it. Nothing is sent before the first call.
 *
 * Errors: `lease_held`, `lease_lost`, `head_mismatch`, `store_failed`, `unreadable_evidence` (what
 * reads), `invalid_option`, `missing_peer` (no `@aws-sdk/client-s3`).
 */
export function createS3Store(options: S3StoreOptions): AuditStore {
  const now = options.now ?? Date.now;
  const retention = checkRetention(options.retention);
  const place = placeOf(options.bucket, options.prefix);
  const requestMs = positive("requestMs", options.requestMs ?? 30_000);
  const leaseMs = positive("leaseMs", options.leaseMs ?? 60_000);
  const attempts = positive("retry.attempts", options.retry?.attempts ?? 3);
  const retryMs = positive("retry.firstMs", options.retry?.firstMs ?? 250);
  const bucket = new Bucket({
    client: new LazyClient(options),
    place,
    requestMs,
    ...(options.expectedOwner === undefined ? {} : { expectedOwner: options.expectedOwner }),
    ...(options.encryption === undefined ? {} : { encryption: options.encryption }),
  });
  const put = (signal?: AbortSignal): LockedPutOptions => ({
    until: retention.end(now()),
    attempts,
    retryMs,
    ...(signal === undefined ? {} : { signal }),
  });
  const held = new Map<StoreLease, LogAppender>();
  let closed = false;

  const assertOpen = (): void => {
    if (closed) throw new ProclawError("store_failed", "the store is closed");
  };
  const appenderOf = (lease: StoreLease): LogAppender => {
    assertOpen();
    const appender = held.get(lease);
    if (appender === undefined) throw new ProclawError("lease_lost", `the lease of log \`${lease.log}\` is not held`);
    return appender;
  };

  return {
    ...createBucketSource(bucket, { days: retention.days, until: retention.until, now }),
    granularity: "segment",

    async lease(log) {
      assertOpen();
      const epoch = await asStoreFailure(() => claim(bucket, log, { leaseMs, now, put }));
      const appender = new LogAppender({ bucket, log, epoch, claimedAt: performance.now(), leaseMs, put });
      const lease: StoreLease = {
        log,
        epoch,
        lost: appender.lost.signal,
        async release() {
          if (!held.delete(lease)) return;
          await appender.close();
          // Time gives it back too; who waits for that must not be told of a failure here.
          if (!appender.lost.signal.aborted) await release(bucket, log, epoch, put()).catch(() => undefined);
        },
      };
      held.set(lease, appender);
      return lease;
    },

    async head(log): Promise<LogHead> {
      assertOpen();
      return { log, ...(await asStoreFailure(() => readTail(bucket, log))) };
    },

    async lastLine(log) {
      assertOpen();
      return await asStoreFailure(async () => {
        const last = await lastSegment(bucket, log);
        return last === null ? null : endOf(await bucket.getAll(last.key, last.version.versionId)).lastLine;
      });
    },

    async append(lease, expected, batch, signal) {
      const appender = appenderOf(lease);
      signal?.throwIfAborted();
      return await asStoreFailure(() => appender.append(expected, batch, signal));
    },

    async recover(lease) {
      const appender = appenderOf(lease);
      return await asStoreFailure(() => appender.recover());
    },

    async putCheckpoint(lease, size, note) {
      await asStoreFailure(() => appenderOf(lease).putCheckpoint(size, note));
    },

    async probe() {
      assertOpen();
      const { checks, worm } = await checkBucket(bucket, { now });
      const findings = checks.flatMap(({ ok, title, happened, remedy }) =>
        ok ? [] : [`${title}: ${happened}${remedy === null ? "" : `; ${remedy}`}`],
      );
      return { durable: checks.some(({ id, ok }) => id === "locked_put" && ok), worm, findings };
    },

    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...held.keys()].map((lease) => lease.release()));
      await bucket.close();
    },
  };
}

/** What this side calls unreadable is, for a writer, a store that failed; an abort stays the caller's reason. */
async function asStoreFailure<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (ProclawError.is(error, "unreadable_evidence")) {
      throw new ProclawError("store_failed", error.message, { cause: error });
    }
    throw ProclawError.is(error) ? error : s3Failure("store_failed", "the bucket cannot be used", error);
  }
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= 0x7fff_ffff) return value;
  throw new ProclawError("invalid_option", `\`${name}\` must be a whole number of at least 1`);
}
