import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  InclusionProver,
  inclusionProof,
  leafHash,
  merkleRoot,
  TILE_WIDTH,
  TileMaker,
  tilePath,
  verifyInclusion,
} from "./index.ts";
import { nodeHasher } from "./node.ts";

const lineOf = (i: number): Uint8Array => new TextEncoder().encode(`record ${i}`);
const LEAVES = Array.from({ length: 70_000 }, (_, i) => leafHash(nodeHasher, lineOf(i)));

/** All files of a log of this size, by path. */
function filesOf(size: number): Map<string, Uint8Array> {
  const maker = new TileMaker(nodeHasher);
  const files = new Map<string, Uint8Array>();
  for (let i = 0; i < size; i++)
    for (const { path, bytes } of maker.append(lineOf(i), LEAVES[i]!)) files.set(path, bytes);
  for (const { path, bytes } of maker.partial()) files.set(path, bytes);
  return files;
}

/** The tiles as the specification defines them: `MTH(D[(n·256 + i)·256^l : (n·256 + i + 1)·256^l])`. */
function slowTiles(size: number): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (let level = 0, span = 1; Math.floor(size / span) > 0; level++, span *= TILE_WIDTH) {
    const hashes = Math.floor(size / span);
    for (let n = 0; n * TILE_WIDTH < hashes; n++) {
      const width = Math.min(TILE_WIDTH, hashes - n * TILE_WIDTH);
      const tile = Array.from({ length: width }, (_, i) => {
        const from = (n * TILE_WIDTH + i) * span;
        return merkleRoot(nodeHasher, LEAVES.slice(from, from + span));
      });
      files.set(slowPath(level, n, width), Buffer.concat(tile));
    }
  }
  return files;
}

/** `x001/x234/067` of 1234067, by its digits. */
function slowPath(level: number, n: number, width: number): string {
  const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, "0");
  const groups = digits.match(/.{3}/g) ?? [];
  const path = groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join("/");
  return `tile/${level}/${path}${width === 256 ? "" : `.p/${width}`}`;
}

describe("tiles", () => {
  test("paths are as in the specification", () => {
    expect(tilePath(0, 1_234_067)).toBe("tile/0/x001/x234/067");
    expect(tilePath(1, 0, 17)).toBe("tile/1/000.p/17");
    expect(tilePath("entries", 273, 112)).toBe("tile/entries/273.p/112");
    for (const n of [0, 9, 999, 1_000, 999_999, 1_000_000]) expect(tilePath(2, n, 5)).toBe(slowPath(2, n, 5));
    for (const bad of [
      [64, 0, 1],
      [0, -1, 1],
      [0, 0, 0],
      [0, 0, 257],
      [1.5, 0, 1],
    ] as const) {
      const [level, index, width] = bad;
      expect(() => tilePath(level, index, width)).toThrow("there is no tile");
    }
  });

  test.each([0, 1, 2, 255, 256, 257, 511, 512, 513, 700])("of %i records are those of the definition", (size) => {
    const tiles = new Map([...filesOf(size)].filter(([path]) => !path.startsWith("tile/entries/")));
    const expected = slowTiles(size);
    expect([...tiles.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [path, bytes] of expected) expect(Buffer.compare(tiles.get(path)!, bytes), path).toBe(0);
  });

  test("of 70 000 records: the example of the specification", () => {
    const files = filesOf(70_000);
    const paths = [...files.keys()];
    const full = (level: string): number =>
      paths.filter((path) => path.startsWith(`tile/${level}/`) && !path.includes(".p/")).length;
    const partial = paths.filter((path) => path.includes(".p/") && !path.includes("entries"));
    expect([full("0"), full("1"), full("2")]).toEqual([273, 1, 0]);
    expect(partial.sort()).toEqual(["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    expect(Buffer.compare(files.get("tile/2/000.p/1")!, merkleRoot(nodeHasher, LEAVES.slice(0, 65_536)))).toBe(0);
  });

  test("bundles hold the entries with their lengths, and hash to the tiles of level 0", () => {
    const files = filesOf(300);
    for (const [n, width] of [
      [0, 256],
      [1, 44],
    ] as const) {
      const bundle = Buffer.from(files.get(tilePath("entries", n, width))!);
      const leaves: Uint8Array[] = [];
      for (let at = 0; at < bundle.length;) {
        const length = bundle.readUInt16BE(at);
        leaves.push(leafHash(nodeHasher, bundle.subarray(at + 2, at + 2 + length)));
        at += 2 + length;
      }
      expect(Buffer.compare(Buffer.concat(leaves), files.get(tilePath(0, n, width))!)).toBe(0);
    }
  });

  test("a record that is too large for an entry is refused", () => {
    expect(() => new TileMaker(nodeHasher).append(new Uint8Array(65_536), LEAVES[0]!)).toThrow("larger than an entry");
  });
});

describe("a proof made while the leaves pass by", () => {
  test("property: is the one of the definition", () => {
    const sizes = fc.integer({ min: 1, max: 300 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
    fc.assert(
      fc.property(sizes, ([size, index]) => {
        const prover = new InclusionProver(nodeHasher, index, size);
        const leaves = LEAVES.slice(0, size);
        for (const leaf of leaves) prover.take(leaf);
        const proof = prover.proof();
        expect(proof).toEqual(inclusionProof(nodeHasher, leaves, index));
        const claim = { leaf: leaves[index]!, index, size, root: merkleRoot(nodeHasher, leaves) };
        expect(verifyInclusion(nodeHasher, claim, proof)).toBe(true);
      }),
      { seed: 9, numRuns: 200 },
    );
  });

  test("wants a leaf of the tree, and all of them", () => {
    for (const [index, size] of [
      [0, 0],
      [1, 1],
      [-1, 1],
      [0.5, 2],
    ] as const) {
      expect(() => new InclusionProver(nodeHasher, index, size)).toThrow("outside the tree");
    }
    expect(() => new InclusionProver(nodeHasher, 0, 2).proof()).toThrow("more leaves");
  });
});
