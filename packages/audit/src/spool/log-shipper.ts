import { ProclawError } from "@proclaw/core";
import type { AuditStore, SealedRecord, StoreLease } from "@proclaw/core";
import { checkpointsToShip, holdsCheckpoint } from "./checkpoints-to-ship.ts";
import { LocalReader } from "./local-reader.ts";
import type { Receipts } from "./receipts.ts";
import { Waiters } from "./waiters.ts";

/** What the shippers of one spool share. */
export interface ShipperParts {
  readonly local: AuditStore;
  readonly remote: AuditStore;
  readonly receipts: Receipts;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
  /** Whether each append waits for the remote store: then nothing is held back to fill a segment. */
  readonly eager: boolean;
  /** Aborted when the spool closes and waits no longer. */
  readonly stop: AbortSignal;
  readonly onShipped: (log: string, object: string | null) => void;
  readonly onError: (log: string, error: ProclawError, attempt: number) => void;
}

/**
 * Ships one log: its records in order and whole segments, its checkpoints after the records they
 * cover.
 *
 * INVARIANT (only what is durable here leaves): it ships no record beyond {@link target}, which
 * rises when the local store acknowledged it. A record that a power cut took back here must not
 * stand in the remote store for ever, where another one would have to follow.
 */
export class LogShipper {
  readonly log: string;
  readonly #parts: ShipperParts;
  readonly #reader: LocalReader;
  readonly #waiters: Waiters = new Waiters();
  /** Local records that are durable. */
  #target: number;
  /** Records that need not be shipped: what the receipts say, or the remote store. */
  #shipped: number;
  /**
   * Records that the remote store itself was seen to hold.
   *
   * INVARIANT (seen, not remembered): only this ends a wait. Whoever can write here can write receipts.
   */
  #seen = 0;
  #pendingBytes = 0;
  /** The newest local checkpoint, and the newest that is shipped. */
  #checkpoint = 0;
  #shippedCheckpoint: number;
  /** Whether `#shippedCheckpoint` is the remote store's own word. */
  #checkpointSeen = false;
  /** When the oldest thing that waits began to wait; wall clock, milliseconds. */
  #waitingSince: number | null = null;
  #lease: StoreLease | null = null;
  /** Whether `#shipped` and `#head` are the remote store's own word. */
  #known = false;
  #head: string | null = null;
  /** What an append without a clear answer sent: it is sent again as it was, or the store would hold two of it. */
  #pinned: { readonly seq: number; readonly batch: readonly SealedRecord[] } | null = null;
  #flushing = 0;
  #running: Promise<void> | null = null;
  #wake: () => void = () => {};
  #failures = 0;
  /** Another live writer ships this log. */
  #foreign = false;
  /** Whether a writer of this process may append to it any moment: then the remote lease is kept. */
  #keep = false;

  constructor(parts: ShipperParts, log: string, shipped: { readonly size: number; readonly checkpoint: number }) {
    this.#parts = parts;
    this.log = log;
    this.#reader = new LocalReader(parts.local, log);
    this.#shipped = shipped.size;
    this.#target = shipped.size;
    this.#shippedCheckpoint = shipped.checkpoint;
  }

  get target(): number {
    return this.#target;
  }

  get shipped(): number {
    return this.#shipped;
  }

  get seen(): number {
    return this.#seen;
  }

  get pendingBytes(): number {
    return this.#foreign ? 0 : this.#pendingBytes;
  }

  get waitingSince(): number | null {
    return this.#foreign ? null : this.#waitingSince;
  }

  get isDone(): boolean {
    return this.#seen >= this.#target && this.#shippedCheckpoint >= this.#dueCheckpoint();
  }

