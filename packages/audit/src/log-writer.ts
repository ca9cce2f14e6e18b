import { ProclawError } from "@proclaw/core";
import type { AuditStore, SealedRecord, StoreLease } from "@proclaw/core";
import { formatCheckpoint, formatNote, logOrigin, MerkleAccumulator } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import type { Draft } from "./draft.ts";
import type { LogRoot } from "./internal-events.ts";
import type { NoteSigner } from "./note-signer.ts";
import { seal } from "./seal.ts";
import type { ChainIdentity } from "./seal.ts";

/** Where a log stands whose records have been read. */
export interface LogPosition {
  readonly size: number;
  readonly head: string | null;
  /** Records under its last checkpoint. */
  readonly signedSize: number;
  /** Over the first `size` records; taken over, not copied. */
  readonly tree: MerkleAccumulator;
}

/** Thrown inside the package where a log cannot be continued. */
export function unusableLog(log: string, why: string): ProclawError {
  return new ProclawError("unreadable_evidence", `log \`${log}\` cannot be continued: ${why}`);
}

/**
 * One log under its lease: chains, appends, signs. Knows which records are acknowledged, and which
 * went to the store without an answer that can be trusted.
 */
export class LogWriter {
  readonly #store: AuditStore;
  readonly #lease: StoreLease;
  #chain: ChainIdentity;
  #sign: NoteSigner | null;
  readonly #tree: MerkleAccumulator;
  #size: number;
  #head: string | null;
  /** Leaves of acknowledged records that are not in the tree yet: hashing nodes stays off the append path. */
  #leaves: string[] = [];
  /** What went to the store and was not acknowledged. */
  #unsettled: readonly SealedRecord[] = [];
  #signedSize: number;
  #signed: LogRoot | null = null;
  /** Checkpoints are made one after the other. */
  #signing: Promise<unknown> = Promise.resolve();
  /** The `key.rotate` at `seq` went to the store, and the key epoch that it begins has not begun yet. */
  #rotation: { readonly seq: number; readonly next: NoteSigner } | null = null;

  /** @param sign null: this log's checkpoints need a key that we have not */
  constructor(
    store: AuditStore,
    lease: StoreLease,
    chain: ChainIdentity,
    sign: NoteSigner | null,
    position: LogPosition = { size: 0, signedSize: 0, head: null, tree: new MerkleAccumulator(nodeHasher) },
  ) {
    this.#store = store;
    this.#lease = lease;
    this.#chain = chain;
    this.#sign = sign;
    this.#size = position.size;
    this.#head = position.head;
    this.#tree = position.tree;
    this.#signedSize = position.signedSize;
  }

  get chain(): ChainIdentity {
    return this.#chain;
  }

  /** Acknowledged records. */
  get size(): number {
    return this.#size;
  }

  /** Records that the last checkpoint covers. */
  get signedSize(): number {
    return this.#signedSize;
  }

  /** The last checkpoint that this writer made; null: none yet. */
  get signed(): LogRoot | null {
    return this.#signed;
  }

  /** Whether a key rotation was begun that {@link finishRotation} has to end. */
  get rotating(): boolean {
    return this.#rotation !== null;
  }

  /** Chains and appends; after a rejection only {@link settle} may follow. */
  async write(drafts: readonly Draft[]): Promise<readonly SealedRecord[]> {
    let prev = this.#head;
    const batch = drafts.map((draft, index) => {
      const record = seal(draft, this.#chain, this.#size + index, prev);
      prev = record.leaf;
      return record;
    });
    this.#unsettled = batch;
    const receipt = await this.#store.append(this.#lease, { expectedSeq: this.#size, expectedHead: this.#head }, batch);
    if (receipt.size !== this.#size + batch.length || receipt.head !== prev) {
      throw new ProclawError(
        "store_failed",
        `the store's receipt for log \`${this.#chain.log}\` is not for what was written`,
      );
    }
    this.#advance(batch);
    return batch;
  }

  /**
   * Lets the store recover, and finds out what became of the last batch.
   *
   * @returns how many records of it, from the first on, are durable
   * @throws ProclawError `unreadable_evidence` if the log is not what was acknowledged
   */
  async settle(): Promise<{ readonly durable: number; readonly keptAside: number }> {
    const found = await this.#store.recover(this.#lease);
    const durable = found.size - this.#size;
    if (durable < 0) throw unusableLog(this.#chain.log, `${-durable} acknowledged records are gone`);
    if (durable > this.#unsettled.length) throw unusableLog(this.#chain.log, "it holds records of somebody else");
    const head = durable === 0 ? this.#head : (this.#unsettled[durable - 1]?.leaf ?? null);
    if (found.head !== head) throw unusableLog(this.#chain.log, "its last record is not the one that was written");
    this.#advance(this.#unsettled.slice(0, durable));
    // The record is not there, so the epoch goes on.
    if (this.#rotation !== null && this.#size <= this.#rotation.seq) this.#rotation = null;
    return { durable, keptAside: found.keptAside };
  }

  /**
   * Ends the key epoch with this `key.rotate` record, which the old key signs for. After a rejection
   * only {@link settle} may follow, and then, while {@link rotating}, {@link finishRotation}.
   */
  async rotateKey(draft: Draft, next: NoteSigner): Promise<void> {
    this.#rotation = { seq: this.#size, next };
    await this.write([draft]);
    await this.finishRotation();
  }

  /**
   * INVARIANT (a key signs its own epoch): nothing is written under the new key before the old one
   * has signed a checkpoint that ends with the `key.rotate`.
   */
  async finishRotation(): Promise<void> {
    if (this.#rotation === null) return;
    await this.checkpoint();
    this.#sign = this.#rotation.next;
    this.#chain = { ...this.#chain, keyEpoch: this.#chain.keyEpoch + 1 };
    this.#rotation = null;
  }

  /** Signs what is acknowledged now and keeps the note; does nothing if that is signed already. */
  checkpoint(): Promise<void> {
    const made = this.#signing.then(() => this.#checkpoint());
    this.#signing = made.catch(() => undefined);
    return made;
  }

  /** Where the log stands; the tree is this writer's, which must not be used any more. */
  position(): LogPosition {
    this.#root();
    return { size: this.#size, head: this.#head, signedSize: this.#signedSize, tree: this.#tree };
  }

  /** What a log that goes on from this one binds. */
  asPredecessor(): LogRoot {
    return { log: this.#chain.log, size: this.#size, root: Buffer.from(this.#root()).toString("hex") };
  }

  async release(): Promise<void> {
    await this.#lease.release();
  }

  async #checkpoint(): Promise<void> {
    if (this.#sign === null || this.#size === this.#signedSize) return;
    const { key } = this.#sign;
    const size = this.#size;
    const root = this.#root();
    const text = formatCheckpoint({ origin: logOrigin(this.#chain.log), size, root });
    const signature = await this.#sign.sign(Buffer.from(text));
    const note = formatNote(text, [{ name: key.name, keyId: key.id, signature }]);
    await this.#store.putCheckpoint(this.#lease, size, Buffer.from(note));
    this.#signedSize = size;
    this.#signed = { log: this.#chain.log, size, root: Buffer.from(root).toString("hex") };
  }

  #root(): Uint8Array {
    for (const leaf of this.#leaves) this.#tree.append(Buffer.from(leaf, "hex"));
    this.#leaves = [];
    return this.#tree.root();
  }

  #advance(batch: readonly SealedRecord[]): void {
    for (const record of batch) this.#leaves.push(record.leaf);
    this.#size += batch.length;
    this.#head = batch.at(-1)?.leaf ?? this.#head;
    this.#unsettled = [];
  }
}
