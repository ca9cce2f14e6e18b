import type { AuditSource, StoredCheckpoint } from "@proclaw/core";
import { parseCheckpoint, parseNote } from "@proclaw/verify";

export interface LocalCheckpoint {
  /** Records it covers. */
  readonly size: number;
  readonly note: Uint8Array;
}

/**
 * The checkpoints of a log over `from` to `to` records that the remote store needs: of several in a
 * row by the same signers the last, because it covers what the others cover. One before a change of
 * signers is kept: it is the old key's word for the new one.
 */
export async function* checkpointsToShip(
  source: AuditSource,
  log: string,
  from: number,
  to: number,
): AsyncGenerator<LocalCheckpoint> {
  let held: (LocalCheckpoint & { readonly signers: string }) | null = null;
  for await (const stored of source.checkpoints(log, from)) {
    const { size, signers } = reading(stored);
    if (size === null) continue;
    if (size > to) break;
    if (held !== null && held.signers !== signers) yield held;
    held = { size, note: stored.note, signers };
  }
  if (held !== null) yield held;
}

/** Size of the newest checkpoint of a log; 0: it has none. */
export async function newestCheckpoint(source: AuditSource, log: string, from: number): Promise<number> {
  let newest = 0;
  for await (const stored of source.checkpoints(log, from)) newest = Math.max(newest, reading(stored).size ?? 0);
  return newest;
}

/** Whether the remote store holds the very checkpoint over `size` records that is here. */
export async function holdsCheckpoint(
  local: AuditSource,
  remote: AuditSource,
  log: string,
  size: number,
): Promise<boolean> {
  const [ours, theirs] = await Promise.all([noteAt(local, log, size), noteAt(remote, log, size)]);
  return ours !== null && theirs !== null && Buffer.compare(ours, theirs) === 0;
}

async function noteAt(source: AuditSource, log: string, at: number): Promise<Uint8Array | null> {
  for await (const stored of source.checkpoints(log, at)) {
    const { size } = reading(stored);
    if (size === at) return stored.note;
    if (size !== null && size > at) break;
  }
  return null;
}

/** A note that cannot be read is the verifier's to judge: it is shipped by the size that its name says. */
function reading({ name, note: bytes }: StoredCheckpoint): { readonly size: number | null; readonly signers: string } {
  try {
    const note = parseNote(bytes);
    const signers = note.signatures.map((signature) => `${signature.name}+${signature.keyId}`).join();
    return { size: parseCheckpoint(note.text).size, signers };
  } catch {
    const size = Number(/(\d{16})\.note$/.exec(name)?.[1] ?? Number.NaN);
    return { size: Number.isSafeInteger(size) ? size : null, signers: name };
  }
}
