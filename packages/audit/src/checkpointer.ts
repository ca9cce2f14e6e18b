import type { Clock, Logger } from "@proclaw/core";
import type { LogRoot } from "./internal-events.ts";
import type { LogWriter } from "./log-writer.ts";

/** Unsigned records, in multiples of a checkpoint's distance, and time, that a signer which fails, or does not answer, is borne. */
const MAX_UNSIGNED_CHECKPOINTS = 16;
const MAX_WAITING_NS = 60_000_000_000n;

/**
 * Signs checkpoints off the append path, one at a time. A failure is logged and tried again at the
 * next occasion; when it lasts, {@link stalled} makes the trail refuse records, because nobody could
 * verify them.
 */
export class Checkpointer {
  readonly #records: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #log: () => LogWriter | null;
  readonly #signed: (root: LogRoot) => void;
  /** The last one that was told of. */
  #told: LogRoot | null = null;
  #running: Promise<void> | null = null;
  /** When the attempt that goes on, or the first of those that failed, began. */
  #waitingSince: bigint | null = null;
  #failed = false;

  /** @param signed hears of each checkpoint */
  constructor(
    parts: { readonly checkpointRecords: number; readonly clock: Clock; readonly logger: Logger },
    log: () => LogWriter | null,
    signed: (root: LogRoot) => void,
  ) {
    this.#records = parts.checkpointRecords;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#log = log;
    this.#signed = signed;
  }

  afterAppend(): void {
    if (this.#unsigned() >= this.#records) void this.sign();
  }

  /** Signs if anything changed; never rejects. */
  sign(): Promise<void> {
    this.#running ??= this.#attempt().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Signs what is acknowledged now; rejects if that fails. */
  async signNow(): Promise<void> {
    await this.#running;
    await this.#checkpoint();
  }

  /** Whether too much is unsigned for too long. */
  stalled(): boolean {
    if (this.#waitingSince === null) return false;
    const tooMany = this.#failed && this.#unsigned() > MAX_UNSIGNED_CHECKPOINTS * this.#records;
    return tooMany || this.#clock.monotonic() - this.#waitingSince > MAX_WAITING_NS;
  }

  #unsigned(): number {
    const log = this.#log();
    return log === null ? 0 : log.size - log.signedSize;
  }

  async #attempt(): Promise<void> {
    this.#waitingSince ??= this.#clock.monotonic();
    try {
      await this.#checkpoint();
      this.#waitingSince = null;
      this.#failed = false;
    } catch (error) {
      this.#failed = true;
      this.#logger.error(`a checkpoint could not be made: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #checkpoint(): Promise<void> {
    await this.#log()?.checkpoint();
    this.tell();
  }

  /** Tells of the last checkpoint, if it was not yet; also of one that the log made by itself. */
  tell(): void {
    const root = this.#log()?.signed ?? null;
    if (root === null || root === this.#told) return;
    this.#told = root;
    this.#signed(root);
  }
}
