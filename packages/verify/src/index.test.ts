import { expect, test } from "vitest";

test("the public names of the main entry", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "COSIGNATURE_V1",
    "DAMAGE_KINDS",
    "ED25519",
    "InclusionProver",
    "LEVELS",
    "MAX_NOTE_BYTES",
    "MAX_NOTE_SIGNATURES",
    "MerkleAccumulator",
    "NOTICE_KINDS",
    "REPORT_VERSION",
    "STATE_VERSION",
    "TILE_WIDTH",
    "TileMaker",
    "checkpointLogKeyId",
    "checkpointLogName",
    "checkpointName",
    "consistencyProof",
    "formatCheckpoint",
    "formatNote",
    "formatTlogProof",
    "formatVerifierKey",
    "inclusionProof",
    "isLogId",
    "keyId",
    "keyRotationText",
    "leafHash",
    "logOrigin",
    "merkleRoot",
    "nodeHash",
    "parseCheckpoint",
    "parseNote",
    "parseRecord",
    "parseTlogProof",
    "parseVerifierKey",
    "segmentName",
    "tilePath",
    "verifierKey",
    "verifyConsistency",
    "verifyInclusion",
    "verifyNote",
    "verifyTlogProof",
    "verifyTrail",
  ]);
});

test("the public names of the node entry", async () => {
  expect(Object.keys(await import("./node.ts")).sort()).toEqual([
    "nodeEd25519Verify",
    "nodeHasher",
    "serveLogs",
    "verifyTrailParallel",
  ]);
});
