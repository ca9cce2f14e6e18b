import { expect, test } from "vitest";

test("the public names of the main entry", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "COSIGNATURE_V1",
    "DAMAGE_KINDS",
    "ED25519",
    "LEVELS",
    "MAX_NOTE_BYTES",
    "MAX_NOTE_SIGNATURES",
    "MerkleAccumulator",
    "NOTICE_KINDS",
    "REPORT_VERSION",
    "checkpointLogKeyId",
    "checkpointLogName",
    "checkpointName",
    "consistencyProof",
    "formatCheckpoint",
    "formatNote",
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
    "parseVerifierKey",
    "segmentName",
    "verifierKey",
    "verifyConsistency",
    "verifyInclusion",
    "verifyNote",
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
