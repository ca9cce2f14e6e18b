import { setTimeout as sleep } from "node:timers/promises";
import { ProclawError } from "@proclaw/core";
import type { ExpectedHead, LogHead, SealedRecord, StoreReceipt } from "@proclaw/core";
import type { Bucket } from "./bucket.ts";
import { firstOfEpoch } from "./epoch-folder.ts";
import { epochsOf } from "./epoch-spans.ts";
import { CHECKPOINTS, epochFolder, logPrefix, number16 } from "./keys.ts";
import { isOvertaken } from "./lease.ts";
import { putLocked } from "./locked-put.ts";
import type { LockedPutOptions } from "./locked-put.ts";
import { endOf, joinLines } from "./segment-bytes.ts";
import { lastSegment } from "./segments.ts";

/** Where a log ends. */
export interface Tail {
  readonly size: number;
  readonly head: string | null;
  readonly tornBytes: number;
}

/** Reads the last segment, whatever the length of the log. */
export async function readTail(bucket: Bucket, log: string): Promise<Tail> {
  const last = await lastSegment(bucket, log);
  if (last === null) return { size: 0, head: null, tornBytes: 0 };
  const { count, head, tornBytes } = endOf(await bucket.getAll(last.key, last.version.versionId));
  return { size: last.firstSeq + count, head, tornBytes };
}

/**
 * How long a writer that took over waits before it looks for the end of the log: lists have whole
 * seconds, and what others put in the second of the claim counts as there before it.
 */
const TAKEOVER_MS = 1000;

export interface AppenderParts {
  readonly bucket: Bucket;
  readonly log: string;
  readonly epoch: number;
  /** When its claim was there; monotonic, milliseconds. */
  readonly claimedAt: number;
  /** Milliseconds for which a claim counts without a sign of life. */
  readonly leaseMs: number;
  readonly put: (signal?: AbortSignal) => LockedPutOptions;
}

/** The writing end of one log, for the holder of its lease. One operation at a time, in the order of the calls. */
export class LogAppender {
  readonly lost: AbortController = new AbortController();
  readonly #parts: AppenderParts;
  #tail: Tail | null = null;
  /** Set by an append whose effect is uncertain; only `recover` clears it. */
  #uncertain = false;
  /** When it was last seen that nobody took the lease; monotonic, milliseconds. */
  #seenAt: number = performance.now();
  #closed = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: AppenderParts) {
    this.#parts = parts;
  }

  append(expected: ExpectedHead, batch: readonly SealedRecord[], signal?: AbortSignal): Promise<StoreReceipt> {
    return this.#inTurn(async () => {
      signal?.throwIfAborted();
      if (this.#uncertain) throw this.#failed("an earlier append failed: recover the log first");
      const { bucket, log, epoch, put } = this.#parts;
      const bytes = joinLines(expected.expectedSeq, batch);
      // For half the life of a claim nobody can have taken it by right: then looking afterwards is enough.
      if (performance.now() - this.#seenAt > this.#parts.leaseMs / 2) await this.#assertNotOvertaken();
      const tail = (this.#tail ??= await this.#findTail());
      if (tail.size !== expected.expectedSeq || tail.head !== expected.expectedHead) {
        throw new ProclawError(
          "head_mismatch",
          `log \`${log}\` holds ${tail.size} records in the bucket, not ${expected.expectedSeq}`,
        );
      }
      const receipt = { log, tornBytes: 0, durability: "remote" as const };
      if (bytes.length === 0) return { ...receipt, size: tail.size, head: tail.head };
      this.#uncertain = true;
      const key = `${logPrefix(bucket.place, log)}${epochFolder(epoch)}${number16(tail.size)}.jsonl`;
      const object = await putLocked(bucket, key, bytes, put(signal));
      // INVARIANT (fenced): what an overtaken holder puts is never acknowledged.
      await this.#assertNotOvertaken();
      await this.#assertAlone(tail.size);
      const end = { size: tail.size + batch.length, head: batch.at(-1)?.leaf ?? tail.head, tornBytes: 0 };
      this.#tail = end;
      this.#uncertain = false;
      return {
        ...receipt,
        ...end,
        object: {
          name: bucket.nameOf(object.key),
          version: object.versionId,
          sha256: object.sha256,
          retainedUntil: object.retainedUntil.toISOString(),
        },
      };
    });
  }

  recover(): Promise<LogHead & { readonly keptAside: number }> {
    return this.#inTurn(async () => {
      await this.#assertNotOvertaken();
      const tail = await this.#findTail();
      this.#tail = tail;
      this.#uncertain = false;
      return { log: this.#parts.log, ...tail, keptAside: 0 };
    });
  }

  putCheckpoint(size: number, note: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const { bucket, log, put } = this.#parts;
      const key = `${logPrefix(bucket.place, log)}${CHECKPOINTS}${number16(size)}.note`;
      await putLocked(bucket, key, note, { ...put(), look: true });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  /**
   * INVARIANT (no second history is acknowledged over): whoever may put can put into the folder of
   * another epoch, with a claim or without. Nothing there may begin where this append does, or later.
   */
  async #assertAlone(seq: number): Promise<void> {
    const { bucket, log, epoch } = this.#parts;
    for (const other of await epochsOf(bucket, log)) {
      const rival = other === epoch ? null : await firstOfEpoch(bucket, log, other, seq);
      if (rival === null) continue;
      throw new ProclawError(
        "head_mismatch",
        `\`${bucket.nameOf(rival.key)}\` is there beside what this writer put from record ${seq} on: somebody else writes this log`,
      );
    }
  }

  async #findTail(): Promise<Tail> {
    const { epoch, claimedAt } = this.#parts;
    const left = claimedAt + TAKEOVER_MS - performance.now();
    if (epoch > 0 && left > 0) await sleep(left);
    const tail = await readTail(this.#parts.bucket, this.#parts.log);
    if (tail.tornBytes > 0) throw this.#failed("its last segment does not end in a whole line: it is not ours");
    return tail;
  }

  async #assertNotOvertaken(): Promise<void> {
    const { bucket, log, epoch } = this.#parts;
    const at = performance.now();
    const overtaken = await isOvertaken(bucket, log, epoch).catch((error: unknown) => {
      throw ProclawError.is(error) ? this.#failed(error.message, error) : error;
    });
    if (overtaken) {
      this.lost.abort();
      throw new ProclawError("lease_lost", `the lease of log \`${log}\` was taken by another writer`);
    }
    this.#seenAt = at;
  }

  async #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const run = this.#last.then(async () => {
      if (this.#closed || this.lost.signal.aborted) {
        throw new ProclawError("lease_lost", `the lease of log \`${this.#parts.log}\` is not held`);
      }
      return await operation();
    });
    this.#last = run.catch(() => undefined);
    return await run;
  }

  #failed(why: string, cause?: unknown): ProclawError {
    return new ProclawError("store_failed", `log \`${this.#parts.log}\`: ${why}`, { cause });
  }
}
