import { createHash, hash } from "node:crypto";
import type { Hasher } from "./hasher.ts";

/*
 * Measured on Node 24 (1 KB leaf / 65-byte node, µs): createHash 2.4 / 1.45, hash(…, "buffer")
 * 1.5 / 0.92, hash(…, "binary") 0.86 / 0.29: most of the time goes into making a Buffer, so the
 * digest comes out as a string and is copied into an array of our own.
 */
const SCRATCH = new Uint8Array(65_536);
const NODE_SCRATCH = new Uint8Array(65);

/** SHA-256 by Node's OpenSSL. */
export const nodeHasher: Hasher = {
  sha256(...parts: Uint8Array[]): Uint8Array {
    let length = 0;
    for (const part of parts) length += part.length;
    if (length > SCRATCH.length) {
      const streaming = createHash("sha256");
      for (const part of parts) streaming.update(part);
      return bytesOf(streaming.digest("binary"));
    }
    // Reuse is safe: hash() is synchronous and does not keep its input.
    const input = length === NODE_SCRATCH.length ? NODE_SCRATCH : SCRATCH.subarray(0, length);
    let at = 0;
    for (const part of parts) {
      input.set(part, at);
      at += part.length;
    }
    return bytesOf(hash("sha256", input, "binary"));
  },
};

function bytesOf(latin1: string): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = latin1.charCodeAt(i);
  return bytes;
}
