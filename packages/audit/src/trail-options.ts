import { assertContract, ProclawError } from "@proclaw/core";
import type { AuditStore, Clock, Logger, RecordStore, Signer } from "@proclaw/core";
import { boundedStore } from "./bounded-store.ts";
import { noteSigner } from "./note-signer.ts";
import type { NoteSigner } from "./note-signer.ts";
import { systemClock } from "./platform/boot.ts";

export interface TrailOptions {
  /** Where records are kept. Stays the caller's: the trail does not close it. */
  readonly store: RecordStore;
  /** Signs the checkpoints. */
  readonly signer: Signer;
  /** Keys that signed logs of this trail before: logs of theirs whose writers died are closed and signed with them. */
  readonly formerSigners?: readonly Signer[];
  readonly clock?: Clock;
  /** Hears of failures, recoveries, and logs that were left as they are. */
  readonly logger?: Logger;
  /** Name and version of the program that writes, for `log.open`. */
  readonly software?: string;
  /** Records that may wait for the store; an append beyond is rejected. Default 4 096, and never more than 16 MiB. */
  readonly maxQueue?: number;
  /** A checkpoint is signed when one of these is reached and anything changed. Default 1 024 records, 1 000 ms. */
  readonly checkpointEvery?: { readonly records?: number; readonly ms?: number };
  /**
   * Milliseconds before a failed trail first tries to recover; doubled after each attempt up to the
   * last. Default 50 and 5 000.
   */
  readonly retry?: { readonly firstMs?: number; readonly lastMs?: number };
  /** Milliseconds between `heartbeat` records; 0 for none. Default 60 000. */
  readonly heartbeatMs?: number;
  /** Milliseconds between two bindings of a log that goes on in the log of checkpoints. Default 60 000. */
  readonly bindMs?: number;
  /** Milliseconds that closing waits for others at the log of checkpoints, before it leaves the end to the next writer. Default 2 000. */
  readonly bindAtCloseMs?: number;
  /**
   * Milliseconds that a single answer of store or signer may take; then it counts as failed, with
   * `trail_unavailable`. Default 30 000.
   */
  readonly deadlineMs?: number;
}

export interface CheckedOptions {
  readonly store: AuditStore;
  /** The one in force first. */
  readonly signers: readonly [NoteSigner, ...NoteSigner[]];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly software: string;
  readonly maxQueue: number;
  readonly checkpointRecords: number;
  readonly checkpointMs: number;
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
  readonly heartbeatMs: number;
  readonly bindMs: number;
  readonly bindAtCloseMs: number;
  readonly deadlineMs: number;
}

export function checkOptions(options: TrailOptions): CheckedOptions {
  assertContract(options.store, "AuditStore");
  // The type says so; whoever writes JavaScript, or casts, hears it here.
  if ((options.store.granularity as string) !== "record") {
    throw new ProclawError("invalid_option", "a store that keeps whole segments needs a local spool in front of it");
  }
  const deadlineMs = wholeNumber("deadlineMs", options.deadlineMs ?? 30_000, 1);
  const former = (options.formerSigners ?? []).map((signer) => noteSigner(signer, deadlineMs));
  return {
    store: boundedStore(options.store, deadlineMs),
    signers: [noteSigner(options.signer, deadlineMs), ...former],
    clock: options.clock ?? systemClock,
    logger: safeLogger(options.logger),
    software: options.software ?? "@proclaw/audit",
    maxQueue: wholeNumber("maxQueue", options.maxQueue ?? 4096, 1),
    checkpointRecords: wholeNumber("checkpointEvery.records", options.checkpointEvery?.records ?? 1024, 1),
    checkpointMs: wholeNumber("checkpointEvery.ms", options.checkpointEvery?.ms ?? 1000, 1),
    firstRetryMs: wholeNumber("retry.firstMs", options.retry?.firstMs ?? 50, 1),
    lastRetryMs: wholeNumber("retry.lastMs", options.retry?.lastMs ?? 5000, 1),
    heartbeatMs: wholeNumber("heartbeatMs", options.heartbeatMs ?? 60_000, 0),
    bindMs: wholeNumber("bindMs", options.bindMs ?? 60_000, 1),
    bindAtCloseMs: wholeNumber("bindAtCloseMs", options.bindAtCloseMs ?? 2000, 1),
    deadlineMs,
  };
}

function wholeNumber(name: string, value: number, least: number): number {
  // setInterval turns longer delays into one millisecond.
  if (Number.isSafeInteger(value) && value >= least && value <= 0x7fff_ffff) return value;
  throw new ProclawError("invalid_option", `\`${name}\` must be a whole number of at least ${least}`);
}

/** A logger that cannot break the trail: what it throws is dropped. */
function safeLogger(logger: Logger | undefined): Logger {
  const level = (name: keyof Logger) => (message: string) => {
    try {
      logger?.[name](message);
    } catch {
      // There is no one left to tell.
    }
  };
  return { debug: level("debug"), info: level("info"), warn: level("warn"), error: level("error") };
}
