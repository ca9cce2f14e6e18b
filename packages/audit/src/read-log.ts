import type { AuditRecord, AuditStore, JsonValue } from "@proclaw/core";
import {
  leafHash,
  logOrigin,
  MerkleAccumulator,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  verifyNote,
} from "@proclaw/verify";
import type { Checkpoint, Note } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import type { LogRoot } from "./internal-events.ts";
import { linesOf } from "./lines.ts";
import { unusableLog } from "./log-writer.ts";
import { OpenDecisions } from "./open-decisions.ts";

/** A log as it was found, record by record. */
export interface ReadLog {
  readonly size: number;
  readonly head: string | null;
  readonly tree: MerkleAccumulator;
  /** Records under the last checkpoint, whose signature was verified. */
  readonly signedSize: number;
  /** That checkpoint; null: there is none. */
  readonly signed: LogRoot | null;
  /** Where the tail begins that the next process wrote for its dead writer; `size` if there is none at the end. */
  readonly ownEnd: number;
  /** The `signed_size` that this tail declares. */
  readonly declaredSize: JsonValue | undefined;
  readonly open: OpenDecisions;
  /** Whether it ends in `log.close`. */
  readonly closed: boolean;
  readonly lastEpoch: number;
  /** The key epoch that the next record belongs to. */
  readonly keyEpoch: number;
  /** The vkey of that epoch, as the log itself says. */
  readonly publicKey: JsonValue | undefined;
  /** The vkey of the epoch that the last record ended, if it is a `key.rotate`; else null. */
  readonly endedKey: JsonValue | undefined;
}

/**
 * Reads a log from its first record on and follows its chain, next to its checkpoints.
 *
 * INVARIANT (nothing is signed over a contradiction): whoever signs a log that somebody else wrote
 * has compared it with every checkpoint and binding there is. Else a rewritten log would get a fresh signature.
 *
 * @param bound what the logs of checkpoints say of this log: roots (hex) by size
 * @param size records that the store says it holds
 * @throws ProclawError `unreadable_evidence` where chain or checkpoints do not fit
 */
export async function readLog(store: AuditStore, log: string, size: number, bound: Bound): Promise<ReadLog> {
  const tree = new MerkleAccumulator(nodeHasher);
  const open = new OpenDecisions();
  let head: string | null = null;
  let closed = false;
  let lastEpoch = -1;
  let keyEpoch = 0;
  let key: JsonValue | undefined;
  let endedKey: JsonValue | undefined = null;
  let last: SignedClaim | null = null;
  let ownEnd: number | null = null;
  let declaredSize: JsonValue | undefined;
  let boundSizes = 0;
  const claims = claimsOf(store, log)[Symbol.asyncIterator]();
  let claim = await claims.next();
  for await (const line of linesOf(store.read(log))) {
    const record = readRecord(line, log, tree.size);
    const chain = record.hash_chain;
    if (chain.log !== log || chain.seq !== tree.size || chain.prev !== head) {
      throw unusableLog(log, `the chain breaks at record ${tree.size}`);
    }
    const leaf = leafHash(nodeHasher, line);
    head = Buffer.from(leaf).toString("hex");
    tree.append(leaf);
    open.observe(record.event_id, record);
    if (record.kind === "log.open") key = record.body?.["public_key"];
    if (chain.key_epoch !== keyEpoch) throw unusableLog(log, `record ${tree.size - 1} is of another key epoch`);
    endedKey = null;
    if (record.kind === "key.rotate") {
      endedKey = key;
      key = record.body?.["public_key"];
      keyEpoch++;
    }
    closed = record.kind === "log.close";
    lastEpoch = chain.writer_epoch;
    if (isDeathRecord(record)) {
      ownEnd = tree.size - 1;
      declaredSize = record.body?.["signed_size"];
    } else if (!isSettlement(record)) ownEnd = null;
    for (; claim.done !== true && claim.value.checkpoint.size === tree.size; claim = await claims.next()) {
      const { note, checkpoint } = claim.value;
      if (!Buffer.from(checkpoint.root).equals(tree.root())) {
        throw unusableLog(log, `its first ${tree.size} records are not those of its checkpoint`);
      }
      last = { note, size: tree.size, root: Buffer.from(checkpoint.root).toString("hex"), key: endedKey ?? key };
    }
    const roots = bound.get(tree.size);
    if (roots !== undefined) {
      const root = Buffer.from(tree.root()).toString("hex");
      if (roots.some((one) => one !== root)) {
        throw unusableLog(log, `its first ${tree.size} records are not those that a log of checkpoints binds`);
      }
      boundSizes++;
    }
  }
  if (claim.done !== true) throw unusableLog(log, "a checkpoint covers records that are not there");
  if (boundSizes < bound.size) throw unusableLog(log, "a log of checkpoints binds records that are not there");
  if (tree.size !== size) throw unusableLog(log, `it shows ${tree.size} records, and the store says ${size}`);
  const signed = last === null ? null : await verified(log, last);
  return {
    size,
    signedSize: signed?.size ?? 0,
    signed,
    ownEnd: ownEnd ?? size,
    declaredSize,
    head,
    tree,
    open,
    closed,
    publicKey: key,
    endedKey,
    lastEpoch,
    keyEpoch,
  };
}

/** Roots (hex) by size, as logs of checkpoints bind them for one log. */
export type Bound = ReadonlyMap<number, readonly string[]>;

interface SignedClaim {
  readonly note: Note;
  readonly size: number;
  readonly root: string;
  /** The vkey that has to have signed. */
  readonly key: JsonValue | undefined;
}

/** A writer keeps no note that its key did not sign: one that somebody else put there vouches for nothing. */
async function verified(log: string, { note, size, root, key }: SignedClaim): Promise<LogRoot> {
  try {
    const keys = typeof key === "string" ? [parseVerifierKey(nodeHasher, key)] : [];
    const signatures = await verifyNote(note, keys, nodeEd25519Verify);
    if (signatures.verified.length > 0 && signatures.failed.length === 0) return { log, size, root };
  } catch {
    // Not a key: told below.
  }
  throw unusableLog(log, "its last checkpoint is not signed by its key");
}

/** Begins what a process writes into the log of a dead writer. */
function isDeathRecord({ kind, call_id, body }: AuditRecord): boolean {
  return kind === "recovery" && call_id === null && body?.["cause"] === "writer_dead";
}

/** What follows there: no record that says what a call did. */
function isSettlement({ kind, body }: AuditRecord): boolean {
  return (kind === "recovery" || kind === "log.close") && body?.["reason"] === "writer_dead";
}

/**
 * Reads only what recovery needs. A record that is wrong in other ways is the verifier's to report:
 * it does not keep its log from being closed.
 */
function readRecord(line: Uint8Array, log: string, seq: number): AuditRecord {
  try {
    const record = JSON.parse(Buffer.from(line).toString("utf8")) as AuditRecord;
    if (typeof record.hash_chain === "object" && record.hash_chain !== null) return record;
  } catch {
    // Told below.
  }
  throw unusableLog(log, `record ${seq} is not readable`);
}

async function* claimsOf(
  store: AuditStore,
  log: string,
): AsyncGenerator<{ readonly note: Note; readonly checkpoint: Checkpoint }> {
  for await (const { note: bytes } of store.checkpoints(log)) {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    if (checkpoint.origin !== logOrigin(log)) throw unusableLog(log, "a checkpoint of another log is among its own");
    yield { note, checkpoint };
  }
}
