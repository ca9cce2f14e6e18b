import type { AuditRecord, AuditStore, JsonValue } from "@proclaw/core";
import { leafHash, logOrigin, MerkleAccumulator, parseCheckpoint, parseNote } from "@proclaw/verify";
import type { Checkpoint } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { linesOf } from "./lines.ts";
import { unusableLog } from "./log-writer.ts";
import { OpenDecisions } from "./open-decisions.ts";

/** A log as it was found, record by record. */
export interface ReadLog {
  readonly size: number;
  readonly head: string | null;
  readonly tree: MerkleAccumulator;
  /** Records under the last checkpoint. */
  readonly signedSize: number;
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
 * has compared it with every checkpoint there is. Else a rewritten log would get a fresh signature.
 *
 * @param size records that the store says it holds
 * @throws ProclawError `unreadable_evidence` where chain or checkpoints do not fit
 */
export async function readLog(store: AuditStore, log: string, size: number): Promise<ReadLog> {
  const tree = new MerkleAccumulator(nodeHasher);
  const open = new OpenDecisions();
  let head: string | null = null;
  let closed = false;
  let lastEpoch = -1;
  let keyEpoch = 0;
  let key: JsonValue | undefined;
  let endedKey: JsonValue | undefined = null;
  let signedSize = 0;
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
    for (; claim.done !== true && claim.value.size === tree.size; claim = await claims.next()) {
      if (!Buffer.from(claim.value.root).equals(tree.root())) {
        throw unusableLog(log, `its first ${tree.size} records are not those of its checkpoint`);
      }
      signedSize = tree.size;
    }
  }
  if (claim.done !== true) throw unusableLog(log, "a checkpoint covers records that are not there");
  if (tree.size !== size) throw unusableLog(log, `it shows ${tree.size} records, and the store says ${size}`);
  return { size, signedSize, head, tree, open, closed, publicKey: key, endedKey, lastEpoch, keyEpoch };
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

async function* claimsOf(store: AuditStore, log: string): AsyncGenerator<Checkpoint> {
  for await (const { note } of store.checkpoints(log)) {
    const claim = parseCheckpoint(parseNote(note).text);
    if (claim.origin !== logOrigin(log)) throw unusableLog(log, "a checkpoint of another log is among its own");
    yield claim;
  }
}
