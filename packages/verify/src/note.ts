import { ProclawError } from "@proclaw/core";
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from "./bytes.ts";
import { COSIGNATURE_V1, isKeyName, type VerifierKey } from "./verifier-key.ts";

/** Largest note we read. C2SP demands room for 16 signatures, post-quantum ones of nearly 5 KB included. */
export const MAX_NOTE_BYTES = 262_144;
/** Most signatures of a note we read; C2SP demands at least 16. */
export const MAX_NOTE_SIGNATURES = 64;

export interface NoteSignature {
  /** Name of the key. */
  readonly name: string;
  /** Key id, 8 hexadecimal digits. */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** A C2SP signed note. Nothing of it may be believed before {@link verifyNote}. */
export interface Note {
  /** What is signed: ends in LF, without the blank line that follows it. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Verifies an Ed25519 signature (RFC 8032). May be WebCrypto's, hence the promise. */
export type Ed25519Verify = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean | Promise<boolean>;

/** What became of each signature of a note. */
export interface NoteVerdict {
  /** Keys whose signature is good. */
  readonly verified: readonly VerifierKey[];
  /** Known keys whose signature is bad: the note must be refused whatever else it bears. */
  readonly failed: readonly VerifierKey[];
  /** Signatures by nobody we know: ignored, as C2SP demands, but reported. */
  readonly unknown: readonly NoteSignature[];
}

/** Reads a note after C2SP signed-note, strictly; throws `unreadable_evidence`. */
export function parseNote(note: Uint8Array | string): Note {
  const bytes = typeof note === "string" ? utf8(note) : note;
  if (bytes.length > MAX_NOTE_BYTES) throw badNote(`is larger than ${MAX_NOTE_BYTES} bytes`);
  const all = fromUtf8(bytes);
  // oxlint-disable-next-line no-control-regex -- control characters are what the specification forbids
  if (/[\u0000-\u0009\u000b-\u001f]/.test(all)) throw badNote("holds a control character");
  const split = all.lastIndexOf("\n\n");
  if (split < 0) throw badNote("has no blank line before its signatures");
  const text = all.slice(0, split + 1);
  const block = all.slice(split + 2);
  if (!block.endsWith("\n")) throw badNote("does not end in a signature line");
  const lines = block.slice(0, -1).split("\n");
  if (lines.length > MAX_NOTE_SIGNATURES) throw badNote(`bears more than ${MAX_NOTE_SIGNATURES} signatures`);
  return { text, signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [, name, encoded] = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
  if (name === undefined || encoded === undefined || !isKeyName(name)) throw badNote("has a malformed signature line");
  const bytes = fromBase64(encoded);
  if (bytes.length < 5) throw badNote("has a signature line without a signature");
  return { name, keyId: toHex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

/**
 * Writes a note. Throws `invalid_option` if what it would write is not a note that reads back.
 *
 * @param text ends in LF
 */
export function formatNote(text: string, signatures: readonly NoteSignature[]): string {
  try {
    const lines = signatures.map(({ name, keyId, signature }) => {
      return `\u2014 ${name} ${toBase64(Uint8Array.of(...fromHex(keyId), ...signature))}\n`;
    });
    const note = `${text}\n${lines.join("")}`;
    const back = parseNote(note);
    if (back.text === text && back.signatures.length === signatures.length) return note;
  } catch (cause) {
    throw new ProclawError("invalid_option", "these parts make no signed note", { cause });
  }
  throw new ProclawError("invalid_option", "these parts make no signed note");
}

/**
 * Checks the signatures of a note against keys the caller trusts. A key is matched by name and id
 * together; a verifier that throws counts as a signature that is bad.
 */
export async function verifyNote(
  note: Note,
  keys: readonly VerifierKey[],
  ed25519Verify: Ed25519Verify,
): Promise<NoteVerdict> {
  const verified: VerifierKey[] = [];
  const failed: VerifierKey[] = [];
  const unknown: NoteSignature[] = [];
  for (const signature of note.signatures) {
    // Ids are 32 bits: two trusted keys may share name and id, and either may have signed.
    const candidates = keys.filter((key) => key.name === signature.name && key.id === signature.keyId);
    if (candidates.length === 0) unknown.push(signature);
    let good: VerifierKey | null = null;
    for (const key of candidates) {
      if (await isGood(note.text, key, signature.signature, ed25519Verify)) good = key;
    }
    if (good !== null) verified.push(good);
    else failed.push(...candidates);
  }
  return { verified, failed, unknown };
}

async function isGood(text: string, key: VerifierKey, signature: Uint8Array, verify: Ed25519Verify): Promise<boolean> {
  try {
    if (key.type !== COSIGNATURE_V1) {
      return signature.length === 64 && (await verify(key.publicKey, utf8(text), signature));
    }
    // C2SP tlog-cosignature: a 64-bit time, then the signature over a header, the time and the text.
    if (signature.length !== 72) return false;
    const time = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
    if (time > 0x7fff_ffff_ffff_ffffn) return false;
    const message = utf8(`cosignature/v1\ntime ${time}\n${text}`);
    return await verify(key.publicKey, message, signature.subarray(8));
  } catch {
    return false;
  }
}

function badNote(why: string): ProclawError {
  return new ProclawError("unreadable_evidence", `the signed note ${why}`);
}
