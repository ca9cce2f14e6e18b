import type { AuditSource } from "@proclaw/core";
import type { BoundClaims } from "./bound-claims.ts";
import type { FindingList } from "./finding-list.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { LogOutcome } from "./log-outcome.ts";
import { readLine } from "./record.ts";

/** Reports closed logs that no log of checkpoints names. */
export async function reportUnbound(
  source: AuditSource,
  known: {
    readonly logs: readonly LogOutcome[];
    readonly binders: readonly LogOutcome[];
    readonly claims: BoundClaims;
    readonly findings: FindingList;
  },
): Promise<void> {
  const unbound = new Set<string>();
  for (const { log, closed, records } of known.logs) {
    if (closed && records > 0 && !known.claims.has(log)) unbound.add(log);
  }
  if (unbound.size === 0) return;
  // In a live trail it may have been opened, closed and bound since the logs of checkpoints were read.
  for (const { log, records } of known.binders) {
    for (const name of await namedSince(source, log, records)) unbound.delete(name);
  }
  for (const log of unbound) {
    known.findings.notice(
      "unbound_log",
      { log, seq: null, file: null, line: null },
      "no log of checkpoints names this closed log: if it had been removed, nobody would see it",
    );
  }
}

/** Logs that a log of checkpoints names from record `fromSeq` on. A failure has been reported when it was read. */
async function namedSince(source: AuditSource, log: string, fromSeq: number): Promise<Set<string>> {
  const named = new Set<string>();
  const splitter = new LineSplitter();
  try {
    for await (const segment of source.read(log, fromSeq)) {
      for await (const chunk of segment.bytes) {
        splitter.feed(chunk);
        for (let line = splitter.next(); line !== null; line = splitter.next()) {
          const read = readLine(line, false);
          const name = read.ok && read.record.kind === "checkpoint" ? read.record.body?.["log"] : null;
          if (typeof name === "string") named.add(name);
        }
      }
      splitter.takeRest();
    }
  } catch {
    return named;
  }
  return named;
}
