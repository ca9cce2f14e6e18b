import type { StoredCheckpoint } from "@proclaw/core";
import type { FindingList } from "./finding-list.ts";
import { numberInName } from "./layout.ts";
import { readClaim, type RootClaim } from "./root-claim.ts";

/**
 * Goes through the checkpoints of a log side by side with its records, holding one at a time: a
 * log that lives for years has millions of them. It is opened before the records are read, so that
 * in a live log every checkpoint it shows covers records that are there.
 */
export class CheckpointWalk {
  readonly #log: string;
  readonly #notes: AsyncIterator<StoredCheckpoint>;
  readonly #findings: FindingList;
  #pending: RootClaim | null = null;

  constructor(log: string, notes: AsyncIterable<StoredCheckpoint>, findings: FindingList) {
    this.#log = log;
    this.#notes = notes[Symbol.asyncIterator]();
    this.#findings = findings;
  }

  /** The next checkpoint to look at; null: there is none left. */
  get pending(): RootClaim | null {
    return this.#pending;
  }

  /** Goes on to the next checkpoint that can be read and comes in its order; reports the others. */
  async advance(): Promise<void> {
    const smallest = this.#pending?.checkpoint.size ?? 1;
    this.#pending = null;
    for (;;) {
      const step = await this.#notes.next();
      if (step.done === true) return;
      const claim = this.#read(step.value);
      if (claim === null) continue;
      if (claim.checkpoint.size < smallest) {
        this.#report("checkpoint_out_of_order", claim.name, "the checkpoint is smaller than the one before it");
        continue;
      }
      this.#pending = claim;
      return;
    }
  }

  async close(): Promise<void> {
    await this.#notes.return?.();
  }

  #read(stored: StoredCheckpoint): RootClaim | null {
    let claim: RootClaim;
    try {
      claim = readClaim(stored);
    } catch {
      this.#report("malformed_checkpoint", stored.name, "the note is not a checkpoint");
      return null;
    }
    const { size } = claim.checkpoint;
    if (size < 1) {
      this.#report("malformed_checkpoint", stored.name, "the checkpoint covers no record");
      return null;
    }
    const named = numberInName(stored.name, ".note");
    if (named !== null && named !== size) {
      this.#report("checkpoint_misnamed", stored.name, "the name of the note says another size than the note");
    }
    return claim;
  }

  #report(
    kind: "checkpoint_misnamed" | "checkpoint_out_of_order" | "malformed_checkpoint",
    file: string,
    message: string,
  ): void {
    this.#findings.damage(kind, { log: this.#log, seq: null, file, line: null }, message);
  }
}
