import { createPublicKey, verify } from "node:crypto";
import type { Ed25519Verify } from "./note.ts";

// SubjectPublicKeyInfo of Ed25519 (RFC 8410 section 4) up to the 32 bytes of the key.
const SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** Ed25519 by Node's OpenSSL. False, never an exception, for keys and signatures of a wrong length. */
export const nodeEd25519Verify: Ed25519Verify = (publicKey, message, signature): boolean => {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
  return verify(null, message, key, signature);
};
