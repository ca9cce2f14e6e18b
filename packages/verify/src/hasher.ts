/**
 * Where the verifier gets SHA-256 from. Synchronous, because a promise per record would cost more
 * than the hash. Node's is `nodeHasher` in `@proclaw/verify/node`.
 */
export interface Hasher {
  /** SHA-256 (FIPS 180-4) of the parts, one after the other: 32 bytes that the hasher does not touch again. */
  sha256(...parts: Uint8Array[]): Uint8Array;
}

const LEAF_PREFIX = Uint8Array.of(0x00);
const NODE_PREFIX = Uint8Array.of(0x01);

/**
 * Leaf hash of RFC 6962 section 2.1: `SHA-256(0x00 ‖ line)`.
 *
 * INVARIANT (leaf and node hashes cannot be confused): the prefixes 0x00 and 0x01 keep an inner
 * node from being passed off as a record, and the other way round.
 *
 * @param line bytes of a record without the LF
 */
export function leafHash(hasher: Hasher, line: Uint8Array): Uint8Array {
  return hasher.sha256(LEAF_PREFIX, line);
}

/** Hash of an inner node, RFC 6962 section 2.1: `SHA-256(0x01 ‖ left ‖ right)`. */
export function nodeHash(hasher: Hasher, left: Uint8Array, right: Uint8Array): Uint8Array {
  return hasher.sha256(NODE_PREFIX, left, right);
}
