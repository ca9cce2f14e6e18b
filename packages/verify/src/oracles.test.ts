import { createPublicKey } from "node:crypto";
import { crypto as sigstoreCrypto } from "@sigstore/core";
import { verifyTLogInclusion } from "@sigstore/verify/dist/tlog/index.js";
import { canonicalJson } from "@proclaw/core";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isCanonical } from "./canonical-line.ts";
import { LogWriter, OTHER_SIGNER, SIGNER, textOf } from "@proclaw/conformance/tamper";
import { inclusionProof } from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

/*
 * Independent implementations as judges of ours. @sigstore/verify checks Rekor entries: Merkle
 * inclusion and the signed note of a checkpoint, the very shapes we write, so a record, its proof
 * and its note go through its verifier as if they came from Rekor. It has no consistency proofs.
 */

const publicKey = createPublicKey({
  key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), SIGNER.key.publicKey]),
  format: "der",
  type: "spki",
});

/** What @sigstore/verify says of record `index`, proved against the note over `size` records. */
function sigstoreAccepts(line: Uint8Array, index: number, proof: readonly Uint8Array[], note: Uint8Array): boolean {
  const keyId = Buffer.from(SIGNER.key.id, "hex");
  const entry = {
    canonicalizedBody: Buffer.from(line),
    logId: { keyId },
    inclusionPromise: undefined,
    inclusionProof: {
      logIndex: String(index),
      treeSize: "0",
      rootHash: Buffer.alloc(32),
      hashes: proof.map((hash) => Buffer.from(hash)),
      checkpoint: { envelope: textOf(note) },
    },
  };
  const authority = { logID: keyId, publicKey, baseURL: `https://${SIGNER.key.name}` };
  try {
    verifyTLogInclusion(entry as never, [authority as never]);
    return true;
  } catch {
    return false;
  }
}

test("@sigstore/verify accepts our records, proofs and notes at every size up to 40, and refuses them changed", () => {
  const log = new LogWriter({ n: 1, signer: SIGNER });
  while (log.size < 40) log.call(`c${log.size}`);
  for (let size = 1; size <= log.size; size++) {
    const leaves = log.leaves.slice(0, size);
    const { note } = log.note(size);
    for (let index = size % 3; index < size; index += 3) {
      const line = log.lines[index] as Uint8Array;
      const proof = inclusionProof(nodeHasher, leaves, index);
      expect(sigstoreAccepts(line, index, proof, note)).toBe(true);
      expect(sigstoreAccepts(line.subarray(1), index, proof, note)).toBe(false);
      expect(sigstoreAccepts(line, index, [...proof, new Uint8Array(32)], note)).toBe(false);
      expect(sigstoreAccepts(line, index, proof, log.note(size, [OTHER_SIGNER]).note)).toBe(false);
    }
  }
});

test("property: our hasher and signature check agree with @sigstore/core", () => {
  // Lengths around 65 and 65 536 bytes, where the hasher changes its way.
  const length = fc.oneof(fc.nat({ max: 100 }), fc.integer({ min: 65_400, max: 65_700 }));
  const part = fc.tuple(length, fc.nat({ max: 255 })).map(([n, byte]) => new Uint8Array(n).fill(byte));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const theirs = sigstoreCrypto.digest("sha256", ...parts.map((part) => Buffer.from(part)));
      expect(Buffer.from(nodeHasher.sha256(...parts)).equals(theirs)).toBe(true);
      const message = parts[0] ?? new Uint8Array(0);
      const signature = SIGNER.sign(message);
      const broken = signature.with(5, (signature[5] as number) ^ 1);
      for (const candidate of [signature, broken]) {
        expect(nodeEd25519Verify(SIGNER.key.publicKey, message, candidate)).toBe(
          sigstoreCrypto.verify(Buffer.from(message), publicKey, Buffer.from(candidate)),
        );
      }
    }),
    { seed: 5, numRuns: 60 },
  );
});

test("property: core's canonical JSON agrees with the package canonicalize", () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: "binary" }), (value) => {
      compared++;
      expect(canonicalJson(value)).toBe(canonicalize(value));
    }),
    { seed: 6, numRuns: 1_000 },
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(canonicalJson(value)).toBe(canonicalize(value));
    }),
    { seed: 7, numRuns: 3_000 },
  );
  expect(compared).toBe(1_000);
});

test("property: the fast way of proving canonical bytes answers as its definition does", () => {
  const definition = (text: string): boolean => {
    try {
      return canonicalJson(JSON.parse(text)) === text;
    } catch {
      return false;
    }
  };
  const fast = (text: string): boolean => isCanonical(text, JSON.parse(text));
  let yes = 0;
  let no = 0;
  const check = (text: string): void => {
    expect(fast(text)).toBe(definition(text));
    if (definition(text)) yes++;
    else no++;
  };
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: "binary" }), fc.boolean(), (value, spaced) => {
      check(canonicalJson(value));
      // Members in the order they were made, perhaps with white space.
      check(JSON.stringify(value, null, spaced ? 1 : 0));
    }),
    { seed: 8, numRuns: 1_000 },
  );
  for (const text of [
    '{"9":1,"10":2}',
    '{"10":2,"9":1}',
    '{"a":1,"a":1}',
    '{"a":1,"a":2}',
    '{"__proto__":1}',
    '{"__proto__":1,"a":{"__proto__":{}}}',
    '"\\ud800"',
    '"\\\\ud800"',
    '"\\u00e9"',
    '"\\u001f"',
    '"\\u001F"',
    '"\\/"',
    "1.0",
    "-0",
    "1e2",
    "100",
    "1E400",
    "[1, 2]",
    `${"[".repeat(64)}${"]".repeat(64)}`,
    `${"[".repeat(65)}${"]".repeat(65)}`,
    `${"[".repeat(30_000)}${"]".repeat(30_000)}`,
  ]) {
    check(text);
  }
  expect(yes).toBeGreaterThan(500);
  expect(no).toBeGreaterThan(250);
});
