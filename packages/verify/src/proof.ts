import { ProclawError } from "@proclaw/core";
import { equalBytes } from "./bytes.ts";
import { nodeHash, type Hasher } from "./hasher.ts";
import { merkleRoot } from "./merkle.ts";

/** Says that a leaf stands at `index` of the tree with `size` leaves and this root. */
export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Says that the tree of `size1` leaves is a prefix of the tree of `size2` leaves. */
export interface ConsistencyClaim {
  readonly size1: number;
  readonly root1: Uint8Array;
  readonly size2: number;
  readonly root2: Uint8Array;
}

/**
 * `PATH(index, D[size])` of RFC 6962 section 2.1.1: the hashes that lead from leaf `index` to the
 * root over `leaves`, lowest first.
 */
export function inclusionProof(hasher: Hasher, leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  requireIndex(index, leaves.length - 1, "index");
  const path = (lo: number, hi: number): Uint8Array[] => {
    if (hi - lo === 1) return [];
    const middle = lo + splitPoint(hi - lo);
    return index < middle
      ? [...path(lo, middle), merkleRoot(hasher, leaves.slice(middle, hi))]
      : [...path(middle, hi), merkleRoot(hasher, leaves.slice(lo, middle))];
  };
  return path(0, leaves.length);
}

/** Verifies an inclusion proof, RFC 9162 section 2.1.3.2. Never throws for a bad proof. */
export function verifyInclusion(hasher: Hasher, claim: InclusionClaim, proof: readonly Uint8Array[]): boolean {
  const { leaf, index, size, root } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (![leaf, root, ...proof].every(isHash)) return false;
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      hash = nodeHash(hasher, sibling, hash);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      hash = nodeHash(hasher, hash, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equalBytes(hash, root);
}

/**
 * `PROOF(size1, D[n])` of RFC 6962 section 2.1.2: the hashes that show the tree of the first
 * `size1` of `leaves` to be a prefix of the tree of all of them. Empty for `size1` 0 or n.
 */
export function consistencyProof(hasher: Hasher, leaves: readonly Uint8Array[], size1: number): Uint8Array[] {
  requireIndex(size1, leaves.length, "size");
  if (size1 === 0) return [];
  const subproof = (m: number, lo: number, hi: number, complete: boolean): Uint8Array[] => {
    if (m === hi - lo) return complete ? [] : [merkleRoot(hasher, leaves.slice(lo, hi))];
    const k = splitPoint(hi - lo);
    return m <= k
      ? [...subproof(m, lo, lo + k, complete), merkleRoot(hasher, leaves.slice(lo + k, hi))]
      : [...subproof(m - k, lo + k, hi, false), merkleRoot(hasher, leaves.slice(lo, lo + k))];
  };
  return subproof(size1, 0, leaves.length, true);
}

/** Verifies a consistency proof, RFC 9162 section 2.1.4.2. Never throws for a bad proof. */
export function verifyConsistency(hasher: Hasher, claim: ConsistencyClaim, proof: readonly Uint8Array[]): boolean {
  const { size1, root1, size2, root2 } = claim;
  if (!isCount(size1) || !isCount(size2) || size1 > size2) return false;
  if (![root1, root2, ...proof].every(isHash)) return false;
  if (size1 === size2) return proof.length === 0 && equalBytes(root1, root2);
  // Every tree continues the empty one; the RFC leaves this case out.
  if (size1 === 0) return proof.length === 0 && equalBytes(root1, hasher.sha256());

  let fn = size1 - 1;
  let sn = size2 - 1;
  while (isOdd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  // `fn` is 0 now if and only if size1 is a power of two: then root1 itself begins the path.
  const path = fn === 0 ? [root1, ...proof] : proof;
  const [start, ...rest] = path;
  if (start === undefined) return false;
  let first = start;
  let second = start;
  for (const hash of rest) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      first = nodeHash(hasher, hash, first);
      second = nodeHash(hasher, hash, second);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      second = nodeHash(hasher, second, hash);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equalBytes(first, root1) && equalBytes(second, root2);
}

/** The largest power of two below `n` (n > 1). */
function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

// Division, not `>>`: tree sizes go beyond 31 bits.
const half = (n: number): number => Math.floor(n / 2);
const isOdd = (n: number): boolean => n % 2 === 1;
const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const isHash = (bytes: Uint8Array): boolean => bytes.length === 32;

function requireIndex(value: number, max: number, what: string): void {
  if (!isCount(value) || value > max) {
    throw new ProclawError("invalid_option", `${what} \`${value}\` is outside the tree`);
  }
}
