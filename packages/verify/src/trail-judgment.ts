import type { FindingList } from "./finding-list.ts";
import { openingTime } from "./layout.ts";
import type { LogOutcome } from "./log-outcome.ts";
import type { ReportFacts } from "./make-report.ts";
import type { LogReport } from "./report.ts";
import { isTrusted, judgeEpochs, trustedKeys, type Standing, type Trusted } from "./trust.ts";
import { formatVerifierKey, type VerifierKey } from "./verifier-key.ts";
import { counted, keyLabel } from "./wording.ts";

/** Works out what the logs are worth together, now that all of them were read. */
export function judgeTrail(
  logs: readonly LogOutcome[],
  binders: readonly LogOutcome[],
  given: readonly VerifierKey[] | null,
  findings: FindingList,
): Pick<ReportFacts, "logs" | "checkpointLogs" | "confirmedAnchors"> {
  const trusted = trustedKeys(
    given,
    logs.map(({ epochs }) => epochs),
  );
  const believed = new Set(
    binders.filter(({ epochs }) => isTrusted(epochs[0]?.key ?? null, trusted)).map(({ log }) => log),
  );
  let confirmedAnchors = 0;
  const stand = (outcome: LogOutcome): Standing => {
    const standing = judgeEpochs(outcome.epochs, trusted, findings);
    confirmedAnchors += standing.confirmedAnchors;
    return standing;
  };
  const checkpointLogs = binders.map((outcome) => ({ ...reportOf(outcome, stand(outcome).covered), id: outcome.id }));
  const judged = logs.map((outcome) => {
    const standing = stand(outcome);
    const vouched = trusted === null ? [] : outcome.agreed.filter(({ by }) => believed.has(by)).map(({ size }) => size);
    const covered = Math.max(standing.covered, ...vouched);
    reportTail(outcome, covered, trusted, findings);
    return { report: reportOf(outcome, covered), witnessed: standing.witnessed };
  });
  reportRetired([...logs, ...binders], findings);
  return { logs: judged, checkpointLogs, confirmedAnchors };
}

function reportOf({ log, records, head, closed, epochs }: LogOutcome, covered: number): LogReport {
  const key = epochs.at(-1)?.key ?? null;
  return { log, records, head, covered, closed, key: key === null ? null : keyLabel(key) };
}

function reportTail(outcome: LogOutcome, covered: number, trusted: Trusted, findings: FindingList): void {
  const { log, records, closed, claims } = outcome;
  if (trusted === null || !closed || claims === 0 || covered >= records) return;
  findings.notice(
    "uncovered_tail",
    { log, seq: covered, file: null, line: null },
    `the log is closed, and its last ${counted(records - covered, "record")} stand under no trusted checkpoint`,
  );
}

/**
 * A log that was opened under a key after the `key.rotate` that retired it. A log of checkpoints may
 * be: a writer that has the former key binds there what died under it.
 */
function reportRetired(outcomes: readonly LogOutcome[], findings: FindingList): void {
  const retired = new Map<string, number>();
  for (const { epochs } of outcomes) {
    for (const { key, rotation } of epochs) {
      if (key === null || rotation === null) continue;
      const name = formatVerifierKey(key);
      retired.set(name, Math.min(rotation.time, retired.get(name) ?? Number.POSITIVE_INFINITY));
    }
  }
  for (const { log, id, epochs } of outcomes) {
    const key = epochs[0]?.key ?? null;
    if (key === null || id === null || log !== id) continue;
    if (openingTime(id) <= (retired.get(formatVerifierKey(key)) ?? Number.POSITIVE_INFINITY)) continue;
    findings.notice(
      "retired_key",
      { log, seq: 0, file: null, line: null },
      `the log was opened under key \`${keyLabel(key)}\` after another log had retired it`,
    );
  }
}
