import { ProclawError } from "@proclaw/core";
import type { AuditRecord, AuditStore, EventFields, StoreLease } from "@proclaw/core";
import {
  leafHash,
  logOrigin,
  MerkleAccumulator,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  verifyNote,
} from "@proclaw/verify";
import type { Checkpoint, VerifierKey } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { boundIn } from "./bound-roots.ts";
import type { Drafter } from "./draft.ts";
import { checkpointBinding, deadLogRecovered, logOpen, logRecovered } from "./internal-events.ts";
import type { LogRoot } from "./internal-events.ts";
import { linesOf, wholeLines } from "./lines.ts";
import { LogWriter, unusableLog } from "./log-writer.ts";
import type { NoteSigner } from "./note-signer.ts";
import { CHECKPOINTS_PREFIX } from "./store/layout.ts";

export interface CheckpointLogParts {
  readonly store: AuditStore;
  readonly draft: Drafter;
  readonly nextId: () => string;
  readonly writer: string;
  readonly software: string;
}

/**
 * The log of checkpoints of one key, which all writers with that key share: it binds the roots of
 * their logs, so that a whole log cannot be taken away unseen, and one anchor vouches for all.
 *
 * Its tree has to be at hand for signing. It is read once from the first record on (hashing only,
 * without the lease), checked against the last signed checkpoint, and then kept; later turns read
 * what others have appended since.
 */
export class CheckpointLog {
  readonly #parts: CheckpointLogParts;
  readonly #sign: NoteSigner;
  /** Its name in the store. */
  readonly #name: string;
  /** What has been read of it; null: nothing, or nothing that can be trusted to be still so. */
  #known: Known | null = null;
  /**
   * The most of it that was signed when this process looked last. It stays when {@link #known} is
   * thrown away: a log of checkpoints that was there is never begun anew.
   */
  #seen: LogRoot | null = null;
  #isLost = false;
  /** An append of this writer failed, and nobody has recovered the log since. */
  #appendFailed = false;

  constructor(parts: CheckpointLogParts, sign: NoteSigner) {
    this.#parts = parts;
    this.#sign = sign;
    this.#name = CHECKPOINTS_PREFIX + sign.key.id;
  }

  get name(): string {
    return this.#name;
  }

