import type { AppendReceipt } from "@proclaw/core";
import type { Draft } from "./draft.ts";
import { givenUp } from "./trail-errors.ts";

/** A record that waits for the store. */
export interface QueuedRecord {
  readonly draft: Draft;
  readonly resolve: (receipt: AppendReceipt) => void;
  readonly reject: (reason: unknown) => void;
  /** Its caller stopped waiting; the promise is rejected already. */
  abandoned: boolean;
}

/** Records in the order of their appends, bounded by number and bytes. Never drops one by itself. */
export class AppendQueue {
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  #records: QueuedRecord[] = [];
  #bytes = 0;

  constructor(maxRecords: number, maxBytes: number) {
    this.#maxRecords = maxRecords;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#records.length;
  }

  hasRoomFor(draft: Draft): boolean {
    return this.#records.length < this.#maxRecords && this.#bytes + draft.bytes <= this.#maxBytes;
  }

  push(record: QueuedRecord): void {
    this.#records.push(record);
    this.#bytes += record.draft.bytes;
  }

  /** Queues a record for a caller, who may stop waiting by `signal`. */
  wait(draft: Draft, signal: AbortSignal | undefined): Promise<AppendReceipt> {
    return new Promise((resolve, reject) => {
      const record: QueuedRecord = {
        draft,
        abandoned: false,
        resolve: (receipt) => {
          signal?.removeEventListener("abort", giveUp);
          resolve(receipt);
        },
        reject: (reason) => {
          signal?.removeEventListener("abort", giveUp);
          reject(reason);
        },
      };
      // Who stops waiting takes the record back; if the store has it already, its fate is sorted out later.
      const giveUp = (): void => {
        record.abandoned = !this.#remove(record);
        record.reject(givenUp(signal));
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.push(record);
    });
  }

  /** Removes a record that was not taken yet; false if it was. */
  #remove(record: QueuedRecord): boolean {
    const at = this.#records.indexOf(record);
    if (at < 0) return false;
    this.#records.splice(at, 1);
    this.#bytes -= record.draft.bytes;
    return true;
  }

  takeAll(): QueuedRecord[] {
    return this.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  }

  /** Takes the next batch: at least one record if there is one. */
  take(maxRecords: number, maxBytes: number): QueuedRecord[] {
    let count = 0;
    let bytes = 0;
    for (const { draft } of this.#records) {
      if (count === maxRecords || (count > 0 && bytes + draft.bytes > maxBytes)) break;
      count++;
      bytes += draft.bytes;
    }
    this.#bytes -= bytes;
    return this.#records.splice(0, count);
  }
}
