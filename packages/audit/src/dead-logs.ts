import { ProclawError } from "@proclaw/core";
import type { AuditRecord, AuditStore, EventFields, JsonValue, Logger, StoreLease } from "@proclaw/core";
import { isLogId, logOrigin, parseCheckpoint, parseNote, parseRecord, verifyNote } from "@proclaw/verify";
import { nodeEd25519Verify } from "@proclaw/verify/node";
import type { Drafter } from "./draft.ts";
import { deadLogRecovered, logClose, logOpen, settleDecision } from "./internal-events.ts";
import type { LogRoot } from "./internal-events.ts";
import { boundRoots } from "./bound-roots.ts";
import { newestNote } from "./checkpoint-log.ts";
import { linesOf } from "./lines.ts";
import { LogWriter, unusableLog } from "./log-writer.ts";
import type { NoteSigner } from "./note-signer.ts";
import { readLog } from "./read-log.ts";
import type { ReadLog } from "./read-log.ts";
import type { ChainIdentity } from "./seal.ts";

export interface DeadLogParts {
  readonly store: AuditStore;
  /** Our keys: the one in force first, then those before it. */
  readonly signers: readonly NoteSigner[];
  readonly draft: Drafter;
  readonly writer: string;
  readonly software: string;
  readonly logger: Logger;
}

export interface SettledLogs {
  /** The newest closed log, for the next one to bind; null: there is none that we signed. */
  readonly predecessor: LogRoot | null;
  /** The ends of all closed logs that our keys signed: the log of checkpoints has to bind each. */
  readonly ends: readonly LogRoot[];
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
  let predecessor: LogRoot | null = null;
  let newest: End | null = null;
  const ends: LogRoot[] = [];
  const left: { log: string; code: string }[] = [];
  for (const log of (await store.logs()).filter(isLogId)) {
    try {
      if (await isEmpty(store, log)) continue;
      const end = (await finished(parts, log)) ?? (await settle(parts, log));
      newest = end;
      if (end.signed !== null) ends.push((predecessor = end.signed));
    } catch (error) {
      if (ProclawError.is(error, "lease_held")) continue;
      const code = ProclawError.is(error) ? error.code : "internal_error";
      logger.error(`log \`${log}\` is left as it is: ${error instanceof Error ? error.message : code}`);
      left.push({ log, code });
    }
  }
  if (newest !== null && !newest.ours) {
    logger.warn(
      `the newest closed log of this trail was signed with another key than \`${(parts.signers[0] as NoteSigner).key.name}\` of now: to verify needs both (repeat --key)`,
    );
  }
  return { predecessor, ends, left };
}

/**
 * Whether a log holds no byte. Such a log may be one that another process is just making, and whose
 * lease it is about to take: to be there first would make it fail. There is nothing to lose in it.
 */
async function isEmpty(store: AuditStore, log: string): Promise<boolean> {
  if ((await store.lastLine(log)) !== null) return false;
  const { size, tornBytes } = await store.head(log);
  return size === 0 && tornBytes === 0;
}

/** The end of a log that needs nothing any more. */
interface End {
  /** Its last checkpoint; null: none with a key of ours. */
  readonly signed: LogRoot | null;
  /** Whether a key of ours signs this log. */
  readonly ours: boolean;
}

/** Looks at the last line only. Null: the log is not closed, or the last checkpoint over it is missing and ours to make. */
async function finished(parts: DeadLogParts, log: string): Promise<End | null> {
  const last = await closing(parts.store, log);
  if (last === null) return null;
  const size = last.hash_chain.seq + 1;
  const keys = parts.signers.map(({ key }) => key);
  for await (const { note: bytes } of parts.store.checkpoints(log, size)) {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    if (checkpoint.origin !== logOrigin(log) || checkpoint.size !== size) continue;
    const { verified } = await verifyNote(note, keys, nodeEd25519Verify);
    const root = Buffer.from(checkpoint.root).toString("hex");
    const ours = verified.length > 0;
    return { signed: ours ? { log, size, root } : null, ours };
  }
  if (last.body?.["reason"] === "closed") {
    const signed = await signedPart(parts, log, size);
    if (signed !== null) return { signed, ours: true };
  }
  // Of a log whose key was changed, reading the whole will tell.
  if (last.hash_chain.key_epoch > 0) return null;
  for await (const line of linesOf(parts.store.read(log))) {
    const ours = signerOf(parts, parseRecord(line).body?.["public_key"]) !== null;
    return ours ? null : { signed: null, ours };
  }
  return null;
}

/**
 * Of a log that its own writer closed without signing the end: what it signed before. Nothing can be
 * written after log.close, so nothing could declare that another process signed the rest; verifying
 * gives the notice `uncovered_tail`. Null: no key of ours signed its newest checkpoint.
 */
async function signedPart(
  { store, signers, logger }: DeadLogParts,
  log: string,
  size: number,
): Promise<LogRoot | null> {
  const bytes = await newestNote(store, log, size);
  if (bytes === null) return null;
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.text);
  const keys = signers.map(({ key }) => key);
  const { verified } = await verifyNote(note, keys, nodeEd25519Verify);
  if (verified.length === 0 || checkpoint.origin !== logOrigin(log) || checkpoint.size > size) return null;
  logger.warn(
    `log \`${log}\` was closed, and its writer died before it signed the last ${size - checkpoint.size} records: they stay unsigned`,
  );
  return { log, size: checkpoint.size, root: Buffer.from(checkpoint.root).toString("hex") };
}