  /** Whether it is not any more what this process has seen. Nothing is bound then until the next process. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * Binds those of the roots that no record binds yet, and signs; durable when it resolves.
   *
   * @throws ProclawError `lease_held` while another writer is at it, `unreadable_evidence` for a log
   *   that was tampered with (nothing is signed over a contradiction), or what the store throws
   */
  async bind(roots: readonly LogRoot[]): Promise<void> {
    if (this.#isLost) throw this.#lost();
    try {
      const known = (this.#known ??= unread());
      await this.#readOn(known, Number.POSITIVE_INFINITY, null);
      if (known.size > 0 && known.size === known.signedSize && this.#unbound(known, roots).length === 0) return;
      const lease = await this.#parts.store.lease(this.#name);
      try {
        await this.#bindUnder(lease, roots);
      } finally {
        await lease.release();
      }
    } catch (error) {
      if (!ProclawError.is(error, "lease_held")) this.#known = null;
      throw error;
    }
  }

  /**
   * For the log of a key that binds nothing any more: recovers it if its last writer died in the
   * middle of a turn. Without such a need it costs a look at its end.
   */
  async mend(): Promise<void> {
    const { store } = this.#parts;
    const { size, tornBytes } = await store.head(this.#name);
    if (tornBytes === 0) {
      if (size === 0) return;
      const note = await newestNote(store, this.#name, size);
      if (note !== null && parseCheckpoint(parseNote(note).text).size === size) return;
    }
    if (size > 0) return await this.bind([]);
    // He died in his very first write: to begin the log now would be late, for a key that was retired.
    const lease = await store.lease(this.#name);
    try {
      await store.recover(lease);
    } finally {
      await lease.release();
    }
  }

  async #bindUnder(lease: StoreLease, roots: readonly LogRoot[]): Promise<void> {
    const { store, writer, draft } = this.#parts;
    const found = await store.head(this.#name);
    if (found.size < (this.#seen?.size ?? 0)) throw this.#lost();
    const signed = await this.#lastCheckpoint(found.size);
    // Who was here last signed what he wrote, or died before that.
    const interrupted = found.tornBytes > 0 || found.size !== (signed?.size ?? 0) || this.#appendFailed;
    const { size, head, keptAside } = interrupted
      ? await store.recover(lease)
      : { size: found.size, head: found.head, keptAside: 0 };
    const known = await this.#check(size, signed);
    if (known.head !== head) throw unusableLog(this.#name, "it changed while it was read");

    const events: EventFields[] = [];
    if (known.id === null) events.push(await this.#opening(known));
    if (interrupted) {
      events.push(
        this.#appendFailed
          ? logRecovered({ keptAsideBytes: keptAside, rejectedButDurable: [] })
          : deadLogRecovered({ keptAsideBytes: keptAside, signedSize: signed?.size ?? 0 }),
      );
    }
    const unbound = this.#unbound(known, roots);
    events.push(...unbound.map(checkpointBinding));
    if (events.length > 0) {
      const chain = {
        log: known.id as string,
        writer,
        writerEpoch: Math.max(lease.epoch, (await this.#lastEpoch()) + 1),
        keyEpoch: 0,
      };
      const log = new LogWriter(store, lease, chain, this.#sign, { ...known, head });
      this.#appendFailed = true;
      for (let at = 0; at < events.length; at += BATCH_RECORDS) {
        await log.write(events.slice(at, at + BATCH_RECORDS).map(draft));
      }
      this.#appendFailed = false;
      await log.checkpoint();
      Object.assign(known, log.position());
    }
    for (const root of unbound) known.bound.set(root.log, root.size);
    this.#known = known;
    // All of it is under a checkpoint now, ours or the one that it was held against.
    const root = Buffer.from(known.tree.root()).toString("hex");
    this.#seen = { log: known.id as string, size: known.size, root };
  }

  #lost(): ProclawError {
    this.#isLost = true;
    return unusableLog(this.#name, `it had ${this.#seen?.size} records, and is gone, cut or another one now`);
  }

  /** INVARIANT (a log of checkpoints is not forgotten): what this process saw signed is still there. */
  #holdSeen(known: Known): void {
    if (this.#seen === null || known.size !== this.#seen.size) return;
    const isSame = known.id === this.#seen.log && Buffer.from(known.tree.root()).toString("hex") === this.#seen.root;
    if (!isSame) throw this.#lost();
  }

  #unbound(known: Known, roots: readonly LogRoot[]): LogRoot[] {
    return roots.filter(({ log, size }) => size > (known.bound.get(log) ?? 0));
  }

  /** Reads up to `size`, where the store says the log ends, and holds what was read against the last checkpoint. */
  async #check(size: number, signed: Checkpoint | null): Promise<Known> {
    const signedSize = signed?.size ?? 0;
    if (signedSize < (this.#seen?.size ?? 0)) throw this.#lost();
    let known = this.#known ?? unread();
    if (known.signedSize > size || known.signedSize > signedSize) {
      throw unusableLog(this.#name, `${known.signedSize} records were signed, and there are less`);
    }
    // Read ahead of the last checkpoint: its root can only be had on the way.
    if (known.size > signedSize) known = unread();
    await this.#readOn(known, size, signed);
    if (known.size !== size) throw unusableLog(this.#name, `it shows ${known.size} records of ${size}`);
    known.signedSize = signedSize;
    return known;
  }

  /**
   * Reads lines that are not known yet, up to `limit` records. At the size of `signed` the root has
   * to be that of the checkpoint; what stands after it, an interrupted writer's, has to hang together.
   */
  async #readOn(known: Known, limit: number, signed: Checkpoint | null): Promise<void> {
    const name = this.#name;
    const checkRoot = (): void => {
      this.#holdSeen(known);
      if (signed === null || known.size !== signed.size) return;
      if (signed.origin === logOrigin(known.id ?? "") && Buffer.from(signed.root).equals(known.tree.root())) return;
      throw unusableLog(name, `its first ${known.size} records are not those of its checkpoint`);
    };
    checkRoot();
    for await (const segment of this.#parts.store.read(name, known.size)) {
      let seq = segment.firstSeq;
      for await (const line of wholeLines(segment.bytes)) {
        if (seq++ < known.size) continue;
        if (seq - 1 > known.size) throw unusableLog(name, `record ${known.size} is missing`);
        if (known.size === limit) return;
        if (known.id === null) known.id = this.#readOpening(line);
        if (limit !== Number.POSITIVE_INFINITY && known.size >= (signed?.size ?? 0)) checkLink(name, line, known);
        const bound = boundIn(line);
        if (bound !== null) known.bound.set(bound.log, Math.max(bound.size, known.bound.get(bound.log) ?? 0));
        const leaf = leafHash(nodeHasher, line);
        known.tree.append(leaf);
        known.head = Buffer.from(leaf).toString("hex");
        known.size++;
        checkRoot();
      }
    }
  }

  #readOpening(line: Uint8Array): string {
    const record = readLine(this.#name, line);
    const { log } = record.hash_chain;
    if (record.kind === "log.open" && record.body?.["public_key"] === this.#sign.vkey && typeof log === "string") {
      return log;
    }
    throw unusableLog(this.#name, "it is not the log of checkpoints of this key");
  }

  async #lastEpoch(): Promise<number> {
    const line = await this.#parts.store.lastLine(this.#name);
    return line === null ? -1 : readLine(this.#name, line).hash_chain.writer_epoch;
  }

  /** The newest checkpoint; the older ones are not looked at, because it covers what they do. */
  async #lastCheckpoint(size: number): Promise<Checkpoint | null> {
    const note = await newestNote(this.#parts.store, this.#name, size);
    if (note === null) return null;
    const checkpoint = await checkpointOf(note, this.#sign.key);
    if (checkpoint === null) throw unusableLog(this.#name, "its last checkpoint is not signed by its key");
    if (checkpoint.size > size) throw unusableLog(this.#name, "a checkpoint covers records that are not there");
    return checkpoint;
  }

  async #opening(known: Known): Promise<EventFields> {
    known.id = this.#parts.nextId();
    const origin = logOrigin(known.id);
    const predecessor = await newestOther(this.#parts.store, this.#name);
    return logOpen({ origin, publicKey: this.#sign.vkey, predecessor, software: this.#parts.software });
  }
}

interface Known {
  /** Id of the log, which its first record says; null: it has none. */
  id: string | null;
  size: number;
  head: string | null;
  tree: MerkleAccumulator;
  /** Records under a checkpoint that was verified, or made here. */
  signedSize: number;
  /** Largest size that is bound, by log. */
  readonly bound: Map<string, number>;
}

function unread(): Known {
  const tree = new MerkleAccumulator(nodeHasher);
  return { id: null, size: 0, head: null, tree, signedSize: 0, bound: new Map() };
}

/** Logs of checkpoints are short in a turn: a batch is only long when many old logs are bound at once. */
const BATCH_RECORDS = 1024;

function readLine(log: string, line: Uint8Array): AuditRecord {
  try {
    const record = JSON.parse(Buffer.from(line).toString("utf8")) as AuditRecord;
    if (typeof record.hash_chain === "object" && record.hash_chain !== null) return record;
  } catch {
    // Told below.
  }
  throw unusableLog(log, "a record is not readable");
}

function checkLink(name: string, line: Uint8Array, known: Known): void {
  const { hash_chain: chain } = readLine(name, line);
  if (chain.log !== known.id || chain.seq !== known.size || chain.prev !== known.head) {
    throw unusableLog(name, `the chain breaks at record ${known.size}`);
  }
}

/** The note over the most records: in the order of things at the end, or a few records before. */
export async function newestNote(store: AuditStore, name: string, size: number): Promise<Uint8Array | null> {
  for (let back = 0; ; back = Math.max(1, 2 * back)) {
    const from = Math.max(0, size - back);
    let last: Uint8Array | null = null;
    for await (const { note } of store.checkpoints(name, from)) last = note;
    if (last !== null || from === 0) return last;
  }
}

/** What a note says, if this key signed it. */
async function checkpointOf(bytes: Uint8Array, key: VerifierKey): Promise<Checkpoint | null> {
  const note = parseNote(bytes);
  const { verified, failed } = await verifyNote(note, [key], nodeEd25519Verify);
  return verified.length > 0 && failed.length === 0 ? parseCheckpoint(note.text) : null;
}

/** The last signed root of the newest log of checkpoints of another key, for a new one to go on from. */
async function newestOther(store: AuditStore, name: string): Promise<LogRoot | null> {
  let newest: LogRoot | null = null;
  for (const other of await store.logs()) {
    if (!other.startsWith(CHECKPOINTS_PREFIX) || other === name) continue;
    const root = await signedRoot(store, other);
    // UUIDv7: a greater one is younger.
    if (root !== null && (newest === null || root.log > newest.log)) newest = root;
  }
  return newest;
}

/** Null for a log that nothing signed yet, or that is damaged: saying so is the verifier's work. */
async function signedRoot(store: AuditStore, name: string): Promise<LogRoot | null> {
  try {
    const note = await newestNote(store, name, (await store.head(name)).size);
    if (note === null) return null;
    for await (const line of linesOf(store.read(name))) {
      const { body, hash_chain: chain } = readLine(name, line);
      const vkey = body?.["public_key"];
      if (typeof vkey !== "string") return null;
      const checkpoint = await checkpointOf(note, parseVerifierKey(nodeHasher, vkey));
      if (checkpoint === null || checkpoint.origin !== logOrigin(chain.log)) return null;
      return { log: chain.log, size: checkpoint.size, root: Buffer.from(checkpoint.root).toString("hex") };
    }
  } catch (error) {
    if (!ProclawError.is(error, "unreadable_evidence")) throw error;
  }
  return null;
}
