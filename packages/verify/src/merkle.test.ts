import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "./bytes.ts";
import { consistencyProof, inclusionProof, leafHash, MerkleAccumulator, merkleRoot, nodeHash } from "./index.ts";
import { verifyConsistency, verifyInclusion } from "./index.ts";
import { nodeHasher } from "./node.ts";

const leaf = (i: number): Uint8Array => leafHash(nodeHasher, Uint8Array.of(i >> 8, i & 255));
const LEAVES = Array.from({ length: 300 }, (_, i) => leaf(i));

/** RFC 6962 section 2.1, word for word: the reference the accumulator is measured against. */
function referenceRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return nodeHasher.sha256();
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(nodeHasher, referenceRoot(leaves.slice(0, k)), referenceRoot(leaves.slice(k)));
}
const ROOTS = Array.from({ length: LEAVES.length + 1 }, (_, size) => referenceRoot(LEAVES.slice(0, size)));

// The test vectors of the certificate-transparency project: leaves (hex) and the root at each size.
const VECTOR_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const VECTOR_ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

test("known roots", () => {
  const leaves = VECTOR_LEAVES.map((hex) => leafHash(nodeHasher, new Uint8Array(Buffer.from(hex, "hex"))));
  expect(VECTOR_ROOTS.map((_, size) => toHex(merkleRoot(nodeHasher, leaves.slice(0, size))))).toEqual(VECTOR_ROOTS);
});

test("the accumulator has the reference's root at every size, and asking for it changes nothing", () => {
  const tree = new MerkleAccumulator(nodeHasher);
  expect(toHex(tree.root())).toBe(toHex(ROOTS[0] as Uint8Array));
  for (const [i, hash] of LEAVES.entries()) {
    tree.append(hash);
    expect(tree.size).toBe(i + 1);
    expect(toHex(tree.root())).toBe(toHex(ROOTS[i + 1] as Uint8Array));
  }
});

test("a clone goes its own way", () => {
  for (let size = 0; size < 40; size++) {
    const tree = new MerkleAccumulator(nodeHasher);
    for (const hash of LEAVES.slice(0, size)) tree.append(hash);
    const copy = tree.clone();
    copy.append(leaf(9999));
    expect(toHex(tree.root())).toBe(toHex(ROOTS[size] as Uint8Array));
    tree.append(LEAVES[size] as Uint8Array);
    expect(toHex(tree.root())).toBe(toHex(ROOTS[size + 1] as Uint8Array));
    expect(toHex(copy.root())).not.toBe(toHex(tree.root()));
  }
});

test("leaves and nodes are apart: the children of a node, taken as a record, are not that node", () => {
  const [a, b] = LEAVES as [Uint8Array, Uint8Array];
  const asRecord = new Uint8Array([...a, ...b]);
  expect(toHex(leafHash(nodeHasher, asRecord))).not.toBe(toHex(nodeHash(nodeHasher, a, b)));
});

