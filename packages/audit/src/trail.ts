import { ProclawError, SPEC_VERSION } from "@proclaw/core";
import type { AppendReceipt, EventFields, SanitizedEvent, SealedRecord, Signer, TrailState } from "@proclaw/core";
import { logOrigin } from "@proclaw/verify";
import { AppendQueue } from "./append-queue.ts";
import type { QueuedRecord } from "./append-queue.ts";
import { CheckpointBinder } from "./checkpoint-binder.ts";
import { Checkpointer } from "./checkpointer.ts";
import { watchClock } from "./clock-watch.ts";
import { settleDeadLogs } from "./dead-logs.ts";
import type { SettledLogs } from "./dead-logs.ts";
import { createDrafter } from "./draft.ts";
import type { Draft, Drafter } from "./draft.ts";
import {
  checkpointLogLost,
  clockStep,
  heartbeat,
  logClose,
  logLeft,
  logOpen,
  logRecovered,
} from "./internal-events.ts";
import type { LogRoot } from "./internal-events.ts";
import { LogWriter } from "./log-writer.ts";
import { noteSigner } from "./note-signer.ts";
import type { NoteSigner } from "./note-signer.ts";
import { bootId } from "./platform/boot.ts";
import { Settlements } from "./settlements.ts";
import { givenUp, isFinal, messageOf, unavailable } from "./trail-errors.ts";
import { TrailKey } from "./trail-key.ts";
import { checkOptions } from "./trail-options.ts";
import type { SignedTrail } from "./signed-trail.ts";
import type { CheckedOptions, TrailOptions } from "./trail-options.ts";
import { uuidV7Source } from "./uuid-v7.ts";

/**
 * Opens a trail: closes the logs of dead writers, opens a log of its own and makes its `log.open`
 * durable.
 *
 * Appends are gathered: while one batch is being flushed, the records that come in wait and form
 * the next one. The queue is bounded; an append beyond it is rejected with `trail_unavailable`, and
 * an accepted record is never dropped. When the store fails, everything that waits is rejected and
 * the trail recovers by itself, trying again and again; a recovered log says so, and says which
 * rejected decisions became durable all the same.
 *
 * Errors: what the store throws, `invalid_option`, `incompatible_contract`.
 */
export async function openTrail(options: TrailOptions): Promise<SignedTrail> {
  const checked = checkOptions(options);
  const nextId = uuidV7Source(() => checked.clock.now());
  const parts = {
    ...checked,
    nextId,
    writer: nextId(),
    draft: createDrafter({ clock: checked.clock, bootId: bootId(), nextId }),
  };
  const settled = await settleDeadLogs(parts);
  const trail = new Trail(parts);
  await trail.start(settled);
  return trail;
}

interface TrailParts extends CheckedOptions {
  readonly nextId: () => string;
  readonly writer: string;
  readonly draft: Drafter;
}

/** One flush for up to this many records or bytes. */
const BATCH_RECORDS = 1024;
const BATCH_BYTES = 1024 * 1024;
const QUEUE_BYTES = 16 * 1024 * 1024;

/** Kinds that only the trail itself may write: they say what became of a log. */
const OWN_KINDS: ReadonlySet<string> = new Set([
  "log.open",
  "log.close",
  "recovery",
  "heartbeat",
  "clock.step",
  "key.rotate",
  "checkpoint",
]);

class Trail implements SignedTrail {
  readonly specVersion = SPEC_VERSION;
  readonly #parts: TrailParts;
  readonly #queue: AppendQueue;
  readonly #checkpoints: Checkpointer;
  readonly #binder: CheckpointBinder;
  readonly #clockStep: () => number | null;
  readonly #settlements = new Settlements();
  readonly #key: TrailKey;
  readonly #timers: NodeJS.Timeout[] = [];
  #state: TrailState = "opening";
  #log: LogWriter | null = null;
  /** A log that is to replace one that cannot be continued. */
  #next: LogWriter | null = null;
  /** The batch that the store has, and whose fate is open if the trail has failed. */
  #inFlight: readonly Draft[] = [];
  #rejectedButDurable: string[] = [];
  #keptAside = 0;
  #pumping: Promise<void> | null = null;
  #recovering: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #wake: () => void = () => {};

