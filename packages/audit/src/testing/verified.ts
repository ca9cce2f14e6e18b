import { expect } from "vitest";
import type { AuditRecord, AuditSource, Signer, StoredCheckpoint } from "@proclaw/core";
import { formatVerifierKey, parseRecord, verifierKey, verifyTrail } from "@proclaw/verify";
import type { VerifyReport } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { linesOf } from "../lines.ts";

/** The report of a full verification with the signer's key. */
export async function verify(
  source: AuditSource,
  signer: Signer,
  anchors: readonly StoredCheckpoint[] = [],
): Promise<VerifyReport> {
  const vkey = formatVerifierKey(verifierKey(nodeHasher, signer.name, signer.publicKey));
  return await verifyTrail(source, {
    hasher: nodeHasher,
    ed25519Verify: nodeEd25519Verify,
    keys: [vkey],
    anchors,
    strict: true,
  });
}

/** Fails unless the trail is intact and wholly under signed checkpoints. */
export async function expectIntact(source: AuditSource, signer: Signer): Promise<VerifyReport> {
  const report = await verify(source, signer);
  expect(report.findings.filter(({ severity }) => severity === "damage")).toEqual([]);
  expect(report).toMatchObject({ verdict: "intact", level: "L1" });
  return report;
}

/** All records of a log, or of all logs. */
export async function recordsOf(source: AuditSource, log?: string): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for (const one of log === undefined ? await source.logs() : [log]) {
    for await (const line of linesOf(source.read(one))) records.push(parseRecord(line));
  }
  return records;
}
