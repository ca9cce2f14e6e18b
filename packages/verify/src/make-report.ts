import type { FindingList } from "./finding-list.ts";
import { highestLevel, reportLevels } from "./levels.ts";
import { REPORT_VERSION, type CheckpointLogReport, type LogReport, type VerifyReport } from "./report.ts";

export interface ReportFacts {
  readonly logs: readonly { readonly report: LogReport; readonly witnessed: boolean }[];
  readonly checkpointLogs: readonly CheckpointLogReport[];
  /** Of `logs`. */
  readonly bytes: number;
  /** The store holds the checkpoints of all logs so that nobody can change them. */
  readonly worm: boolean;
  readonly anchorsGiven: number;
  readonly confirmedAnchors: number;
  readonly resumed: VerifyReport["resumed"];
}

/** Puts the report together. */
export function makeReport(findings: FindingList, known: ReportFacts): VerifyReport {
  const withRecords = known.logs.filter(({ report }) => report.records > 0);
  const verdict = findings.tampered
    ? "tampered"
    : findings.firstDamage !== null || withRecords.length === 0
      ? "unreadable"
      : "intact";
  const levels =
    verdict === "intact"
      ? reportLevels({
          signed: withRecords.every(({ report }) => report.covered > 0),
          worm: known.worm,
          witnessed: withRecords.every(({ witnessed }) => witnessed),
        })
      : [];
  const first = findings.firstDamage;
  const confirmed = known.confirmedAnchors;
  return {
    v: REPORT_VERSION,
    verdict,
    level: verdict === "intact" ? highestLevel(levels) : null,
    levels,
    records: known.logs.reduce((sum, { report }) => sum + report.records, 0),
    bytes: known.bytes,
    logs: known.logs.map(({ report }) => report),
    checkpoint_logs: known.checkpointLogs,
    resumed: known.resumed,
    first_bad:
      first === null
        ? null
        : {
            log: first.log,
            seq: first.seq,
            file: first.file,
            line: first.line,
            kind: first.kind,
            message: first.message,
          },
    findings: findings.sorted(),
    finding_counts: findings.counts,
    kind_counts: findings.kindCounts,
    anchors: { confirmed, means: anchorSentence(confirmed, known.anchorsGiven) },
  };
}

function anchorSentence(confirmed: number, given: number): string | null {
  if (given === 0) return null;
  if (confirmed < given) return `${given - confirmed} of ${given} anchors were not confirmed`;
  return (
    "the logs still begin with exactly the records your anchors cover: nothing under them was rewritten or cut since " +
    "you took them; this is not a WORM store, so it says nothing of records that came later"
  );
}
