import { LEVELS } from "@proclaw/verify";
import type { Finding, Level, LogReport, VerifyReport } from "@proclaw/verify";
import { printable } from "./printable.ts";
import { shellWord } from "./shell-word.ts";
import type { Paint } from "./style.ts";

/** Logs and findings shown to people; `--json` has the rest. */
const MAX_SHOWN = 20;

/**
 * The form of `--json` that design note and docs/cli.md fix, and the findings, so that a machine
 * learns of a torn tail too.
 */
export function reportJson(report: VerifyReport, required?: Level): object {
  const { v, verdict, level, records, logs, checkpoint_logs, resumed, first_bad, findings, finding_counts } = report;
  return {
    v,
    verdict,
    level,
    records,
    logs: logs.map(({ log, records: count, head, covered, closed }) => ({
      log,
      records: count,
      head,
      covered,
      closed,
    })),
    first_bad,
    findings,
    finding_counts,
    checkpoint_logs: checkpoint_logs.map(({ log, id, records: count, head, covered }) => ({
      log,
      id,
      records: count,
      head,
      covered,
    })),
    resumed,
    ...(required === undefined ? {} : { required: { level: required, reached: !isBelow(level, required) } }),
  };
}

/** Whether `level` proves less than `required`; an unknown one does. */
export function isBelow(level: Level | null, required: Level): boolean {
  return level === null || LEVELS.indexOf(level) < LEVELS.indexOf(required);
}

/** Logs with records that nothing covers which a given key signed: whoever can write the trail can have made them up. */
export function uncoveredLogs({ logs }: VerifyReport): LogReport[] {
  return logs.filter(({ records, covered }) => records > 0 && covered === 0);
}

export interface ReportTextOptions {
  /** The folder as the user named it; null: the trail is in no folder. */
  readonly folder: string | null;
  readonly paint: Paint;
  /** The keys that were given, as `name+id`. */
  readonly keys: readonly string[];
  /** The level asked for by `--require`. */
  readonly required: Level | null;
  /** Files of checkpoints that are worth keeping elsewhere. */
  readonly newestNotes: readonly string[];
  /** Where there is no log here: the trail that the folder is a part of. */
  readonly meantFolder: string | null;
}

/** The report for people: verdict, what it means, what was found, what to do next. */
export function reportText(report: VerifyReport, options: ReportTextOptions): string {
  const { paint } = options;
  const lines = [
    verdictLine(report, paint),
    ...badLines(report, options),
    ...levelLines(report, paint),
    ...requiredLines(report, options),
    ...warningLines(report, options),
  ];
  for (const [index, { log, records, head, covered, closed }] of report.logs.slice(0, MAX_SHOWN).entries()) {
    const state = closed ? "closed" : "open";
    const meaning = index === 0 && head !== null ? ` ${paint("dim", "(hash of its last record)")}` : "";
    lines.push(
      `log ${printable(log)}: ${counted(records, "record")}, ${covered} under a trusted checkpoint, ${state}`,
      `    head ${head ?? "none"}${meaning}`,
    );
  }
  if (report.logs.length > MAX_SHOWN) {
    lines.push(`and ${counted(report.logs.length - MAX_SHOWN, "more log")} (--json lists all)`);
  }
  for (const { log, records, covered } of report.checkpoint_logs.slice(0, MAX_SHOWN)) {
    lines.push(
      `log of checkpoints ${printable(log)}: ${counted(records, "record")}, ${covered} under a trusted checkpoint`,
    );
  }
  if (report.checkpoint_logs.length > MAX_SHOWN) {
    lines.push(
      `and ${counted(report.checkpoint_logs.length - MAX_SHOWN, "more log of checkpoints", "more logs of checkpoints")}`,
    );
  }
  if (report.resumed !== null) {
    const { records, logs } = report.resumed;
    lines.push(
      `not read again: ${counted(records, "record")} in ${counted(logs, "log")}, which the given state covers; what was done to them since does not show`,
    );
  }
  // It speaks of the logs that were there and agreed; below another verdict it reads as if all did.
  if (report.verdict === "intact" && report.anchors.means !== null)
    lines.push(`anchor: ${printable(report.anchors.means)}`);
  lines.push(...findingLines(report, paint));
  for (const advice of nextSteps(report, options)) lines.push(`${paint("strong", "next")}: ${advice}`);
  return `${lines.join("\n")}\n`;
}

