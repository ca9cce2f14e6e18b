import { ProclawError, type AuditRecord } from "@proclaw/core";
import { fromBase64, fromUtf8, toBase64, utf8 } from "./bytes.ts";
import { parseCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { leafHash, type Hasher } from "./hasher.ts";
import { logOrigin } from "./layout.ts";
import { MAX_NOTE_BYTES, parseNote, verifyNote, type Ed25519Verify } from "./note.ts";
import { verifyInclusion } from "./proof.ts";
import { parseRecord } from "./record.ts";
import type { VerifierKey } from "./verifier-key.ts";

/** First line of a proof: C2SP tlog-proof (https://c2sp.org/tlog-proof). */
const HEADER = "c2sp.org/tlog-proof@v1";
/** A tree of 2^53 leaves has no longer paths. */
const MAX_HASHES = 53;

/** A proof that a record stands in a log, which needs nothing but a public key to check. */
export interface TlogProof {
  /** Number of the record. */
  readonly index: number;
  /** RFC 6962 section 2.1.1, lowest first. */
  readonly hashes: readonly Uint8Array[];
  /** The checkpoint, as it was signed. */
  readonly note: Uint8Array;
  /** Not authenticated; null: none. */
  readonly extra: Uint8Array | null;
}

/** Writes a `.tlog-proof` file; throws `invalid_option` if the parts make none. */
export function formatTlogProof(proof: TlogProof): string {
  const extra = proof.extra === null ? "" : `extra ${toBase64(proof.extra)}\n`;
  const hashes = proof.hashes.map((hash) => `${toBase64(hash)}\n`).join("");
  try {
    const text = `${HEADER}\n${extra}index ${proof.index}\n${hashes}\n${fromUtf8(proof.note)}`;
    parseTlogProof(text);
    return text;
  } catch (cause) {
    throw new ProclawError("invalid_option", "these parts make no proof", { cause });
  }
}

/** Reads a `.tlog-proof` file, strictly; throws `unreadable_evidence`. Nothing of it may be believed yet. */
export function parseTlogProof(file: Uint8Array | string): TlogProof {
  const bytes = typeof file === "string" ? utf8(file) : file;
  if (bytes.length > 2 * MAX_NOTE_BYTES) throw badProof("is too large");
  const text = fromUtf8(bytes);
  const end = text.indexOf("\n\n");
  if (end < 0) throw badProof("has no empty line before its checkpoint");
  const lines = text.slice(0, end).split("\n");
  if (lines.shift() !== HEADER) throw badProof(`does not begin with \`${HEADER}\``);
  const extra =
    lines[0]?.startsWith("extra ") === true ? fromBase64((lines.shift() ?? "").slice("extra ".length)) : null;
  const [, digits] = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? "") ?? [];
  const index = Number(digits);
  if (digits === undefined || !Number.isSafeInteger(index)) throw badProof("has no index of a record");
  if (lines.length > MAX_HASHES) throw badProof("has more hashes than a tree has levels");
  const hashes = lines.map(fromBase64);
  if (hashes.some((hash) => hash.length !== 32)) throw badProof("has a hash that is not 32 bytes long");
  const note = utf8(text.slice(end + 2));
  parseCheckpoint(parseNote(note).text);
  return { index, hashes, note, extra };
}

export type TlogProofVerdict =
  | {
      readonly ok: true;
      readonly checkpoint: Checkpoint;
      readonly record: AuditRecord;
      /** Keys that signed the checkpoint, of those given. */
      readonly signers: readonly VerifierKey[];
    }
  | { readonly ok: false; readonly why: string };

/**
 * Whether a record stands at the place that the proof names, in a log whose checkpoint one of the
 * keys signed, and says so itself.
 *
 * @param line the record without its LF
 * @param keys from somewhere else than the proof
 */
export async function verifyTlogProof(
  proof: TlogProof,
  line: Uint8Array,
  options: {
    readonly keys: readonly VerifierKey[];
    readonly hasher: Hasher;
    readonly ed25519Verify: Ed25519Verify;
  },
): Promise<TlogProofVerdict> {
  const note = parseNote(proof.note);
  const checkpoint = parseCheckpoint(note.text);
  const { verified, failed } = await verifyNote(note, options.keys, options.ed25519Verify);
  if (failed.length > 0) return bad("a signature in the name of a given key does not verify");
  if (verified.length === 0) return bad("no given key signed the checkpoint");
  const { size, root } = checkpoint;
  const leaf = leafHash(options.hasher, line);
  if (!verifyInclusion(options.hasher, { leaf, index: proof.index, size, root }, proof.hashes)) {
    return bad("the record is not the one that the checkpoint covers at this place");
  }
  let record: AuditRecord;
  try {
    record = parseRecord(line);
  } catch {
    return bad("what the checkpoint covers at this place is no record");
  }
  const { log, seq } = record.hash_chain;
  if (logOrigin(log) !== checkpoint.origin || seq !== proof.index) {
    return bad("the record says that it stands elsewhere");
  }
  return { ok: true, checkpoint, record, signers: verified };
}

function bad(why: string): TlogProofVerdict {
  return { ok: false, why };
}

function badProof(why: string): ProclawError {
  return new ProclawError("unreadable_evidence", `the proof ${why}`);
}
