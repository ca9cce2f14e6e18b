import { ProclawError } from "@proclaw/core";
import type { AuditStore, LogHead, Logger, RecordStore, SealedRecord, StoreLease } from "@proclaw/core";
import { parseRecord } from "@proclaw/verify";
import { newestCheckpoint } from "./checkpoints-to-ship.ts";
import { LogShipper } from "./log-shipper.ts";
import type { ShipperParts } from "./log-shipper.ts";
import { Receipts } from "./receipts.ts";
import type { Shipped } from "./receipts.ts";
import { bounded, NONE, remoteHolds } from "./remote-word.ts";
import { ShippingNews } from "./shipping-news.ts";
import { checkSpoolOptions } from "./spool-options.ts";
import type { CheckedSpoolOptions, SpoolOptions } from "./spool-options.ts";

export interface SpoolStatus {
  /** `idle`: everything is shipped. `shipping`: something waits for its segment. `failing`: the last attempt failed. */
  readonly state: "idle" | "shipping" | "failing";
  /** Bytes of records that wait for the remote store, of `maxBytes`. */
  readonly waitingBytes: number;
  readonly maxBytes: number;
  /** Whether appends are refused for want of room. */
  readonly full: boolean;
  /** Milliseconds for which the oldest of them waits; null: nothing waits. */
  readonly waitingMs: number | null;
  /** The last thing that the remote store acknowledged; RFC 3339. */
  readonly lastShipped: { readonly at: string; readonly object: string | null } | null;
  /** The last failure since then. */
  readonly lastError: { readonly at: string; readonly message: string; readonly attempts: number } | null;
}

/** A store for records over one for segments. */
export interface Spool extends RecordStore {
  status(): SpoolStatus;
  /** Ships what there is now, without waiting for full segments; rejects when `signal` is aborted. */
  flush(signal?: AbortSignal): Promise<void>;
}

/**
 * A store in front of one that keeps whole segments: records become durable in `local`, and are
 * shipped to `remote` in the background, in order, a segment at a time, each log's checkpoints after
 * the records they cover. After a restart it goes on where the remote store stands, with the tails
 * that dead writers left too. What is shipped stays in `local`.
 *
 * Reading, heads and evidence are those of `local`; verify the remote store by itself. `close` ships
 * what it can and closes both stores.
 *
 * Errors: those of `local`; `store_failed` when it is full, and, with `ack: "remote"`, when the
 * remote store does not acknowledge in time.
 */
export function createSpool(options: SpoolOptions): Spool {
  const spool = new SpoolStore(options, checkSpoolOptions(options));
  // A plain object, as all stores are: whoever wraps one spreads it.
  return {
    specVersion: spool.specVersion,
    granularity: spool.granularity,
    logs: () => spool.logs(),
    read: (log, fromSeq) => spool.read(log, fromSeq),
    checkpoints: (log, fromSize) => spool.checkpoints(log, fromSize),
    evidence: (log) => spool.evidence(log),
    head: (log) => spool.head(log),
    lastLine: (log) => spool.lastLine(log),
    lease: (log) => spool.lease(log),
    append: (lease, expected, batch, signal) => spool.append(lease, expected, batch, signal),
    recover: (lease) => spool.recover(lease),
    putCheckpoint: (lease, size, note) => spool.putCheckpoint(lease, size, note),
    probe: () => spool.probe(),
    status: () => spool.status(),
    flush: (signal) => spool.flush(signal),
    close: () => spool.close(),
  };
}

