import type { StoredCheckpoint } from "@proclaw/core";
import type { Place } from "./finding.ts";
import type { FindingList } from "./finding-list.ts";
import { readClaim, type RootClaim } from "./root-claim.ts";

/** Anchors, sorted by origin and size. */
export type Anchors = ReadonlyMap<string, readonly RootClaim[]>;

/** Reads the anchors and sorts them by origin and size. */
export function readAnchors(stored: readonly StoredCheckpoint[], findings: FindingList): Anchors {
  const anchors = new Map<string, RootClaim[]>();
  for (const note of stored) {
    const place: Place = { log: null, seq: null, file: note.name, line: null };
    let claim: RootClaim;
    try {
      claim = readClaim(note);
    } catch {
      findings.damage("malformed_anchor", place, "the anchor is not a checkpoint");
      continue;
    }
    const { origin, size } = claim.checkpoint;
    if (size < 1) {
      findings.damage("malformed_anchor", place, "the anchor covers no record");
      continue;
    }
    anchors.set(origin, [...(anchors.get(origin) ?? []), claim]);
  }
  for (const claims of anchors.values()) claims.sort((a, b) => a.checkpoint.size - b.checkpoint.size);
  return anchors;
}

/** Reports the anchors of logs that are not there. */
export function reportLostAnchors(anchors: Anchors, origins: ReadonlySet<string>, findings: FindingList): void {
  for (const [origin, claims] of anchors) {
    if (origins.has(origin)) continue;
    for (const { name } of claims) {
      const place: Place = { log: null, seq: null, file: name, line: null };
      findings.damage("anchor_log_missing", place, `the log \`${origin}\` that the anchor covers is not there`);
    }
  }
}
