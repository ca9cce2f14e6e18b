import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exportTrail, openFileSource } from "@proclaw/audit";
import type { AuditRecord } from "@proclaw/core";
import { verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";

export interface Judgment {
  readonly faults: readonly string[];
  readonly records: number;
  readonly effects: number;
  readonly acknowledged: number;
  /** Decisions whose end nobody saw and that a later process closed with a `recovery` record. */
  readonly recovered: number;
}

/**
 * Looks at what a killed guard left behind. Faults: the trail does not verify; a tool ran without
 * its durable allow; a forbidden tool ran; something the caller was told is not in the trail.
 *
 * @param vkeys the trail's public keys, taken from a place the killed process did not write
 */
export async function judge(folder: string, vkeys: readonly string[]): Promise<Judgment> {
  const trail = join(folder, "trail");
  const faults: string[] = [];
  const options = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, keys: vkeys };
  const report = await verifyTrail(openFileSource(trail), options);
  if (report.verdict !== "intact") faults.push(`the trail is ${report.verdict}: ${JSON.stringify(report.first_bad)}`);

  const decided = new Map<string, { effect: string; ended: string | null }>();
  let recovered = 0;
  for await (const record of records(trail)) {
    const id = record.call_id;
    if (id === null) continue;
    if (record.kind === "decision") {
      decided.set(id, { effect: record.policy_decision?.effect ?? "none", ended: null });
    } else {
      const decision = decided.get(id);
      if (decision === undefined) faults.push(`${record.kind} of ${id} has no decision before it`);
      else decision.ended = record.execution_status;
      if (record.kind === "recovery") recovered++;
    }
  }

  const effects = lines(folder, "effects.log");
  for (const id of effects) {
    if (decided.get(id)?.effect !== "allow") faults.push(`the tool ran for ${id} without a durable allow`);
  }
  const acknowledged = lines(folder, "acks.log");
  for (const line of acknowledged) {
    const [id = "", what = ""] = line.split(" ");
    const decision = decided.get(id);
    if (decision === undefined) faults.push(`${id} was acknowledged (${what}) and is not in the trail`);
    else if (what === "ran" && decision.ended !== "success") faults.push(`${id} ran, the trail says ${decision.ended}`);
    else if (what === "denied" && decision.effect === "allow") faults.push(`${id} was refused, the trail says allow`);
  }
  return { faults, records: report.records, effects: effects.length, acknowledged: acknowledged.length, recovered };
}

/** Whole lines only: the last one may have been cut by the kill. */
function lines(folder: string, name: string): string[] {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

/** Whole records only: a torn tail has no LF yet. */
async function* records(trail: string): AsyncGenerator<AuditRecord> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of exportTrail(openFileSource(trail))) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield JSON.parse(part) as AuditRecord;
  }
}