function verdictLine({ verdict, records, logs }: VerifyReport, paint: Paint): string {
  const size = `${counted(records, "record")} in ${counted(logs.length, "log")}`;
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

function badLines(report: VerifyReport, { paint, keys }: ReportTextOptions): string[] {
  const { first_bad } = report;
  if (first_bad === null) return [];
  const { log, seq, kind, message } = first_bad;
  const record = seq === null ? "" : `, record ${seq}`;
  const where = log === null ? "" : ` in log ${printable(log)}${record}`;
  const lines = [
    `${paint("bad", "first bad")}: ${printable(kind)} at ${placeOf(first_bad)}${where}: ${printable(message)}`,
  ];
  if (isOnlyKey(report)) {
    const declared = new Set(report.logs.flatMap(({ key }) => (key === null || keys.includes(key) ? [] : [key])));
    const names = [...declared].map((key) => `\`${printable(key)}\``).join(", ");
    const given = keys.map((key) => `\`${printable(key)}\``).join(", ");
    lines.push(
      `the chain is whole, but ${log === null ? "the trail" : "the log"} declares key ${names === "" ? "of another time" : names} and you gave ${given}: is it the right key? repeat --key if the key has changed`,
    );
  }
  return lines;
}

/** Whether all that is wrong is that the trail was signed with a key that was not given. */
function isOnlyKey({ kind_counts, finding_counts }: VerifyReport): boolean {
  const ofKey = (kind_counts.untrusted_key ?? 0) + (kind_counts.anchor_untrusted ?? 0);
  return ofKey > 0 && ofKey === finding_counts.damage;
}

function levelLines({ level, levels }: VerifyReport, paint: Paint): string[] {
  const reached = levels.find((one) => one.level === level);
  if (level === null || reached === undefined) return [];
  return [
    `${paint("strong", `level ${level}`)}: ${printable(reached.means)}`,
    `    ${paint("warn", "but")}: ${printable(reached.limits)}`,
  ];
}

function requiredLines({ verdict, level }: VerifyReport, { required, paint, keys }: ReportTextOptions): string[] {
  if (required === null || verdict !== "intact") return [];
  if (!isBelow(level, required)) return [`${paint("good", `required ${required}`)}: reached`];
  const why = keys.length === 0 ? "; no --key was given, and without one there is no more than L0" : "";
  return [`${paint("bad", `REQUIRED ${required}: NOT REACHED`)}: the trail proves ${level ?? "nothing"} only${why}`];
}

function warningLines(report: VerifyReport, { keys, required, paint }: ReportTextOptions): string[] {
  if (keys.length === 0 || report.verdict !== "intact") return [];
  const logs = uncoveredLogs(report);
  if (logs.length === 0) return [];
  const lines = logs
    .slice(0, MAX_SHOWN)
    .map(
      ({ log, records, closed }) =>
        `${paint("bad", "WARNING")}: nothing that ${keys.length === 1 ? "the given key" : "a given key"} signed covers log ${printable(log)} (${counted(records, "record")}, ${closed ? "closed" : "open"}): whoever can write the trail can have made it up`,
    );
  if (logs.length > MAX_SHOWN) lines.push(`and ${counted(logs.length - MAX_SHOWN, "more log")} like that`);
  if (required === null) lines.push("    --require L1 makes this fail");
  return lines;
}

const MISMATCHES: ReadonlySet<string> = new Set(["root_mismatch", "anchor_mismatch"]);

/** All findings but the first bad one, which is told above; roots that do not fit because of other damage in one line. */
function findingLines({ findings, finding_counts, first_bad }: VerifyReport, paint: Paint): string[] {
  const damagedAt = new Map<string | null, number>();
  for (const { severity, kind, log, seq } of findings) {
    if (severity !== "damage" || MISMATCHES.has(kind) || seq === null) continue;
    damagedAt.set(log, Math.min(seq, damagedAt.get(log) ?? seq));
  }
  const isConsequence = ({ kind, log, seq }: Finding): boolean =>
    MISMATCHES.has(kind) && seq !== null && seq >= (damagedAt.get(log) ?? Number.POSITIVE_INFINITY);
  const folded = findings.filter(isConsequence).length;
  const told = findings.findIndex(
    ({ kind, log, seq, file, line }) =>
      kind === first_bad?.kind &&
      log === first_bad.log &&
      seq === first_bad.seq &&
      file === first_bad.file &&
      line === first_bad.line,
  );
  const listed = findings.filter((finding, index) => index !== told && !isConsequence(finding));
  const lines = listed.slice(0, MAX_SHOWN).map((finding) => findingLine(finding, paint));
  if (folded > 0) {
    lines.push(
      `${paint("bad", "damage")}: ${counted(folded, "checkpoint")} no longer ${folded === 1 ? "matches" : "match"}, as a consequence`,
    );
  }
  const shown = Math.min(listed.length, MAX_SHOWN) + folded + (told === -1 ? 0 : 1);
  const hidden = finding_counts.damage + finding_counts.notice - shown;
  if (hidden > 0) lines.push(`and ${counted(hidden, "more finding")}`);
  return lines;
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

function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

function nextSteps(report: VerifyReport, options: ReportTextOptions): string[] {
  const { folder, keys, newestNotes, meantFolder } = options;
  switch (report.verdict) {
    case "intact": {
      if (keys.length === 0) {
        return ["pass --key with the operator's public key, taken from somewhere else than this trail"];
      }
      if (report.anchors.means === null) {
        const copy = newestNotes.length === 0 ? "" : `: cp ${newestNotes.map(shellWord).join(" ")} …`;
        const which =
          report.checkpoint_logs.length > 0 ? "the log of checkpoints (it vouches for all logs)" : "each log";
        return [`keep the newest checkpoint of ${which} somewhere else, and pass it as --anchor next time${copy}`];
      }
      return [];
    }
    case "tampered":
      if (isOnlyKey(report))
        return ["find the key of the operator, from somewhere else than this trail, and verify again"];
      return [
        folder === null
          ? "keep an export before anything else touches the trail: proclaw audit export STORE > evidence.jsonl"
          : `copy the trail before anything else touches it: cp -a ${shellWord(folder)} evidence`,
        "verify a backup with the same --key and --anchor, and compare it (an export can be compared, not verified alone)",
        report.first_bad === null || report.first_bad.seq === null
          ? "no single record is named as bad: treat all of the trail as unproven until it verifies"
          : "everything before the first bad record is still chained; treat all that follows as unproven",
      ];
    case "unreadable":
      if (report.logs.length > 0 || report.first_bad !== null) return ["mend the access to the trail and verify again"];
      return [
        meantFolder === null
          ? "there is no log here: STORE is the folder that holds `logs/`"
          : `there is no log here: did you mean its parent? proclaw audit verify ${shellWord(meantFolder)}`,
      ];
  }
  return ["install a newer @proclaw/cli"];
}
