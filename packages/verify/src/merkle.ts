import { nodeHash, type Hasher } from "./hasher.ts";

/**
 * The Merkle tree of RFC 6962 section 2.1 while it grows: keeps one hash for each complete subtree
 * (at most log2(size) + 1 of them) and gives the root at any size on the way.
 */
export class MerkleAccumulator {
  readonly #hasher: Hasher;
  /** `#subtrees[i]` is the root of a complete subtree of 2^i leaves, or null; higher ones stand further left. */
  readonly #subtrees: (Uint8Array | null)[];
  #size: number;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
    this.#subtrees = [];
    this.#size = 0;
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Adds the next leaf, given as its {@link leafHash}. */
  append(leaf: Uint8Array): void {
    let hash = leaf;
    let level = 0;
    for (;;) {
      const left = this.#subtrees[level];
      if (left === undefined || left === null) break;
      hash = nodeHash(this.#hasher, left, hash);
      this.#subtrees[level++] = null;
    }
    this.#subtrees[level] = hash;
    this.#size++;
  }

  /** Root hash over the leaves so far (RFC 6962 section 2.1); of no leaves: SHA-256 of nothing. */
  root(): Uint8Array {
    let root: Uint8Array | null = null;
    for (const subtree of this.#subtrees) {
      if (subtree !== null) root = root === null ? subtree : nodeHash(this.#hasher, subtree, root);
    }
    return root ?? this.#hasher.sha256();
  }

  /** The complete subtrees that make up the tree (a compact range), lowest level first; null where there is none. */
  frontier(): (Uint8Array | null)[] {
    return [...this.#subtrees];
  }

  /** A tree that goes on from a {@link frontier}; null if it is not one of this size. */
  static from(hasher: Hasher, size: number, frontier: readonly (Uint8Array | null)[]): MerkleAccumulator | null {
    const tree = new MerkleAccumulator(hasher);
    let rest = size;
    for (const subtree of frontier) {
      if ((rest % 2 === 1) !== (subtree !== null) || (subtree !== null && subtree.length !== 32)) return null;
      tree.#subtrees.push(subtree);
      rest = Math.floor(rest / 2);
    }
    if (rest !== 0) return null;
    tree.#size = size;
    return tree;
  }

  /** An independent copy. */
  clone(): MerkleAccumulator {
    const copy = new MerkleAccumulator(this.#hasher);
    copy.#subtrees.push(...this.#subtrees);
    copy.#size = this.#size;
    return copy;
  }
}

/** Root hash over leaf hashes held in memory. */
export function merkleRoot(hasher: Hasher, leaves: readonly Uint8Array[]): Uint8Array {
  const tree = new MerkleAccumulator(hasher);
  for (const leaf of leaves) tree.append(leaf);
  return tree.root();
}
