import { ProclawError } from "@proclaw/core";
import type { Hasher } from "./hasher.ts";
import { MerkleAccumulator } from "./merkle.ts";

/**
 * Makes the inclusion proof of one leaf (RFC 6962 section 2.1.1) while the leaves of a log pass by,
 * in memory that does not grow with it. `inclusionProof` is the definition, and holds all leaves.
 */
export class InclusionProver {
  readonly #hasher: Hasher;
  /** Subtrees whose roots make the proof, lowest first. */
  readonly #ranges: readonly { readonly from: number; readonly to: number; readonly tree: MerkleAccumulator }[];
  readonly #size: number;
  #at = 0;

  constructor(hasher: Hasher, index: number, size: number) {
    const isIndex = Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size;
    if (!isIndex) throw new ProclawError("invalid_option", `index \`${index}\` is outside the tree`);
    this.#hasher = hasher;
    this.#size = size;
    this.#ranges = siblings(index, 0, size).map(([from, to]) => ({
      from,
      to,
      tree: new MerkleAccumulator(this.#hasher),
    }));
  }

  /** Takes the next leaf of the log. */
  take(leaf: Uint8Array): void {
    const at = this.#at++;
    for (const { from, to, tree } of this.#ranges) if (at >= from && at < to) tree.append(leaf);
  }

  /** The proof, when all leaves were taken. */
  proof(): Uint8Array[] {
    if (this.#at < this.#size) throw new ProclawError("invalid_option", "the proof wants more leaves");
    return this.#ranges.map(({ tree }) => tree.root());
  }
}

/** `PATH(index, D[from:to])` as ranges of leaves. */
function siblings(index: number, from: number, to: number): [from: number, to: number][] {
  if (to - from === 1) return [];
  let split = 1;
  while (split * 2 < to - from) split *= 2;
  const middle = from + split;
  return index < middle
    ? [...siblings(index, from, middle), [middle, to]]
    : [...siblings(index, middle, to), [from, middle]];
}
