import type { Finding, VerifyReport } from "@proclaw/verify";
import { printable } from "./printable.ts";
import { shellWord } from "./shell-word.ts";
import type { Paint } from "./style.ts";

/** Logs and findings shown to people; `--json` has the rest. */
const MAX_SHOWN = 20;

/**
 * The form of `--json` that design note and docs/cli.md fix, and the findings, so that a machine
 * learns of a torn tail too.
 */
export function reportJson(report: VerifyReport): object {
  const { v, verdict, level, records, logs, first_bad, findings, finding_counts } = report;
  return {
    v,
    verdict,
    level,
    records,
    logs: logs.map(({ log, records: count, head }) => ({ log, records: count, head })),
    first_bad,
    findings,
    finding_counts,
  };
}

export interface ReportTextOptions {
  /** The folder as the user named it; null: the trail is in no folder. */
  readonly folder: string | null;
  readonly paint: Paint;
  readonly withKey: boolean;
}

/** The report for people: verdict, what it means, what was found, what to do next. */
export function reportText(report: VerifyReport, options: ReportTextOptions): string {
  const { paint } = options;
  const lines = [verdictLine(report, paint), ...badLines(report, paint), ...levelLines(report, paint)];
  for (const { log, records, head, covered, closed } of report.logs.slice(0, MAX_SHOWN)) {
    const state = closed ? "closed" : "open";
    lines.push(
      `log ${printable(log)}: ${records} ${records === 1 ? "record" : "records"}, ${covered} under a trusted checkpoint, ${state}`,
      `    head ${head ?? "none"}`,
    );
  }
  if (report.logs.length > MAX_SHOWN) lines.push(`and ${report.logs.length - MAX_SHOWN} more logs (--json lists all)`);
  if (report.anchors.means !== null) lines.push(`anchor: ${printable(report.anchors.means)}`);
  for (const finding of report.findings.slice(0, MAX_SHOWN)) lines.push(findingLine(finding, paint));
  const counted = report.finding_counts.damage + report.finding_counts.notice;
  const hidden = counted - Math.min(report.findings.length, MAX_SHOWN);
  if (hidden > 0) lines.push(`and ${hidden} more findings`);
  for (const advice of nextSteps(report, options)) lines.push(`${paint("strong", "next")}: ${advice}`);
  return `${lines.join("\n")}\n`;
}

function verdictLine({ verdict, records, logs }: VerifyReport, paint: Paint): string {
  const size = `${records} ${records === 1 ? "record" : "records"} in ${logs.length} ${logs.length === 1 ? "log" : "logs"}`;
  switch (verdict) {
    case "intact":
      return `${paint("good", "INTACT")}: ${size}`;
    case "tampered":
      return `${paint("bad", "TAMPERED OR BROKEN")}: ${size}`;
    case "unreadable":
      return `${paint("bad", "UNREADABLE")}: ${size}; this says nothing in favor of the trail`;
  }
  return paint("bad", `unknown verdict ${printable(String(verdict))}`);
}

function badLines({ first_bad }: VerifyReport, paint: Paint): string[] {
  if (first_bad === null) return [];
  const { log, seq, kind } = first_bad;
  const record = seq === null ? "" : `, record ${seq}`;
  const where = log === null ? "" : ` in log ${printable(log)}${record}`;
  return [`${paint("bad", "first bad")}: ${printable(kind)} at ${placeOf(first_bad)}${where}`];
}

function levelLines({ level, levels }: VerifyReport, paint: Paint): string[] {
  const reached = levels.find((one) => one.level === level);
  if (level === null || reached === undefined) return [];
  return [
    `${paint("strong", `level ${level}`)}: ${printable(reached.means)}`,
    `    ${paint("warn", "but")}: ${printable(reached.limits)}`,
  ];
}

function findingLine(finding: Finding, paint: Paint): string {
  const tone = finding.severity === "notice" ? "warn" : "bad";
  return `${paint(tone, finding.severity)}: ${printable(finding.kind)} at ${placeOf(finding)}: ${printable(finding.message)}`;
}

function placeOf(place: {
  readonly log: string | null;
  readonly file: string | null;
  readonly line: number | null;
}): string {
  if (place.file === null) return place.log === null ? "the trail" : `log ${printable(place.log)}`;
  return `${printable(place.file)}${place.line === null ? "" : `:${place.line}`}`;
}

function nextSteps(report: VerifyReport, { folder, withKey }: ReportTextOptions): string[] {
  switch (report.verdict) {
    case "intact": {
      if (!withKey) return ["pass --key with the operator's public key, taken from somewhere else than this trail"];
      if (report.anchors.means === null) {
        return ["keep the newest checkpoint of each log somewhere else, and pass it as --anchor next time"];
      }
      return [];
    }
    case "tampered":
      return [
        folder === null
          ? "keep an export before anything else touches the trail: proclaw audit export STORE > evidence.jsonl"
          : `copy the trail before anything else touches it: cp -a ${shellWord(folder)} evidence`,
        "compare it with a backup or an export, and verify that with the same --key and --anchor",
        "everything before the first bad record is still chained; treat all that follows as unproven",
      ];
    case "unreadable":
      return [
        report.logs.length === 0 && report.first_bad === null
          ? "there is no log here: STORE is the folder that holds `logs/`"
          : "mend the access to the trail and verify again",
      ];
  }
  return ["install a newer @proclaw/cli"];
}