/** Our signer with this vkey. */
function signerOf(parts: DeadLogParts, vkey: JsonValue | undefined): NoteSigner | null {
  return parts.signers.find((signer) => signer.vkey === vkey) ?? null;
}

/** The `log.close` that a log ends in; null if it does not. */
async function closing(store: AuditStore, log: string): Promise<AuditRecord | null> {
  const line = await store.lastLine(log);
  if (line === null) return null;
  try {
    const record = parseRecord(line);
    return record.kind === "log.close" ? record : null;
  } catch {
    // Damage: reading the whole log will name it.
    return null;
  }
}

async function settle(parts: DeadLogParts, log: string): Promise<End> {
  const lease = await parts.store.lease(log);
  try {
    // Somebody else may have done it while we were on our way.
    return (await finished(parts, log)) ?? (await close(parts, lease));
  } finally {
    await lease.release();
  }
}

async function close(parts: DeadLogParts, lease: StoreLease): Promise<End> {
  const { store, writer, logger } = parts;
  const { log } = lease;
  const recovered = await store.recover(lease);
  const found = await readLog(store, log, recovered.size, await boundRoots(store, log));
  if (found.head !== recovered.head) throw unusableLog(log, "it changed while it was read");
  const signer = found.size === 0 ? (parts.signers[0] as NoteSigner) : signerOf(parts, found.publicKey);
  const doubt = doubtOf(found);
  if (doubt !== null) logger.error(`log \`${log}\`: its end is closed but neither signed nor bound: ${doubt}`);
  else if (signer === null) logger.warn(`log \`${log}\` is signed with another key: its end is closed but not signed`);
  const sign = doubt === null ? signer : null;
  // The lease's epoch starts anew where its files were not copied with the log.
  const writerEpoch = Math.max(lease.epoch, found.lastEpoch + 1);
  const chain = { log, writer, writerEpoch, keyEpoch: found.keyEpoch };
  const endedEpoch = doubt === null ? await signEndedEpoch(parts, lease, chain, found) : found.signedSize;
  const position = { ...found, signedSize: endedEpoch };
  const ending = new LogWriter(store, lease, chain, sign, position);
  // Whoever closed it may have died before signing that.
  const drafts = found.closed ? [] : lastRecords(parts, log, found, recovered.keptAside).map(parts.draft);
  for (let at = 0; at < drafts.length; at += BATCH_RECORDS) await ending.write(drafts.slice(at, at + BATCH_RECORDS));
  await ending.checkpoint();
  // What a doubtful log has under its last checkpoint is beyond doubt.
  if (doubt !== null) return { signed: signer === null ? null : found.signed, ours: signer !== null };
  return { signed: sign === null ? null : ending.asPredecessor(), ours: sign !== null };
}

/**
 * Why nothing may be signed over what stands after the last checkpoint of a log; null: it may be.
 *
 * INVARIANT (a signature has a root): who can write the folder and has no key can make a log, or
 * rewrite one and take its checkpoints away. A writer signs its log.open before it acknowledges a
 * record, so a log of more than that without any checkpoint is not what a writer left; and what was
 * not signed when the writer died is declared in the log (`signed_size`) before it is signed.
 */
function doubtOf(found: ReadLog): string | null {
  if (found.signedSize === found.size) return null;
  if (found.signedSize === 0 && found.ownEnd > 1) return "it has records, and no checkpoint by its writer";
  if (!found.closed) return null;
  const declared = found.declaredSize;
  const isDeclared = Number.isSafeInteger(declared) && Number(declared) >= 0 && Number(declared) <= found.signedSize;
  return found.ownEnd < found.size && isDeclared
    ? null
    : "it is closed, and its last checkpoint does not cover its end";
}

/**
 * Signs, with the key of the epoch that it ends, a `key.rotate` whose writer died before that.
 *
 * @returns records under the last checkpoint
 */
async function signEndedEpoch(
  parts: DeadLogParts,
  lease: StoreLease,
  chain: ChainIdentity,
  found: ReadLog,
): Promise<number> {
  if (found.endedKey === null || found.signedSize === found.size) return found.signedSize;
  const sign = signerOf(parts, found.endedKey);
  if (sign === null) {
    parts.logger.warn(
      `log \`${chain.log}\`: the key that its last record retires is not at hand to sign it, so its next key has to be trusted by itself`,
    );
    return found.signedSize;
  }
  await new LogWriter(parts.store, lease, chain, sign, { ...found, tree: found.tree.clone() }).checkpoint();
  return found.size;
}

function lastRecords(parts: DeadLogParts, log: string, found: ReadLog, keptAsideBytes: number): EventFields[] {
  const origin = logOrigin(log);
  const publicKey = (parts.signers[0] as NoteSigner).vkey;
  // Its writer died before its first record: then we open it for him, so that it can be closed.
  const open = found.size === 0 ? [logOpen({ origin, publicKey, predecessor: null, software: parts.software })] : [];
  return [
    ...open,
    deadLogRecovered({ keptAsideBytes, signedSize: found.signedSize }),
    // Whether an allowed call ran, nobody saw; one that was not allowed did not.
    ...found.open.all().map((one) => settleDecision(one, one.allowed ? "unknown" : "not_executed", "writer_dead")),
    logClose("writer_dead"),
  ];
}

/** Far below a store's limit for a batch: records of our own making have no payload. */
const BATCH_RECORDS = 1024;
