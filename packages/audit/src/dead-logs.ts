import { ProclawError } from "@proclaw/core";
import type { AuditRecord, AuditStore, JsonValue, Logger, StoreLease } from "@proclaw/core";
import {
  formatVerifierKey,
  isLogId,
  leafHash,
  logOrigin,
  MerkleAccumulator,
  parseCheckpoint,
  parseNote,
  parseRecord,
  verifyNote,
} from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import type { Draft, Drafter } from "./draft.ts";
import { logClose, logOpen, logRecovered, settleDecision } from "./internal-events.ts";
import type { Predecessor } from "./internal-events.ts";
import { linesOf } from "./lines.ts";
import { LogWriter, unusableLog } from "./log-writer.ts";
import type { NoteSigner } from "./log-writer.ts";
import { OpenDecisions } from "./open-decisions.ts";

export interface DeadLogParts {
  readonly store: AuditStore;
  readonly sign: NoteSigner;
  readonly draft: Drafter;
  readonly writer: string;
  readonly software: string;
  readonly logger: Logger;
}

export interface SettledLogs {
  /** The newest closed log, for the next one to bind; null: there is none that we signed. */
  readonly predecessor: Predecessor | null;
  /** Logs that could not be closed, and the error code that says why. */
  readonly left: readonly { readonly log: string; readonly code: string }[];
}

/**
 * Closes every log whose writer died: recovers its end, settles its decisions, appends `log.close`,
 * signs. Logs of living writers are left alone, and so are logs that cannot be closed; they are named.
 *
 * Cost: one line read per log. Only a log that was not closed is read as a whole, once, because the
 * tree over it has to be signed and any record may hold a decision that still waits.
 */
export async function settleDeadLogs(parts: DeadLogParts): Promise<SettledLogs> {
  const { store, logger } = parts;
  let predecessor: Predecessor | null = null;
  const left: { log: string; code: string }[] = [];
  for (const log of (await store.logs()).filter(isLogId)) {
    try {
      const closedAt = await closedSize(store, log);
      predecessor =
        (closedAt === null ? await settle(parts, log) : await lastCheckpoint(parts, log, closedAt)) ?? predecessor;
    } catch (error) {
      if (ProclawError.is(error, "lease_held")) continue;
      const code = ProclawError.is(error) ? error.code : "internal_error";
      logger.error(`log \`${log}\` is left as it is: ${error instanceof Error ? error.message : code}`);
      left.push({ log, code });
    }
  }
  return { predecessor, left };
}

/** Records of a log that ends in `log.close`; null if it does not. */
async function closedSize(store: AuditStore, log: string): Promise<number | null> {
  const line = await store.lastLine(log);
  if (line === null) return null;
  try {
    const record = parseRecord(line);
    return record.kind === "log.close" ? record.hash_chain.seq + 1 : null;
  } catch {
    // Damage: reading the whole log will name it.
    return null;
  }
}

/** The checkpoint over all of a closed log, if it is there and our signature on it is good. */
async function lastCheckpoint(parts: DeadLogParts, log: string, size: number): Promise<Predecessor | null> {
  for await (const { note: bytes } of parts.store.checkpoints(log, size)) {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    if (checkpoint.origin !== logOrigin(log) || checkpoint.size !== size) continue;
    const { verified } = await verifyNote(note, [parts.sign.key], nodeEd25519Verify);
    if (verified.length > 0) return { log, size, root: Buffer.from(checkpoint.root).toString("hex") };
  }
  return null;
}

async function settle(parts: DeadLogParts, log: string): Promise<Predecessor | null> {
  const lease = await parts.store.lease(log);
  try {
    // Somebody else may have closed it while we were on our way.
    const closedAt = await closedSize(parts.store, log);
    return closedAt === null ? await close(parts, lease) : await lastCheckpoint(parts, log, closedAt);
  } finally {
    await lease.release();
  }
}

async function close(parts: DeadLogParts, lease: StoreLease): Promise<Predecessor> {
  const { store, sign, draft, writer } = parts;
  const { log } = lease;
  const recovered = await store.recover(lease);
  const found = await readLog(store, log, recovered.size);
  if (found.head !== recovered.head) throw unusableLog(log, "it changed while it was read");
  const vkey = formatVerifierKey(sign.key);
  const ours = found.size === 0 || found.publicKey === vkey;
  if (!ours) parts.logger.warn(`log \`${log}\` is signed with another key: its end is closed but not signed`);
  // The lease's epoch starts anew where its files were not copied with the log.
  const writerEpoch = Math.max(lease.epoch, found.lastEpoch + 1);
  const chain = { log, writer, writerEpoch, keyEpoch: found.keyEpoch };
  const writerOfLog = new LogWriter(store, lease, chain, ours ? sign : null, found);
  const drafts: Draft[] = [];
  if (found.size === 0) {
    const open = { origin: logOrigin(log), publicKey: vkey, predecessor: null, software: parts.software };
    drafts.push(draft(logOpen(open)));
  }
  drafts.push(
    draft(logRecovered({ cause: "writer_dead", keptAsideBytes: recovered.keptAside, rejectedButDurable: [] })),
  );
  for (const open of found.open.all()) {
    // Whether an allowed call ran, nobody saw; one that was not allowed did not.
    drafts.push(draft(settleDecision(open, open.allowed ? "unknown" : "not_executed", "writer_dead")));
  }
  drafts.push(draft(logClose("writer_dead")));
  for (let at = 0; at < drafts.length; at += BATCH_RECORDS)
    await writerOfLog.write(drafts.slice(at, at + BATCH_RECORDS));
  await writerOfLog.checkpoint();
  return writerOfLog.asPredecessor();
}

/** Far below a store's limit for a batch: records of our own making have no payload. */
const BATCH_RECORDS = 1024;

interface ReadLog {
  readonly size: number;
  readonly head: string | null;
  readonly tree: MerkleAccumulator;
  readonly open: OpenDecisions;
  /** The vkey that signs for the last record, as the log itself says. */
  readonly publicKey: JsonValue | undefined;
  readonly lastEpoch: number;
  readonly keyEpoch: number;
}

/** Reads a log from its first record, follows the chain, and throws `unreadable_evidence` where it breaks. */
async function readLog(store: AuditStore, log: string, size: number): Promise<ReadLog> {
  const tree = new MerkleAccumulator(nodeHasher);
  const open = new OpenDecisions();
  let head: string | null = null;
  let lastEpoch = -1;
  let keyEpoch = 0;
  let key: JsonValue | undefined;
  let nextKey: JsonValue | undefined;
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
    if (chain.key_epoch !== keyEpoch) key = nextKey;
    if (record.kind === "key.rotate") nextKey = record.body?.["public_key"];
    lastEpoch = chain.writer_epoch;
    keyEpoch = chain.key_epoch;
  }
  if (tree.size !== size) throw unusableLog(log, `it shows ${tree.size} records, and the store says ${size}`);
  return { size, head, tree, open, publicKey: key, lastEpoch, keyEpoch };
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
