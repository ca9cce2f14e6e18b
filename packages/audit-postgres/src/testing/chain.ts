import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ProclawError } from "@proclaw/core";
import type { AuditSource, AuditStore, SealedRecord, StoreLease } from "@proclaw/core";

export const LOG = "01990000-0000-7000-8000-000000000001";

/** The least that the server takes for a record: a chain, and something that differs. */
export function chained(log: string, seq: number, prev: string | null, text: string = ""): SealedRecord {
  const bytes = Buffer.from(JSON.stringify({ hash_chain: { alg: "sha256-rfc6962", log, prev, seq }, text }));
  return { seq, leaf: createHash("sha256").update(Buffer.of(0)).update(bytes).digest("hex"), bytes };
}

/** A writer as the trail is one: it knows what was acknowledged, and settles what was not. */
export class ChainWriter {
  readonly store: AuditStore;
  readonly lease: StoreLease;
  /** What the store said is durable. */
  readonly acknowledged: SealedRecord[] = [];
  /** What went out without an answer. */
  #open: readonly SealedRecord[] = [];
  #made = 0;

  constructor(store: AuditStore, lease: StoreLease) {
    this.store = store;
    this.lease = lease;
  }

  batch(count: number): SealedRecord[] {
    const batch: SealedRecord[] = [];
    for (let i = 0; i < count; i++) {
      const prev = batch.at(-1)?.leaf ?? this.acknowledged.at(-1)?.leaf ?? null;
      batch.push(chained(this.lease.log, this.acknowledged.length + i, prev, `record ${this.#made++}`));
    }
    return batch;
  }

  async append(count: number): Promise<void> {
    const batch = this.batch(count);
    this.#open = batch;
    await this.store.append(
      this.lease,
      { expectedSeq: this.acknowledged.length, expectedHead: this.acknowledged.at(-1)?.leaf ?? null },
      batch,
    );
    this.#open = [];
    this.acknowledged.push(...batch);
  }

  /** Recovers, again and again while the store fails. Throws if the log is not what it can be. */
  async settle(tries: number = 400): Promise<void> {
    for (let left = tries; ; left--) {
      try {
        const { size, head } = await this.store.recover(this.lease);
        const durable = size - this.acknowledged.length;
        if (durable < 0) throw new Error(`${-durable} acknowledged records are gone`);
        if (durable !== 0 && durable !== this.#open.length) throw new Error("a batch is there in part");
        this.acknowledged.push(...this.#open.slice(0, durable));
        this.#open = [];
        if (head !== (this.acknowledged.at(-1)?.leaf ?? null)) throw new Error("the head is another one");
        return;
      } catch (error) {
        if (!ProclawError.is(error, "store_failed") || left === 0) throw error;
        await sleep(25);
      }
    }
  }
}

/** All lines of a log. */
export async function linesOf(source: AuditSource, log: string): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  for await (const segment of source.read(log)) for await (const chunk of segment.bytes) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? [] : text.slice(0, -1).split("\n");
}
