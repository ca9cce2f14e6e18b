import { createHash } from "node:crypto";
import { join } from "node:path";
import { MAX_RECORD_BYTES, ProclawError } from "@proclaw/core";
import type { ExpectedHead, LogHead, SealedRecord, StoreReceipt } from "@proclaw/core";
import { segmentName } from "@proclaw/verify";
import { makeDirectoryDurably, readAll, writeFileDurably } from "./file-system-port.ts";
import type { FileSystemPort, PortFile } from "./file-system-port.ts";
import type { LogPaths } from "./layout.ts";
import { readLogTail } from "./log-tail.ts";
import type { LogTail } from "./log-tail.ts";
import { attempt, ShortWrite } from "./store-failed.ts";

/** Most bytes of one batch; also how far back {@link LogAppender.recover} has to write anew. */
export const MAX_BATCH_BYTES: number = 16 * 1024 * 1024;

const LF = 0x0a;

/** Where the next batch goes. */
interface Tail {
  size: number;
  head: string | null;
  /** The open segment; null: the next append makes one. */
  segment: { readonly file: PortFile; bytes: number } | null;
}

/** The writing end of one log, for the holder of its lease. One operation at a time, in the order of the calls. */
export class LogAppender {
  readonly #port: FileSystemPort;
  readonly #log: string;
  readonly #paths: LogPaths;
  readonly #segmentBytes: number;
  readonly #stillHeld: () => boolean;
  #tail: Tail | null = null;
  /** Set by an operation whose effect is uncertain; only `recover` clears it. */
  #uncertain = false;
  /** A flush failed since the last segment was opened. */
  #flushFailed = false;
  /** Bytes cut off by a recovery that failed afterwards: the one that succeeds tells of them. */
  #keptAside = 0;
  #closed = false;
  #last: Promise<unknown> = Promise.resolve();
  #lastCheckpoint: Promise<unknown> = Promise.resolve();

  constructor(parts: {
    readonly port: FileSystemPort;
    readonly log: string;
    readonly paths: LogPaths;
    readonly segmentBytes: number;
    /** Asked before anything is written: whether the lease is still ours. */
    readonly stillHeld: () => boolean;
  }) {
    this.#port = parts.port;
    this.#log = parts.log;
    this.#paths = parts.paths;
    this.#segmentBytes = parts.segmentBytes;
    this.#stillHeld = parts.stillHeld;
  }

