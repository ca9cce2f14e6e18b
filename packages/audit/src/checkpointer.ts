import type { Clock, Logger } from "@proclaw/core";
import type { LogWriter } from "./log-writer.ts";

/** Unsigned records, in multiples of a checkpoint's distance, and time, that a failing signer is borne. */
const MAX_UNSIGNED_CHECKPOINTS = 16;
const MAX_FAILING_NS = 60_000_000_000n;

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
  #running: Promise<void> | null = null;
  #failingSince: bigint | null = null;

  constructor(
    parts: { readonly checkpointRecords: number; readonly clock: Clock; readonly logger: Logger },
    log: () => LogWriter | null,
  ) {
    this.#records = parts.checkpointRecords;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#log = log;
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
    await this.#log()?.checkpoint();
  }

  /** Whether too much is unsigned for too long. */
  stalled(): boolean {
    if (this.#failingSince === null) return false;
    return (
      this.#unsigned() > MAX_UNSIGNED_CHECKPOINTS * this.#records ||
      this.#clock.monotonic() - this.#failingSince > MAX_FAILING_NS
    );
  }

  #unsigned(): number {
    const log = this.#log();
    return log === null ? 0 : log.size - log.signedSize;
  }

  async #attempt(): Promise<void> {
    try {
      await this.#log()?.checkpoint();
      this.#failingSince = null;
    } catch (error) {
      this.#failingSince ??= this.#clock.monotonic();
      this.#logger.error(`a checkpoint could not be made: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
