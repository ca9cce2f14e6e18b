import { ProclawError } from "@proclaw/core";
import { fromBase64, toBase64, toHex, utf8 } from "./bytes.ts";
import type { Hasher } from "./hasher.ts";

/** Signature types of C2SP signed-note that this package verifies. */
export const ED25519 = 0x01;
/** Timestamped Ed25519 cosignature of a witness, C2SP tlog-cosignature. */
export const COSIGNATURE_V1 = 0x04;
export type SignatureType = typeof ED25519 | typeof COSIGNATURE_V1;

/** A public key as C2SP signed-note names it. */
export interface VerifierKey {
  readonly name: string;
  /** Key id: 8 lower-case hexadecimal digits. Short on purpose; it finds a key, it proves nothing. */
  readonly id: string;
  readonly type: SignatureType;
  /** 32 bytes, Ed25519 (RFC 8032). */
  readonly publicKey: Uint8Array;
}

/**
 * Key id of C2SP signed-note: the first four bytes of `SHA-256(name ‖ 0x0A ‖ type ‖ public key)`,
 * as 8 hexadecimal digits.
 */
export function keyId(hasher: Hasher, name: string, publicKey: Uint8Array, type: SignatureType = ED25519): string {
  return toHex(hasher.sha256(utf8(name), Uint8Array.of(0x0a, type), publicKey).subarray(0, 4));
}

/** Makes a key of its parts; throws `unreadable_evidence` for a bad name or length. */
export function verifierKey(
  hasher: Hasher,
  name: string,
  publicKey: Uint8Array,
  type: SignatureType = ED25519,
): VerifierKey {
  if (!isKeyName(name)) throw badKey("has a bad name: empty, or with white space, a control character or `+` in it");
  if (publicKey.length !== 32) throw badKey("is not 32 bytes long");
  return { name, id: keyId(hasher, name, publicKey, type), type, publicKey };
}

/** A vkey: `name+id+base64(type ‖ public key)`. */
export function formatVerifierKey(key: VerifierKey): string {
  return `${key.name}+${key.id}+${toBase64(Uint8Array.of(key.type, ...key.publicKey))}`;
}

/**
 * Reads a vkey. One LF at the end, as a `.vkey` file has it, may stand or not. Throws
 * `unreadable_evidence`; also when the id does not belong to the key.
 */
export function parseVerifierKey(hasher: Hasher, text: string): VerifierKey {
  const line = text.endsWith("\n") ? text.slice(0, -1) : text;
  // Base64 may hold `+` too, so only the first two separate.
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) throw badKey("has not the form name+id+key");
  const material = fromBase64(encoded);
  const type = material[0];
  if (type !== ED25519 && type !== COSIGNATURE_V1) throw badKey("is of a type other than Ed25519");
  const key = verifierKey(hasher, name, material.subarray(1), type);
  if (key.id !== id) throw badKey("does not match its key id");
  return key;
}

/** C2SP signed-note: not empty, no Unicode space, no plus; and, as in all of a note, no control character. */
export function isKeyName(name: string): boolean {
  return name.isWellFormed() && /^[^\s\p{Z}\p{Cc}+]+$/u.test(name);
}

function badKey(why: string): ProclawError {
  return new ProclawError("unreadable_evidence", `the verifier key ${why}`);
}