  constructor(parts: TrailParts) {
    this.#parts = parts;
    this.#queue = new AppendQueue(parts.maxQueue, QUEUE_BYTES);
    this.#clockStep = watchClock(parts.clock);
    this.#key = new TrailKey(parts.signers[0]);
    this.#binder = new CheckpointBinder({ ...parts, lost: (log) => this.#saysLost(log) });
    this.#checkpoints = new Checkpointer(
      parts,
      () => this.#log,
      (root) => this.#binder.offer(root),
    );
  }

  get state(): TrailState {
    return this.#state;
  }

  async start({ predecessor, ends, left }: SettledLogs): Promise<void> {
    try {
      await this.#openLog(predecessor, left.map(logLeft));
    } catch (error) {
      // The store may live on, and nobody has this trail to close.
      await this.#next?.release().catch(() => undefined);
      throw error;
    }
    this.#state = "ready";
    for (const end of ends) this.#binder.offer(end);
    this.#every(this.#parts.checkpointMs, () => this.#tick());
    if (this.#parts.heartbeatMs > 0) this.#every(this.#parts.heartbeatMs, () => this.#heartbeat());
  }

  async append(event: SanitizedEvent, options?: { readonly signal?: AbortSignal }): Promise<AppendReceipt> {
    try {
      return await this.#enqueue(event, options?.signal);
    } catch (error) {
      if (event.kind === "outcome" && event.call_id !== null) this.#settlements.outcomeRejected(event.call_id);
      throw error;
    }
  }

  async rotateKey(next: Signer): Promise<void> {
    if (this.#state !== "ready" || this.#closing !== null) throw unavailable(`the trail is ${this.#state}`);
    const changed = this.#key.change(noteSigner(next, this.#parts.deadlineMs));
    this.#pumpSoon();
    await changed;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #enqueue(event: EventFields, signal: AbortSignal | undefined): Promise<AppendReceipt> {
    if (OWN_KINDS.has(event.kind)) {
      throw new ProclawError("invalid_option", `records of kind \`${event.kind}\` are made by the trail only`);
    }
    if (this.#state !== "ready") throw unavailable(`the trail is ${this.#state}`);
    // An outcome stands in the log of its decision, or nowhere: a verifier pairs them log by log.
    if (event.kind === "outcome" && event.call_id !== null && this.#settlements.takeLost(event.call_id)) {
      throw unavailable("the log that holds the decision of this call cannot be continued");
    }
    if (this.#checkpoints.stalled()) throw unavailable("checkpoints cannot be signed or kept");
    if (signal?.aborted === true) throw givenUp(signal);
    this.#watchClock();
    const draft = this.#parts.draft(event);
    if (!this.#queue.hasRoomFor(draft)) throw unavailable("its queue is full");
    const receipt = this.#queue.wait(draft, signal);
    this.#pumpSoon();
    return receipt;
  }

  /** Queues a record of the trail's own making; it has room whatever the queue's bound says. */
  #enqueueOwn(event: EventFields): void {
    this.#queue.push({ draft: this.#parts.draft(event), resolve: () => {}, reject: () => {}, abandoned: false });
    this.#pumpSoon();
  }

  /** In a microtask, so that appends of one turn make one batch. */
  #pumpSoon(): void {
    if (this.#pumping !== null) return;
    this.#pumping = Promise.resolve()
      .then(() => this.#pump())
      .finally(() => {
        this.#pumping = null;
        if (this.#hasWork()) this.#pumpSoon();
      });
  }

  #hasWork(): boolean {
    return this.#state !== "failed" && (this.#queue.length > 0 || this.#key.next !== null);
  }

  async #pump(): Promise<void> {
    while (this.#hasWork()) {
      const log = this.#log as LogWriter;
      if (this.#key.next !== null) {
        await this.#rotate(log, this.#key.next);
        continue;
      }
      const batch = this.#queue.take(BATCH_RECORDS, BATCH_BYTES);
      try {
        const sealed = await this.#writeBatch(
          log,
          batch.map(({ draft }) => draft),
        );
        for (const [index, { draft, abandoned, resolve }] of batch.entries()) {
          const { seq, leaf } = sealed[index] as SealedRecord;
          if (abandoned) this.#settlements.rejected(draft.event_id);
          resolve({ log: log.chain.log, seq, event_id: draft.event_id, timestamp: draft.timestamp, leaf });
        }
      } catch (error) {
        this.#fail(error, batch);
        return;
      }
      this.#checkpoints.afterAppend();
      // Callers that were just answered often append again at once: let them into the next batch.
      if (this.#queue.length > 0) await new Promise(setImmediate);
    }
  }

  /** Between two batches, so that the `key.rotate` is the last record of its epoch. */
  async #rotate(log: LogWriter, next: NoteSigner): Promise<void> {
    const draft = await this.#key.record(log.chain, this.#parts.draft);
    if (draft === null) return;
    try {
      this.#inFlight = [draft];
      await log.rotateKey(draft, next);
      this.#inFlight = [];
      this.#rotated(next);
    } catch (error) {
      // Whether the new epoch begins, recovery finds out.
      this.#fail(error, []);
    }
  }

  #rotated(next: NoteSigner): void {
    // The end of the epoch belongs into the log of checkpoints of its own key.
    this.#checkpoints.tell();
    this.#binder.changeKey(next);
    this.#key.changed();
  }

  async #writeBatch(log: LogWriter, drafts: readonly Draft[]): Promise<readonly SealedRecord[]> {
    this.#inFlight = drafts;
    const sealed = await log.write(drafts);
    this.#inFlight = [];
    this.#settlements.observe(drafts);
    return sealed;
  }

  async #writeEvents(log: LogWriter, events: readonly EventFields[]): Promise<void> {
    const drafts = events.map((event) => this.#parts.draft(event));
    for (let at = 0; at < drafts.length; at += BATCH_RECORDS) {
      await this.#writeBatch(log, drafts.slice(at, at + BATCH_RECORDS));
    }
  }

  #fail(error: unknown, batch: readonly QueuedRecord[]): void {
    this.#state = "failed";
    const reason = ProclawError.is(error)
      ? error
      : new ProclawError("store_failed", "the store failed in an unforeseen way", { cause: error });
    this.#parts.logger.error(`the audit trail takes no records: ${reason.message}`);
    for (const record of [...batch, ...this.#queue.takeAll()]) record.reject(reason);
    if (this.#closing === null) this.#recovering = this.#recoverUntilReady();
  }

  async #recoverUntilReady(): Promise<void> {
    const { firstRetryMs, lastRetryMs } = this.#parts;
    for (let delay = firstRetryMs; ; delay = Math.min(2 * delay, lastRetryMs)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, delay).unref();
      });
      if (this.#closing !== null) return;
      try {
        await this.#recover();
        this.#state = "ready";
        this.#parts.logger.info("the audit trail has recovered");
        return;
      } catch (error) {
        this.#parts.logger.warn(`the audit trail could not recover yet: ${messageOf(error)}`);
      }
    }
  }

  async #recover(): Promise<void> {
    const log = this.#log as LogWriter;
    if (this.#next === null) {
      try {
        await this.#recoverLog(log);
        return;
      } catch (error) {
        if (!isFinal(error)) throw error;
        this.#parts.logger.error(`${messageOf(error)}: opening a new log`);
      }
    }
    // What became of the last batch in the old log, its next reader will see; that nothing ran, we know now.
    this.#settlements.observe(this.#inFlight);
    for (const { event_id } of this.#inFlight) this.#settlements.rejected(event_id);
    this.#key.keep("the log whose key was to change cannot be continued");
    const lost = this.#settlements.openCalls();
    await this.#openLog(log.asPredecessor(), this.#settlements.due("log_lost"));
    this.#settlements.lose(lost);
    await log.release().catch(() => undefined);
  }

  async #recoverLog(log: LogWriter): Promise<void> {
    const { durable, keptAside } = await log.settle();
    // Remembered until a record says so: writing that record may fail too.
    this.#keptAside += keptAside;
    const written = this.#inFlight.slice(0, durable);
    this.#settlements.observe(written);
    for (const { event_id, event } of written) {
      if (OWN_KINDS.has(event.kind)) continue;
      this.#settlements.rejected(event_id);
      this.#rejectedButDurable.push(event_id);
    }
    this.#inFlight = [];
    if (log.rotating && this.#key.next !== null) {
      await log.finishRotation();
      this.#rotated(this.#key.next);
    } else this.#key.keep("the record of the change could not be written");
    await this.#writeEvents(log, [
      logRecovered({
        keptAsideBytes: this.#keptAside,
        rejectedButDurable: this.#rejectedButDurable,
      }),
      ...this.#settlements.due(),
    ]);
    this.#keptAside = 0;
    this.#rejectedButDurable = [];
  }

  /** Opens a log, or goes on opening the one that an earlier attempt began. */
  async #openLog(predecessor: LogRoot | null, first: readonly EventFields[]): Promise<void> {
    const { store, writer, nextId, software } = this.#parts;
    const sign = this.#key.current;
    if (this.#next === null) {
      const lease = await store.lease(nextId());
      this.#next = new LogWriter(store, lease, { log: lease.log, writer, writerEpoch: lease.epoch, keyEpoch: 0 }, sign);
    } else {
      await this.#next.settle();
    }
    const log = this.#next;
    if (log.size === 0) {
      const publicKey = sign.vkey;
      await this.#writeEvents(log, [logOpen({ origin: logOrigin(log.chain.log), publicKey, predecessor, software })]);
    }
    // INVARIANT (a signature has a root): no record is acknowledged in a log without a checkpoint, so
    // the next process knows a log that somebody without the key made, or made anew.
    if (log.signedSize === 0) await log.checkpoint();
    await this.#writeEvents(log, first);
    this.#log = log;
    this.#next = null;
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms).unref());
  }

  #tick(): void {
    if (this.#state !== "ready") return;
    // Only when nothing is under way: a settlement that waits in the queue must not be made twice.
    if (this.#pumping === null) for (const event of this.#settlements.due()) this.#enqueueOwn(event);
    void this.#checkpoints.sign().then(() => this.#binder.tick());
  }

  #heartbeat(): void {
    if (this.#state !== "ready") return;
    this.#watchClock();
    const { size, signedSize } = this.#log as LogWriter;
    this.#enqueueOwn(heartbeat(size, signedSize));
  }

  /** While records are taken; after that, only the alarm says it. */
  #saysLost(log: string): void {
    if (this.#state === "ready" && this.#closing === null) this.#enqueueOwn(checkpointLogLost(log));
  }

  #watchClock(): void {
    const step = this.#clockStep();
    if (step !== null) this.#enqueueOwn(clockStep(step));
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#wake();
    await this.#recovering;
    const log = this.#log;
    try {
      if (this.#state === "failed") await this.#recover();
      this.#state = "closed";
      while (this.#pumping !== null) await this.#pumping;
      if (this.#inFlight.length > 0) throw unavailable("the last records could not be written");
      await this.#writeEvents(this.#log as LogWriter, [...this.#settlements.due("trail_closed"), logClose("closed")]);
      await this.#checkpoints.signNow();
      await this.#binder.close();
    } finally {
      this.#state = "closed";
      this.#key.keep("it was closed");
      await Promise.all([log, this.#log, this.#next].map(async (one) => one?.release()));
    }
  }
}