  append(expected: ExpectedHead, batch: readonly SealedRecord[], signal?: AbortSignal): Promise<StoreReceipt> {
    return this.#inTurn(async () => {
      this.#assertHeld();
      signal?.throwIfAborted();
      if (this.#uncertain) throw this.#failed("an earlier write failed: recover the log first");
      const bytes = joinLines(expected.expectedSeq, batch);
      const tail = (this.#tail ??= await this.#findTail());
      if (tail.size !== expected.expectedSeq || tail.head !== expected.expectedHead) {
        throw new ProclawError(
          "head_mismatch",
          `log \`${this.#log}\` holds ${tail.size} records, not ${expected.expectedSeq}`,
        );
      }
      if (bytes.length > 0) {
        this.#uncertain = true;
        await this.#write(tail, bytes);
        tail.size += batch.length;
        tail.head = batch.at(-1)?.leaf ?? tail.head;
        this.#uncertain = false;
      }
      return { log: this.#log, size: tail.size, head: tail.head, tornBytes: 0, durability: "local" };
    });
  }

  /**
   * Finds what is really in the files and makes it durable.
   *
   * A failed flush leaves pages in the cache that look clean but never reached the disk, and a
   * second flush reports success without writing them ("fsyncgate"; Linux reports an error once).
   * So the end of the log, as far back as one batch can reach, is written again, the very same
   * bytes in place: that makes the pages dirty, and the flush that follows counts. A crash in the
   * middle of it changes nothing that was durable, because nothing changes.
   * Limit: the pages may have left the cache before; then what the disk holds is found and kept,
   * and the chain shows whoever reads it where it breaks.
   */
  recover(): Promise<LogHead & { readonly keptAside: number }> {
    return this.#inTurn(async () => {
      this.#assertHeld();
      this.#uncertain = true;
      await this.#closeSegment();
      const tail = await this.#attempt("recover", async () => {
        const found = await readLogTail(this.#port, this.#paths.segments);
        if (found.segment !== null) await this.#mend(found.segment, found);
        return found;
      });
      this.#tail = { size: tail.size, head: tail.head, segment: null };
      if (tail.segment !== null && tail.wholeBytes < this.#segmentBytes && !this.#mustRotate(tail)) {
        this.#tail.segment = await this.#attempt("recover", () => this.#openSegment(tail.segment as number, tail));
      }
      this.#flushFailed = false;
      this.#uncertain = false;
      const keptAside = this.#keptAside;
      this.#keptAside = 0;
      return { log: this.#log, size: tail.size, head: tail.head, tornBytes: 0, keptAside };
    });
  }

  /** Not in turn with appends: they must not wait for its flushes. */
  putCheckpoint(name: string, note: Uint8Array): Promise<void> {
    const result = this.#lastCheckpoint.then(() => this.#writeCheckpoint(name, note));
    this.#lastCheckpoint = result.catch(() => undefined);
    return result;
  }

  /** Waits for what is under way and closes the file; nothing can be appended any more. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true;
      await this.#lastCheckpoint;
      await this.#closeSegment();
    });
  }

  #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#last.then(operation);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #assertHeld(): void {
    if (this.#closed) throw this.#failed("the store or the lease was closed");
    if (!this.#stillHeld()) throw new ProclawError("lease_lost", `the lease of log \`${this.#log}\` was lost`);
  }

  async #writeCheckpoint(name: string, note: Uint8Array): Promise<void> {
    this.#assertHeld();
    await this.#attempt("put a checkpoint into", async () => {
      await makeDirectoryDurably(this.#port, this.#paths.checkpoints);
      await writeFileDurably(this.#port, this.#paths.checkpoints, name, note);
    });
  }

  /** The end of a log that another holder of the lease left in order, or of a new one. */
  async #findTail(): Promise<Tail> {
    return await this.#attempt("open", async () => {
      await makeDirectoryDurably(this.#port, this.#paths.segments);
      const tail = await readLogTail(this.#port, this.#paths.segments);
      if (tail.tornBytes > 0) throw new Error(`${tail.tornBytes} bytes of an unfinished write: recover the log first`);
      const segment =
        tail.segment === null || tail.wholeBytes >= this.#segmentBytes
          ? null
          : await this.#openSegment(tail.segment, tail);
      return { size: tail.size, head: tail.head, segment };
    });
  }

  /**
   * INVARIANT (durable means flushed): returns only after fdatasync did, on a file whose name is
   * durable too.
   */
  async #write(tail: Tail, bytes: Uint8Array): Promise<void> {
    await this.#attempt("append to", async () => {
      if (tail.segment !== null && tail.segment.bytes > 0 && tail.segment.bytes + bytes.length > this.#segmentBytes) {
        await this.#closeSegment();
      }
      const segment = (tail.segment ??= await this.#createSegment(tail.size));
      const { file } = segment;
      const before = file.stat();
      if (before.links === 0) throw new Error("the segment file was deleted");
      if (before.size !== segment.bytes) throw new Error("somebody else wrote to the segment file");
      const written = await file.write(bytes, null);
      if (written !== bytes.length) throw new ShortWrite(written, bytes.length);
      this.#flushFailed = true;
      await file.datasync();
      this.#flushFailed = false;
      segment.bytes += bytes.length;
    });
  }

  async #createSegment(firstSeq: number): Promise<{ file: PortFile; bytes: number }> {
    await makeDirectoryDurably(this.#port, this.#paths.segments);
    const file = await this.#port.open(join(this.#paths.segments, segmentName(firstSeq)), "create");
    try {
      await this.#port.syncDirectory(this.#paths.segments);
    } catch (error) {
      await file.close();
      throw error;
    }
    return { file, bytes: 0 };
  }

  async #openSegment(firstSeq: number, tail: LogTail): Promise<{ file: PortFile; bytes: number }> {
    // Its maker may have died between making it and flushing its name.
    await this.#port.syncDirectory(this.#paths.segments);
    const file = await this.#port.open(join(this.#paths.segments, segmentName(firstSeq)), "append");
    return { file, bytes: tail.wholeBytes };
  }

  async #closeSegment(): Promise<void> {
    const segment = this.#tail?.segment ?? null;
    if (this.#tail !== null) this.#tail.segment = null;
    // Whatever close reports, the flush before it has already said what is durable.
    await segment?.file.close().catch(() => undefined);
  }

  /** A file whose flush failed is not written to again, unless it is still empty: then its name is the one we need. */
  #mustRotate(tail: LogTail): boolean {
    return this.#flushFailed && tail.wholeBytes > 0;
  }

  /** Keeps a torn end aside, cuts it off, and writes the end of the last segment again. */
  async #mend(firstSeq: number, tail: LogTail): Promise<void> {
    const path = join(this.#paths.segments, segmentName(firstSeq));
    const from = Math.max(0, tail.wholeBytes - MAX_BATCH_BYTES);
    const end = await readAll(this.#port, path, from);
    const whole = end.subarray(0, tail.wholeBytes - from);
    const torn = end.subarray(tail.wholeBytes - from);
    if (torn.length > 0) {
      // INVARIANT (nothing is cut silently): the torn bytes are durable elsewhere before they go.
      // The name says where they stood and what they are, so that doing it twice makes one file.
      const digest = createHash("sha256").update(torn).digest("hex").slice(0, 16);
      const name = `${String(tail.size).padStart(16, "0")}-${digest}.bytes`;
      await makeDirectoryDurably(this.#port, this.#paths.torn);
      await writeFileDurably(this.#port, this.#paths.torn, name, torn);
    }
    const file = await this.#port.open(path, "edit");
    try {
      if (torn.length > 0) {
        await file.truncate(tail.wholeBytes);
        this.#keptAside += torn.length;
      }
      if (whole.length > 0) {
        const written = await file.write(whole, from);
        if (written !== whole.length) throw new ShortWrite(written, whole.length);
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    await this.#port.syncDirectory(this.#paths.segments);
  }

  #attempt<T>(what: string, operation: () => Promise<T>): Promise<T> {
    return attempt(`could not ${what} the log in \`${this.#paths.folder}\``, operation);
  }

  #failed(why: string): ProclawError {
    return new ProclawError("store_failed", `log \`${this.#log}\`: ${why}`);
  }
}

function joinLines(firstSeq: number, batch: readonly SealedRecord[]): Uint8Array {
  let length = 0;
  for (const [index, record] of batch.entries()) {
    if (record.seq !== firstSeq + index) {
      throw new ProclawError("invalid_option", `record ${record.seq} stands where ${firstSeq + index} belongs`);
    }
    if (record.bytes.length === 0 || record.bytes.length > MAX_RECORD_BYTES || record.bytes.includes(LF)) {
      throw new ProclawError("invalid_option", `record ${record.seq} is empty, too large or not one line`);
    }
    length += record.bytes.length + 1;
  }
  if (length > MAX_BATCH_BYTES) throw new ProclawError("invalid_option", `a batch of ${length} bytes is too large`);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const record of batch) {
    bytes.set(record.bytes, at);
    at += record.bytes.length;
    bytes[at++] = LF;
  }
  return bytes;
}