class SpoolStore implements Spool {
  readonly specVersion: Spool["specVersion"];
  readonly granularity = "record";
  readonly #local: AuditStore;
  readonly #remote: AuditStore;
  readonly #options: CheckedSpoolOptions;
  readonly #receipts: Receipts;
  readonly #news: ShippingNews;
  readonly #logger: Logger | undefined;
  readonly #parts: ShipperParts;
  readonly #stop: AbortController = new AbortController();
  readonly #shippers: Map<string, Promise<LogShipper>> = new Map();
  readonly #ready: LogShipper[] = [];
  readonly #held: Map<StoreLease, StoreLease> = new Map();
  /** Sizes that the last sweep found of logs whose end nothing covers. */
  readonly #uncovered: Map<string, number> = new Map();
  /** Closed logs that the remote store was seen to hold to their end: nothing becomes of them any more. */
  readonly #finished: Set<string> = new Set();
  /** Logs that are shipped by their receipts, which the remote store was not asked about yet. */
  readonly #believed: Map<string, Shipped & { readonly whole: boolean }> = new Map();
  /** What of them the remote store was seen to hold, records. */
  readonly #seen: Map<string, number> = new Map();
  /** Logs whose receipts the remote store belied. */
  readonly #belied: Set<string> = new Set();
  /** Ends the wait for such an answer. */
  readonly #asking: AbortController = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #started: Promise<void> | null = null;
  #sweeping: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: SpoolOptions, checked: CheckedSpoolOptions) {
    this.specVersion = options.local.specVersion;
    this.#local = options.local;
    this.#remote = options.remote;
    this.#options = checked;
    this.#logger = options.logger;
    this.#receipts = new Receipts(options.directory);
    this.#news = new ShippingNews(options.logger);
    this.#parts = {
      local: this.#local,
      remote: this.#remote,
      receipts: this.#receipts,
      segmentBytes: checked.segmentBytes,
      segmentMs: checked.segmentMs,
      firstRetryMs: checked.firstRetryMs,
      lastRetryMs: checked.lastRetryMs,
      eager: checked.ack === "remote",
      stop: this.#stop.signal,
      onShipped: (log, object) => this.#news.shipped(log, object),
      onError: (log, error, attempt) => this.#news.failed(log, error, attempt),
    };
    this.#timer = setInterval(() => void this.#sweep(), checked.sweepMs).unref();
  }

  logs(): ReturnType<AuditStore["logs"]> {
    return this.#local.logs();
  }

  read(log: string, fromSeq?: number): ReturnType<AuditStore["read"]> {
    return this.#local.read(log, fromSeq);
  }

  checkpoints(log: string, fromSize?: number): ReturnType<AuditStore["checkpoints"]> {
    return this.#local.checkpoints(log, fromSize);
  }

  /**
   * The local store's: what is read here is local, and a copy elsewhere proves nothing of it.
   */
  evidence(log: string): ReturnType<AuditStore["evidence"]> {
    return this.#local.evidence(log);
  }

  head(log: string): Promise<LogHead> {
    return this.#local.head(log);
  }

  lastLine(log: string): Promise<Uint8Array | null> {
    return this.#local.lastLine(log);
  }

  async lease(log: string): Promise<StoreLease> {
    this.#assertOpen();
    await this.#start();
    const inner = await this.#local.lease(log);
    const shipper = await this.#shipperOf(log);
    shipper.hold();
    const lease: StoreLease = {
      log,
      epoch: inner.epoch,
      lost: inner.lost,
      release: async () => {
        this.#held.delete(lease);
        await inner.release();
        shipper.letGo();
      },
    };
    this.#held.set(lease, inner);
    return lease;
  }

  async append(
    lease: StoreLease,
    expected: Parameters<AuditStore["append"]>[1],
    batch: readonly SealedRecord[],
    signal?: AbortSignal,
  ): ReturnType<AuditStore["append"]> {
    const inner = this.#innerOf(lease);
    const bytes = batch.reduce((sum, record) => sum + record.bytes.length + 1, 0);
    this.#assertRoom(bytes);
    const receipt = await this.#local.append(inner, expected, batch, signal);
    const shipper = await this.#shipperOf(lease.log);
    shipper.advance(receipt.size, bytes);
    if (this.#options.ack === "local" || batch.length === 0) return receipt;
    await shipper.until(receipt.size, this.#deadline(signal));
    return { ...receipt, durability: "remote" };
  }

  async recover(lease: StoreLease): ReturnType<AuditStore["recover"]> {
    const recovered = await this.#local.recover(this.#innerOf(lease));
    const shipper = await this.#shipperOf(lease.log);
    await shipper.recount(recovered.size);
    if (this.#options.ack === "remote") await shipper.until(recovered.size, this.#deadline());
    return recovered;
  }

  async putCheckpoint(lease: StoreLease, size: number, note: Uint8Array): Promise<void> {
    await this.#local.putCheckpoint(this.#innerOf(lease), size, note);
    (await this.#shipperOf(lease.log)).checkpointAt(size);
  }

  /** Whether the parts do what they promise: durable as the local store is, WORM as the remote one. */
  async probe(): ReturnType<AuditStore["probe"]> {
    this.#assertOpen();
    const [local, remote] = await Promise.all([this.#local.probe(), this.#remote.probe()]);
    return {
      durable: local.durable && (this.#options.ack === "local" || remote.durable),
      worm: remote.worm,
      findings: [
        ...local.findings.map((finding) => `local: ${finding}`),
        ...remote.findings.map((finding) => `remote: ${finding}`),
      ],
    };
  }

  status(): SpoolStatus {
    const waiting = this.#ready.filter((shipper) => shipper.waitingSince !== null);
    const waitingBytes = this.#waitingBytes();
    const since = Math.min(...waiting.map(({ waitingSince }) => waitingSince ?? Number.POSITIVE_INFINITY));
    const { lastShipped, lastError } = this.#news;
    return {
      state: lastError !== null ? "failing" : waiting.length > 0 ? "shipping" : "idle",
      waitingBytes,
      maxBytes: this.#options.maxBytes,
      full: waitingBytes >= this.#options.maxBytes || this.#news.refusing,
      waitingMs: waiting.length === 0 ? null : Math.max(0, Date.now() - since),
      lastShipped,
      lastError,
    };
  }

  async flush(signal?: AbortSignal): Promise<void> {
    this.#assertOpen();
    await this.#start();
    const flushed = Promise.all(this.#ready.map((shipper) => shipper.flush()));
    if (signal === undefined) {
      await flushed;
      return;
    }
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => {
      reject(new ProclawError("store_failed", "the spool was not shipped in time", { cause: signal.reason }));
    };
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await Promise.race([flushed, aborted]);
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    this.#asking.abort();
    for (const lease of this.#held.keys()) await lease.release();
    await this.#started?.catch(() => undefined);
    await this.#sweeping;
    const limit = setTimeout(() => this.#stop.abort(), this.#options.closeMs);
    await Promise.all(this.#ready.map((shipper) => shipper.flush()));
    clearTimeout(limit);
    const left = this.#waitingBytes();
    this.#stop.abort();
    if (left > 0) this.#news.leftBehind(left);
    await Promise.all(this.#ready.map((shipper) => shipper.release()));
    await this.#remote.close();
    await this.#local.close();
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new ProclawError("store_failed", "the store is closed");
  }

  #innerOf(lease: StoreLease): StoreLease {
    this.#assertOpen();
    const inner = this.#held.get(lease);
    if (inner === undefined) throw new ProclawError("lease_lost", `the lease of log \`${lease.log}\` is not held`);
    return inner;
  }

  /** INVARIANT (bounded, and nothing dropped): what has no room is refused before anything is written. */
  #assertRoom(bytes: number): void {
    const waiting = this.#waitingBytes();
    const { maxBytes } = this.#options;
    this.#news.refusing = waiting > 0 && waiting + bytes > maxBytes;
    // One batch always fits in an empty spool: else a bound that is set too small would never let anything through.
    if (!this.#news.refusing) return;
    const why = this.#news.lastError?.message ?? "it is slower than the records come";
    throw new ProclawError(
      "store_failed",
      `the spool is full: ${waiting} of ${maxBytes} bytes wait for the remote store (${why})`,
    );
  }

  #waitingBytes(): number {
    return this.#ready.reduce((sum, shipper) => sum + shipper.pendingBytes, 0);
  }

  #deadline(signal?: AbortSignal): AbortSignal {
    const limits = [AbortSignal.timeout(this.#options.remoteMs), this.#stop.signal];
    return AbortSignal.any(signal === undefined ? limits : [signal, ...limits]);
  }

  /** Finds what earlier runs left; once, before the first lease, so that the bound counts it from the beginning. */
  #start(): Promise<void> {
    this.#started ??= this.#findTails().catch((error: unknown) => {
      this.#started = null;
      throw error;
    });
    return this.#started;
  }

  async #findTails(): Promise<void> {
    for (const log of await this.#local.logs()) await this.#findTail(log);
  }

  /**
   * Ships a log that this process does not write up to its newest checkpoint: a checkpoint is only
   * made over records that are durable.
   *
   * @returns records in the log beyond that
   */
  async #findTail(log: string): Promise<number> {
    const said = await this.#receipts.shipped(log);
    const { size, closed } = await this.#endOf(log);
    const shipped = this.#belied.has(log) ? NONE : bounded(said, size);
    const covered = await newestCheckpoint(this.#local, log, shipped.checkpoint);
    const isShipped = shipped.size >= covered && shipped.checkpoint >= covered;
    const whole = closed && shipped.size >= size;
    if (!isShipped || this.#shippers.has(log)) {
      const shipper = await this.#shipperOf(log);
      shipper.learn(shipped);
      if (covered > shipper.target) await shipper.recount(covered);
      shipper.checkpointAt(covered);
      if (whole && shipper.isDone && shipper.seen >= size) this.#finished.add(log);
    } else if (shipped.size > (this.#seen.get(log) ?? 0)) this.#believed.set(log, { ...shipped, whole });
    return size - Math.max(covered, shipped.size);
  }

  /** Where a log ends, by its last line: finding it costs no more for a long log. */
  async #endOf(log: string): Promise<{ readonly size: number; readonly closed: boolean }> {
    const line = await this.#local.lastLine(log);
    try {
      if (line === null) return { size: 0, closed: false };
      const { kind, hash_chain } = parseRecord(line);
      return { size: hash_chain.seq + 1, closed: kind === "log.close" };
    } catch {
      // Not for us to judge: it is shipped as it stands.
      return { size: (await this.#local.head(log)).size, closed: false };
    }
  }

  #sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepOnce()
      .catch((error: unknown) => {
        this.#logger?.warn(
          `the spool could not look for unshipped tails: ${error instanceof Error ? error.message : String(error)}`,
        );
      })
      .finally(() => {
        this.#sweeping = null;
      });
    return this.#sweeping;
  }

  async #sweepOnce(): Promise<void> {
    const ours = new Set([...this.#held.keys()].map(({ log }) => log));
    for (const log of await this.#local.logs()) {
      if (ours.has(log) || this.#finished.has(log) || this.#closing !== null) continue;
      const uncovered = await this.#findTail(log);
      (await this.#shippers.get(log))?.lookAgain();
      if (uncovered <= 0) continue;
      const { size } = await this.#endOf(log);
      // It stood still since the last look, so its writer may be dead: then its lease can be had.
      if (this.#uncovered.get(log) === size) await this.#makeDurable(log);
      this.#uncovered.set(log, size);
    }
    await this.#askRemote();
  }

  /**
   * INVARIANT (seen, not remembered): no log is left alone because of its receipts. The remote store
   * is asked once; what it does not hold is shipped as if there were none, or raises the alarm.
   */
  async #askRemote(): Promise<void> {
    for (const [log, said] of this.#believed) {
      const holds = await this.#answer(remoteHolds(this.#local, this.#remote, log, said));
      // It is away: the next sweep asks again.
      if (holds === null) return;
      this.#believed.delete(log);
      if (holds) {
        this.#seen.set(log, said.size);
        if (said.whole) this.#finished.add(log);
        continue;
      }
      this.#belied.add(log);
      this.#logger?.warn(
        `the receipts of log \`${log}\` say that ${said.size} records are shipped, and the remote store does not hold them: they are shipped again`,
      );
      await this.#findTail(log);
    }
  }

  /** Null: there is none, or the spool closes. */
  async #answer(asked: Promise<boolean>): Promise<boolean | null> {
    const { promise, resolve } = Promise.withResolvers<null>();
    const giveUp = (): void => resolve(null);
    this.#asking.signal.addEventListener("abort", giveUp, { once: true });
    if (this.#asking.signal.aborted) giveUp();
    try {
      return await Promise.race([asked.catch(() => null), promise]);
    } finally {
      this.#asking.signal.removeEventListener("abort", giveUp);
    }
  }

  /** The end of a dead writer's log, which no checkpoint covers. */
  async #makeDurable(log: string): Promise<void> {
    let lease: StoreLease;
    try {
      lease = await this.#local.lease(log);
    } catch (error) {
      if (ProclawError.is(error, "lease_held")) return;
      throw error;
    }
    try {
      const { size } = await this.#local.recover(lease);
      await (await this.#shipperOf(log)).recount(size);
    } finally {
      await lease.release();
    }
  }

  #shipperOf(log: string): Promise<LogShipper> {
    const there = this.#shippers.get(log);
    if (there !== undefined) return there;
    const made = this.#makeShipper(log);
    this.#shippers.set(log, made);
    // The next one to ask may have more luck.
    made.catch(() => this.#shippers.delete(log));
    return made;
  }

  async #makeShipper(log: string): Promise<LogShipper> {
    const said = this.#belied.has(log) ? NONE : await this.#receipts.shipped(log);
    const shipper = new LogShipper(this.#parts, log, bounded(said, (await this.#endOf(log)).size));
    this.#ready.push(shipper);
    return shipper;
  }
}
