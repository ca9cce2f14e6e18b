import { createPublicKey, verify, type KeyObject } from "node:crypto";
import type { Ed25519Verify } from "./note.ts";

// SubjectPublicKeyInfo of Ed25519 (RFC 8410 section 4) up to the 32 bytes of the key.
const SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** Making a key costs as much as a third of a signature; a log has one for all of its checkpoints. */
const KEYS = new WeakMap<Uint8Array, { readonly bytes: Buffer; readonly key: KeyObject }>();

function keyOf(publicKey: Uint8Array): KeyObject {
  const known = KEYS.get(publicKey);
  // The caller may have written other bytes into the same array.
  if (known?.bytes.equals(publicKey) === true) return known.key;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
  KEYS.set(publicKey, { bytes: Buffer.from(publicKey), key });
  return key;
}

/** Ed25519 by Node's OpenSSL. False, never an exception, for keys and signatures of a wrong length. */
export const nodeEd25519Verify: Ed25519Verify = (publicKey, message, signature): boolean => {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return verify(null, message, keyOf(publicKey), signature);
};
