import { setTimeout as sleep } from "node:timers/promises";
import { ProclawError } from "@proclaw/core";
import type { Logger } from "@proclaw/core";
import { CheckpointLog } from "./checkpoint-log.ts";
import type { CheckpointLogParts } from "./checkpoint-log.ts";
import { within } from "./deadline.ts";
import type { LogRoot } from "./internal-events.ts";
import type { NoteSigner } from "./note-signer.ts";
import { messageOf } from "./trail-errors.ts";

export interface BinderParts extends CheckpointLogParts {
  readonly logger: Logger;
  /** The key in force first. */
  readonly signers: readonly [NoteSigner, ...NoteSigner[]];
  /** Between two bindings of a log that goes on. */
  readonly bindMs: number;
  /** How long {@link CheckpointBinder.close} tries. */
  readonly bindAtCloseMs: number;
  /** Hears once of a log of checkpoints that is not any more what this process has seen. */
  readonly lost: (log: string) => void;
}

/**
 * Sees to it that what was signed is bound in the log of checkpoints of its key, off the append
 * path: never rejects, and what could not be bound is tried again at the next occasion.
 */
export class CheckpointBinder {
  readonly #parts: BinderParts;
  /** One for each key of this process; the one in force is the last. */
  readonly #turns: Turn[];
  #running: Promise<void> | null = null;
  /** When the last failures allow the next attempt. */
  #notBefore = 0n;
  #failures = 0;
  #closing = false;

  constructor(parts: BinderParts) {
    this.#parts = parts;
    const [current, ...former] = parts.signers;
    // Nobody else takes the lease of a former key's log any more.
    this.#turns = [...former.map((sign) => newTurn(parts, sign, true)), newTurn(parts, current, false)];
  }

  /** A signed root, which takes the place of an older one of that log. */
  offer(root: LogRoot): void {
    this.#turns.at(-1)?.waiting.set(root.log, root);
  }

  /** From now on roots are bound in the log of checkpoints of another key. */
  changeKey(next: NoteSigner): void {
    this.#turns.push(newTurn(this.#parts, next, false));
  }

  /** Binds what is due: a log's first root at once, later ones when the last binding is old enough. */
  tick(): void {
    const now = this.#now();
    if (this.#running !== null || now < this.#notBefore || !this.#turns.some((turn) => this.#isDue(turn, now))) return;
    void this.#run(TICK_ATTEMPTS_MS);
  }

  /** Binds all that waits, as far as that succeeds in time; else the next writer binds it. */
  async close(): Promise<void> {
    const { bindAtCloseMs: patience, logger } = this.#parts;
    this.#closing = true;
    const work = async (): Promise<void> => {
      await this.#running;
      await this.#run(patience);
    };
    // Twice: an attempt that waits for others may be under way, and a store may not answer at all.
    await within(2 * patience, "the log of checkpoints", work).catch((error: unknown) => {
      logger.warn(`the end of this log is not bound, and will be by the next writer: ${messageOf(error)}`);
    });
  }

  #run(patienceMs: number): Promise<void> {
    this.#running = this.#bindAll(patienceMs).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #bindAll(patienceMs: number): Promise<void> {
    const { logger } = this.#parts;
    // Older keys first: the log of checkpoints of a new one names the end of the old.
    for (const turn of this.#turns) {
      const roots = [...turn.waiting.values()];
      if (turn.log.isLost || (roots.length === 0 && !turn.toMend)) continue;
      try {
        if (turn.toMend) await turn.log.mend();
        turn.toMend = false;
        if (roots.length > 0) await this.#bindInTime(turn, roots, patienceMs);
        for (const root of roots) {
          turn.boundAt.set(root.log, this.#now());
          // A newer one may have come in meanwhile.
          if (turn.waiting.get(root.log) === root) turn.waiting.delete(root.log);
        }
        this.#failures = 0;
      } catch (error) {
        if (turn.log.isLost) {
          logger.error(`nothing more is bound by this process: ${messageOf(error)}`);
          turn.waiting.clear();
          this.#parts.lost(turn.log.name);
          continue;
        }
        const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
        this.#notBefore = this.#now() + BigInt(waitMs) * 1_000_000n;
        // To find somebody else at it is nothing to worry about, once, if there is a next time.
        if (this.#closing || this.#failures > 1 || !ProclawError.is(error, "lease_held")) {
          logger.warn(`checkpoints of ${roots.length} logs are not bound yet, and will be later: ${messageOf(error)}`);
        }
      }
    }
  }

  /** Others hold the lease for a few milliseconds each. */
  async #bindInTime(turn: Turn, roots: readonly LogRoot[], patienceMs: number): Promise<void> {
    const end = this.#now() + BigInt(patienceMs) * 1_000_000n;
    for (let delay = 5; ; delay = Math.min(2 * delay, 100)) {
      try {
        await turn.log.bind(roots);
        return;
      } catch (error) {
        if (!ProclawError.is(error, "lease_held") || this.#now() >= end) throw error;
      }
      // At random, so that those who wait do not come back together.
      await sleep(delay * (0.5 + Math.random()));
    }
  }

  #isDue(turn: Turn, now: bigint): boolean {
    if (turn.log.isLost) return false;
    for (const log of turn.waiting.keys()) {
      const last = turn.boundAt.get(log);
      if (last === undefined || now - last >= BigInt(this.#parts.bindMs) * 1_000_000n) return true;
    }
    return false;
  }

  /** The machine's time, not the trail's: a clock that stands still must not stop the binding. */
  #now(): bigint {
    return process.hrtime.bigint();
  }
}

interface Turn {
  readonly log: CheckpointLog;
  /** The newest root that is not bound, by log. */
  readonly waiting: Map<string, LogRoot>;
  /** Monotonic nanoseconds. */
  readonly boundAt: Map<string, bigint>;
  /** Its last writer may have died in the middle of a turn. */
  toMend: boolean;
}

function newTurn(parts: CheckpointLogParts, sign: NoteSigner, toMend: boolean): Turn {
  return { log: new CheckpointLog(parts, sign), waiting: new Map(), boundAt: new Map(), toMend };
}

/** How long an attempt in between waits for others. */
const TICK_ATTEMPTS_MS = 200;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
