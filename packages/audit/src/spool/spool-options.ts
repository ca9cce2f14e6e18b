import { assertContract, ProclawError } from "@proclaw/core";
import type { AuditStore, Logger, RecordStore } from "@proclaw/core";

export interface SpoolOptions {
  /** Where records are durable first: `createFileStore(dir)`. */
  readonly local: RecordStore;
  /** Where they are shipped: a store that keeps whole segments, such as `createS3Store` of `@proclaw/audit-s3`. */
  readonly remote: AuditStore;
  /** Folder for the receipts of the remote store; not the trail's own. One local store, one folder. */
  readonly directory: string;
  /**
   * What an append waits for. `local` (the default): the disk of this host. `remote`: the object,
   * too; then each append takes as long as the remote store does, and none is acknowledged while it
   * is away.
   */
  readonly ack?: "local" | "remote";
  /**
   * Bytes of records that may wait for the remote store; an append beyond is refused, so that calls
   * are denied. Nothing is dropped. Default 256 MiB.
   */
  readonly maxBytes?: number;
  /** A segment is shipped when it has so many bytes, 16 MiB at most, or waited so long. Default 4 MiB, 5 000 ms. */
  readonly segmentBytes?: number;
  readonly segmentMs?: number;
  /** With `ack: "remote"`: milliseconds that an append waits for the object. Default 20 000. */
  readonly remoteMs?: number;
  /** Milliseconds that `close` goes on shipping; what is left then is shipped after the next start. Default 10 000. */
  readonly closeMs?: number;
  /** Milliseconds before shipping is tried again after a failure, doubled up to the last. Default 500 and 30 000. */
  readonly retry?: { readonly firstMs?: number; readonly lastMs?: number };
  /** Milliseconds between looks for tails that dead writers left. Default 60 000. */
  readonly sweepMs?: number;
  /** Hears when shipping fails, goes on failing, and works again. */
  readonly logger?: Logger;
}

export interface CheckedSpoolOptions {
  readonly ack: "local" | "remote";
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly remoteMs: number;
  readonly closeMs: number;
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
  readonly sweepMs: number;
}

const MAX_SEGMENT_BYTES = 16 * 1024 * 1024;

/** Throws `invalid_option`, `incompatible_contract`. */
export function checkSpoolOptions(options: SpoolOptions): CheckedSpoolOptions {
  assertContract(options.local, "AuditStore");
  assertContract(options.remote, "AuditStore");
  if ((options.local.granularity as string) !== "record") {
    throw new ProclawError("invalid_option", "the local store of a spool must take single records: a file store");
  }
  if (typeof options.directory !== "string" || options.directory === "") {
    throw new ProclawError("invalid_option", "`directory` must name a folder for the spool's receipts");
  }
  const ack = options.ack ?? "local";
  // A value from a configuration file may be anything.
  if (ack !== "local" && ack !== "remote") throw new ProclawError("invalid_option", "`ack` is `local` or `remote`");
  return {
    ack,
    maxBytes: whole("maxBytes", options.maxBytes ?? 256 * 1024 * 1024, 1, Number.MAX_SAFE_INTEGER),
    segmentBytes: whole("segmentBytes", options.segmentBytes ?? 4 * 1024 * 1024, 1, MAX_SEGMENT_BYTES),
    segmentMs: whole("segmentMs", options.segmentMs ?? 5000, 1),
    remoteMs: whole("remoteMs", options.remoteMs ?? 20_000, 1),
    closeMs: whole("closeMs", options.closeMs ?? 10_000, 1),
    firstRetryMs: whole("retry.firstMs", options.retry?.firstMs ?? 500, 1),
    lastRetryMs: whole("retry.lastMs", options.retry?.lastMs ?? 30_000, 1),
    sweepMs: whole("sweepMs", options.sweepMs ?? 60_000, 1),
  };
}

function whole(name: string, value: number, least: number, most = 0x7fff_ffff): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new ProclawError("invalid_option", `\`${name}\` must be a whole number from ${least} to ${most}`);
}