  /** More of the log is durable here: `bytes` with their LFs. */
  advance(size: number, bytes: number): void {
    if (size <= this.#target) return;
    this.#target = size;
    this.#pendingBytes += bytes;
    this.#begin();
  }

  /** The log is known to be durable up to `size`, whatever was thought before; bytes are counted anew. */
  async recount(size: number): Promise<void> {
    const from = this.#shipped;
    const { bytes } = await new LocalReader(this.#parts.local, this.log).measure(from, size);
    this.#target = Math.max(size, this.#shipped);
    this.#pendingBytes = bytes;
    if (!this.isDone) this.#begin();
  }

  /** What the receipts say, of somebody else's shipping too. */
  learn(receipts: { readonly size: number; readonly checkpoint: number }): void {
    if (this.#running !== null) return;
    if (receipts.checkpoint > this.#shippedCheckpoint) {
      this.#shippedCheckpoint = receipts.checkpoint;
      this.#checkpointSeen = false;
    }
    if (receipts.size <= this.#shipped) return;
    // The remote store is asked before anything is appended, and before anybody is told.
    this.#known = false;
    this.#target = Math.max(this.#target, receipts.size);
    this.#shipped = receipts.size;
    this.#head = null;
  }

  checkpointAt(size: number): void {
    this.#checkpoint = Math.max(this.#checkpoint, size);
    if (!this.isDone) this.#begin();
  }

  /** Resolves when the remote store holds so many records; rejects when `signal` is aborted. */
  async until(size: number, signal: AbortSignal): Promise<void> {
    if (this.#seen >= size) return;
    const done = this.#waiters.wait(size, signal);
    this.#begin();
    await done;
  }

  /** Ships everything there is without waiting for more; resolves when that is done, or the spool stops. */
  async flush(): Promise<void> {
    this.#flushing++;
    try {
      while (!this.isDone && !this.#foreign && !this.#parts.stop.aborted) {
        this.#begin();
        await this.#running;
      }
    } finally {
      this.#flushing--;
    }
  }

  hold(): void {
    this.#keep = true;
  }

  /** No writer of this process appends to it any more. */
  letGo(): void {
    this.#keep = false;
    // What is on its way gives the lease back when it is done.
    if (this.isDone) this.#running ??= this.#giveBack().finally(() => this.#ended());
  }

  /** Another look at a log that somebody else shipped. */
  lookAgain(): void {
    if (!this.#foreign) return;
    this.#foreign = false;
    this.#begin();
  }

  /** Gives the remote lease back. */
  async release(): Promise<void> {
    await this.#running;
    await this.#giveBack();
  }

  #dueCheckpoint(): number {
    return this.#checkpoint <= this.#target ? this.#checkpoint : 0;
  }

  #begin(): void {
    this.#waitingSince ??= Date.now();
    this.#wake();
    this.#running ??= this.#run().finally(() => this.#ended());
  }

  #ended(): void {
    this.#running = null;
    if (!this.isDone && !this.#foreign && !this.#parts.stop.aborted) this.#begin();
  }

  async #run(): Promise<void> {
    while (!this.isDone && !this.#parts.stop.aborted) {
      await this.#untilDue();
      if (this.#parts.stop.aborted) return;
      try {
        await this.#ship();
        this.#failures = 0;
        this.#foreign = false;
      } catch (error) {
        if (this.#isShippedByAnother(error)) return;
        await this.#failed(error);
      }
    }
    this.#waitingSince = null;
    if (!this.#keep && this.isDone) await this.#giveBack();
  }

  async #giveBack(): Promise<void> {
    const lease = this.#lease;
    this.#lease = null;
    this.#known = false;
    // Its time ends too.
    await lease?.release().catch(() => undefined);
  }

  /** Waits for a full segment, for its time, or for somebody who cannot wait. */
  async #untilDue(): Promise<void> {
    const { segmentBytes, segmentMs, eager, stop } = this.#parts;
    for (;;) {
      const urgent = eager || this.#flushing > 0 || this.#waiters.count > 0 || stop.aborted;
      const left = segmentMs - (Date.now() - (this.#waitingSince ?? 0));
      if (urgent || this.#pendingBytes >= segmentBytes || left <= 0) return;
      await this.#sleep(left);
    }
  }

  async #ship(): Promise<void> {
    const { remote } = this.#parts;
    if (this.#lease === null && this.#seen < this.#target && this.#shipped >= this.#target) {
      // Shipped, as it is said: seeing it needs no lease.
      await this.#look();
      if (this.isDone) return;
    }
    this.#lease ??= await remote.lease(this.log);
    if (!this.#known) await this.#findOut(this.#lease);
    while (this.#shipped < this.#target) {
      await this.#shipSegment(this.#lease);
      if (this.#parts.stop.aborted) return;
      if (this.#flushing === 0 && this.#waiters.count === 0 && this.#pendingBytes < this.#parts.segmentBytes) break;
    }
    await this.#shipCheckpoints(this.#lease);
  }

  /** Throws `head_mismatch` unless the remote log, which ends so, is the beginning of the local one. */
  async #assertOurs(size: number, head: string | null): Promise<void> {
    if (size === 0 || (await this.#reader.leafOf(size - 1)) === head) return;
    throw new ProclawError(
      "head_mismatch",
      `log \`${this.log}\` of the remote store holds ${size} records that are not those of this trail: nothing more of it is shipped until somebody looks`,
    );
  }

  /** INVARIANT (one history): nothing is appended to a remote log that is not the beginning of the local one. */
  async #findOut(lease: StoreLease): Promise<void> {
    const { remote } = this.#parts;
    const { size, head } = await remote.recover(lease);
    await this.#assertOurs(size, head);
    if (this.#pinned !== null && this.#pinned.seq !== size) this.#pinned = null;
    if (size !== this.#shipped) {
      this.#target = Math.max(this.#target, size);
      const { bytes } = await new LocalReader(this.#parts.local, this.log).measure(size, this.#target);
      this.#pendingBytes = bytes;
    }
    this.#moved(size, head);
    this.#known = true;
  }

  async #shipSegment(lease: StoreLease): Promise<void> {
    const { remote, receipts, segmentBytes, stop } = this.#parts;
    const seq = this.#shipped;
    const batch = this.#pinned?.batch ?? (await this.#reader.take(seq, this.#target, segmentBytes));
    if (batch.length === 0) {
      throw new ProclawError("unreadable_evidence", `record ${seq} of log \`${this.log}\` is not in the local store`);
    }
    this.#pinned = { seq, batch };
    const receipt = await remote.append(lease, { expectedSeq: seq, expectedHead: this.#head }, batch, stop);
    const last = batch.at(-1);
    if (receipt.size !== seq + batch.length || receipt.head !== last?.leaf) {
      throw new ProclawError(
        "store_failed",
        `the remote store's receipt for log \`${this.log}\` is not for what was sent`,
      );
    }
    this.#pinned = null;
    // INVARIANT (receipt before it counts): whatever frees local room or ends a wait comes after this line.
    await receipts.segment(this.log, seq, receipt);
    this.#pendingBytes = Math.max(0, this.#pendingBytes - bytesOf(batch));
    this.#waitingSince = this.#shipped + batch.length < this.#target ? Date.now() : this.#waitingSince;
    this.#moved(receipt.size, receipt.head);
    this.#parts.onShipped(this.log, receipt.object?.name ?? null);
  }

  async #shipCheckpoints(lease: StoreLease): Promise<void> {
    const { local, remote, receipts } = this.#parts;
    const due = this.#dueCheckpoint();
    if (due > this.#shipped) return;
    if (!this.#checkpointSeen && this.#shippedCheckpoint > 0) {
      // It may be remembered wrongly: then all of them are put again, which changes nothing of those that are there.
      if (!(await holdsCheckpoint(local, remote, this.log, this.#shippedCheckpoint))) this.#shippedCheckpoint = 0;
    }
    this.#checkpointSeen = true;
    if (due <= this.#shippedCheckpoint) return;
    for await (const { size, note } of checkpointsToShip(local, this.log, this.#shippedCheckpoint + 1, this.#shipped)) {
      await remote.putCheckpoint(lease, size, note);
      await receipts.checkpoint(this.log, size);
      this.#shippedCheckpoint = size;
    }
    // One that was announced and is not there will not come any more.
    this.#shippedCheckpoint = Math.max(this.#shippedCheckpoint, due);
    this.#parts.onShipped(this.log, null);
  }

  #moved(size: number, head: string | null): void {
    this.#shipped = size;
    this.#seen = size;
    this.#head = head;
    this.#waiters.reached(size);
  }

  /** A log whose remote lease is held: either its owner lives, and ships it, or it died and time will tell. */
  #isShippedByAnother(error: unknown): boolean {
    this.#foreign = ProclawError.is(error, "lease_held") && !this.#keep && this.#waiters.count === 0;
    return this.#foreign;
  }

  async #failed(error: unknown): Promise<void> {
    // What the remote store holds now, only it can say.
    this.#known = false;
    let reason = ProclawError.is(error)
      ? error
      : new ProclawError("store_failed", "the remote store failed in an unforeseen way", { cause: error });
    if (reason.code === "lease_lost") await this.#giveBack();
    if (this.#parts.stop.aborted) return;
    if (reason.code === "lease_held") reason = (await this.#lookAtRemote()) ?? reason;
    this.#failures++;
    this.#parts.onError(this.log, reason, this.#failures);
    const { firstRetryMs, lastRetryMs } = this.#parts;
    // Nothing but time and the operator ends this wait: new records are no reason to ask an ailing server more often.
    const wait = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(this.#failures - 1, 20));
    await this.#pause(wait * (0.75 + Math.random() / 2));
  }

  /** Whoever holds the lease may ship what somebody here waits for; returns what is wrong with it. */
  async #lookAtRemote(): Promise<ProclawError | null> {
    try {
      await this.#look();
      return null;
    } catch (error) {
      // Of anything else the next attempt will say what is wrong.
      return ProclawError.is(error, "head_mismatch") ? error : null;
    }
  }

  /** INVARIANT (its records, not only as many): what counts as shipped ends with the local record of that number. */
  async #look(): Promise<void> {
    const { size, head } = await this.#parts.remote.head(this.log);
    await this.#assertOurs(size, head);
    if (size <= this.#seen || size > this.#target) return;
    if (size > this.#shipped) {
      this.#pendingBytes = (await new LocalReader(this.#parts.local, this.log).measure(size, this.#target)).bytes;
      this.#shipped = size;
      this.#head = null;
    }
    this.#seen = size;
    this.#waiters.reached(size);
  }

  async #pause(ms: number): Promise<void> {
    const until = Date.now() + ms;
    while (Date.now() < until && !this.#parts.stop.aborted) await this.#sleep(until - Date.now());
  }

  async #sleep(ms: number): Promise<void> {
    const { stop } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, Math.max(1, ms)).unref();
    const wake = (): void => resolve();
    stop.addEventListener("abort", wake, { once: true });
    await promise;
    stop.removeEventListener("abort", wake);
    clearTimeout(timer);
  }
}

function bytesOf(batch: readonly SealedRecord[]): number {
  return batch.reduce((sum, { bytes }) => sum + bytes.length + 1, 0);
}