describe("inclusion", () => {
  test("every leaf of every tree up to 64, and samples up to 300", () => {
    for (let size = 1; size <= LEAVES.length; size = size < 64 ? size + 1 : size + 59) {
      const leaves = LEAVES.slice(0, size);
      for (let index = 0; index < size; index += size <= 64 ? 1 : 7) {
        const proof = inclusionProof(nodeHasher, leaves, index);
        const claim = { leaf: leaves[index] as Uint8Array, index, size, root: ROOTS[size] as Uint8Array };
        expect(verifyInclusion(nodeHasher, claim, proof)).toBe(true);
      }
    }
  });

  test("property: no claim with another leaf, index, size, root or proof passes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), fc.nat(), (size, i, j, at) => {
        const index = i % size;
        const claim = { leaf: LEAVES[index] as Uint8Array, index, size, root: ROOTS[size] as Uint8Array };
        const proof = inclusionProof(nodeHasher, LEAVES.slice(0, size), index);
        const other = j % size;
        expect(verifyInclusion(nodeHasher, { ...claim, index: other }, proof)).toBe(other === index);
        expect(verifyInclusion(nodeHasher, { ...claim, leaf: LEAVES[other] as Uint8Array }, proof)).toBe(
          other === index,
        );
        expect(verifyInclusion(nodeHasher, { ...claim, root: ROOTS[size - 1] as Uint8Array }, proof)).toBe(false);
        expect(verifyInclusion(nodeHasher, { ...claim, leaf: leaf(9999) }, proof)).toBe(false);
        expect(verifyInclusion(nodeHasher, claim, [...proof, leaf(1)])).toBe(false);
        if (proof.length > 0) {
          expect(verifyInclusion(nodeHasher, claim, proof.slice(1))).toBe(false);
          expect(verifyInclusion(nodeHasher, claim, proof.slice(0, -1))).toBe(false);
          expect(verifyInclusion(nodeHasher, claim, proof.with(at % proof.length, leaf(9999)))).toBe(false);
        }
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  test("numbers that are none, and hashes of another length, are refused without an exception", () => {
    const claim = { leaf: leaf(0), index: 0, size: 1, root: leaf(0) };
    expect(verifyInclusion(nodeHasher, claim, [])).toBe(true);
    for (const wrong of [
      { index: -1 },
      { index: 1 },
      { index: 0.5 },
      { index: Number.NaN },
      { size: 0 },
      { size: 2 ** 53 },
    ]) {
      expect(verifyInclusion(nodeHasher, { ...claim, ...wrong }, [])).toBe(false);
    }
    expect(verifyInclusion(nodeHasher, { ...claim, root: leaf(0).subarray(1) }, [])).toBe(false);
    expect(verifyInclusion(nodeHasher, { ...claim, size: 2 ** 53 - 1 }, Array(60).fill(leaf(0)))).toBe(false);
    expect(() => inclusionProof(nodeHasher, LEAVES, 300)).toThrow(expect.objectContaining({ code: "invalid_option" }));
  });
});

describe("consistency", () => {
  test("every pair of sizes up to 40, and samples up to 300", () => {
    for (let size2 = 0; size2 <= LEAVES.length; size2 = size2 < 40 ? size2 + 1 : size2 + 53) {
      const leaves = LEAVES.slice(0, size2);
      for (let size1 = 0; size1 <= size2; size1 += size2 <= 40 ? 1 : 11) {
        const claim = { size1, root1: ROOTS[size1] as Uint8Array, size2, root2: ROOTS[size2] as Uint8Array };
        expect(verifyConsistency(nodeHasher, claim, consistencyProof(nodeHasher, leaves, size1))).toBe(true);
      }
    }
  });

  test("property: another size, root or proof does not pass", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 300 }), fc.nat(), fc.nat(), (size2, i, at) => {
        const size1 = 1 + (i % (size2 - 1));
        const claim = { size1, root1: ROOTS[size1] as Uint8Array, size2, root2: ROOTS[size2] as Uint8Array };
        const proof = consistencyProof(nodeHasher, LEAVES.slice(0, size2), size1);
        for (const wrong of [
          { root1: ROOTS[size1 - 1] as Uint8Array },
          { root2: ROOTS[size2 - 1] as Uint8Array },
          { root1: claim.root2 },
          { size1: 0 },
          { size1: size2 },
          { size1: size2, size2: size1 },
          // A taller tree: the proof ends below its root.
          { size2: size2 * 4 },
        ]) {
          expect(verifyConsistency(nodeHasher, { ...claim, ...wrong }, proof)).toBe(false);
        }
        expect(verifyConsistency(nodeHasher, claim, [...proof, leaf(1)])).toBe(false);
        expect(verifyConsistency(nodeHasher, claim, [])).toBe(false);
        expect(verifyConsistency(nodeHasher, claim, proof.slice(0, -1))).toBe(false);
        expect(verifyConsistency(nodeHasher, claim, proof.with(at % proof.length, leaf(9999)))).toBe(false);
      }),
      { seed: 2, numRuns: 400 },
    );
  });

  test("the edges: equal sizes and the empty tree want an empty proof and the right roots", () => {
    const [empty, one] = ROOTS as [Uint8Array, Uint8Array];
    const check = (size1: number, root1: Uint8Array, size2: number, root2: Uint8Array, proof: Uint8Array[]): boolean =>
      verifyConsistency(nodeHasher, { size1, root1, size2, root2 }, proof);
    expect(check(0, empty, 0, empty, [])).toBe(true);
    expect(check(0, empty, 1, one, [])).toBe(true);
    expect(check(1, one, 1, one, [])).toBe(true);
    expect(check(0, one, 1, one, [])).toBe(false);
    expect(check(0, empty, 1, one, [one])).toBe(false);
    expect(check(1, one, 1, empty, [])).toBe(false);
    expect(check(1, one, 1, one, [one])).toBe(false);
  });
});
