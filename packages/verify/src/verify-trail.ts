import { ProclawError, type AuditSource, type StoredCheckpoint } from "@proclaw/core";
import type { Place } from "./finding.ts";
import { FindingList } from "./finding-list.ts";
import type { Hasher } from "./hasher.ts";
import { isLogId, logOrigin } from "./layout.ts";
import { highestLevel, reportLevels } from "./levels.ts";
import { LineSplitter } from "./line-splitter.ts";
import { predecessorIn } from "./log-chain.ts";
import { LogVerification, type Link, type LogOutcome } from "./log-verification.ts";
import type { Ed25519Verify } from "./note.ts";
import { readLine } from "./record.ts";
import { REPORT_VERSION, type VerifyReport } from "./report.ts";
import { readClaim, type RootClaim } from "./root-claim.ts";
import { COSIGNATURE_V1, ED25519, parseVerifierKey, type SignatureType, type VerifierKey } from "./verifier-key.ts";

/** How far verifying has come, over all logs. */
export interface VerifyProgress {
  /** The log that is being read. */
  readonly log: string;
  readonly records: number;
  readonly bytes: number;
}

export interface VerifyOptions {
  readonly hasher: Hasher;
  readonly ed25519Verify: Ed25519Verify;
  /**
   * Keys whose checkpoints are trusted, as C2SP vkeys. They must come from somewhere else than the
   * trail. When keys are given, every log and every checkpoint must be signed by one of them;
   * without any the level is L0 at most.
   */
  readonly keys?: readonly string[];
  /**
   * Signed notes that were kept elsewhere. Each must agree with the log its origin names. They are
   * judged under `keys`; without any, under the key the log itself declares.
   */
  readonly anchors?: readonly StoredCheckpoint[];
  /** Keys of independent witnesses, as C2SP vkeys (type 0x04, or 0x01). */
  readonly witnesses?: readonly string[];
  /** How many of them must have cosigned a checkpoint for L3; default: all. */
  readonly witnessQuorum?: number;
  /** Prove also that every line is canonical JSON, and take a torn last line and a closed log without any checkpoint as damage. Default false. */
  readonly strict?: boolean;
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Verifies every log of a trail: chain, tree, checkpoints, anchors, and what records say of each
 * other. Reads each log once, in memory that does not grow with it.
 *
 * INVARIANT (a hostile trail cannot stop the verifier): whatever the source's bytes are, the answer
 * is a report. It rejects only for the caller's own sake: `invalid_option` for keys that are no
 * keys, the reason of an aborted `signal`, and what `onProgress` throws.
 */
export async function verifyTrail(source: AuditSource, options: VerifyOptions): Promise<VerifyReport> {
  const trusted = (options.keys ?? []).length === 0 ? null : readKeys(options.hasher, options.keys ?? [], [ED25519]);
  const witnesses = readKeys(options.hasher, options.witnesses ?? [], [COSIGNATURE_V1, ED25519]);
  const witnessQuorum = options.witnessQuorum ?? witnesses.length;
  if (!Number.isSafeInteger(witnessQuorum) || witnessQuorum < 0 || witnessQuorum > witnesses.length) {
    throw new ProclawError("invalid_option", `\`witnessQuorum\` must be at most the number of witnesses`);
  }
  const findings = new FindingList();
  const outcomes: LogOutcome[] = [];
  let worm = true;
  let bytes = 0;
  let records = 0;

  const tickFor = (log: string) => (progress: { readonly records: number; readonly bytes: number }) => {
    try {
      options.signal?.throwIfAborted();
      options.onProgress?.({ log, records: records + progress.records, bytes: bytes + progress.bytes });
    } catch (reason) {
      throw new Interruption(reason);
    }
  };

  try {
    const names = await guarded(null, findings, async () => [...new Set(await source.logs())].sort());
    const logs = names?.filter(isLogId) ?? null;
    for (const stray of names ?? []) {
      if (isLogId(stray)) continue;
      const place: Place = { log: null, seq: null, file: stray, line: null };
      findings.notice(
        "stray_folder",
        place,
        "it stands among the logs, and its name is not that of a log: not verified",
      );
    }
    const anchors = readAnchors(options.anchors ?? [], logs, findings);
    const links = await readLinks(source, logs ?? [], findings, tickFor);
    for (const log of logs ?? []) {
      const tick = tickFor(log);
      tick({ records: 0, bytes: 0 });
      const outcome = await guarded(log, findings, () =>
        new LogVerification(log, source, {
          hasher: options.hasher,
          ed25519Verify: options.ed25519Verify,
          strict: options.strict ?? false,
          findings,
          trusted,
          witnesses,
          witnessQuorum,
          anchors: anchors.get(log) ?? [],
          links: links.get(log) ?? [],
          tick,
        }).run(),
      );
      if (outcome === null) continue;
      outcomes.push(outcome);
      records += outcome.records;
      bytes += outcome.bytes;
      worm = (await isWorm(source, log, findings)) && worm;
      tick({ records: 0, bytes: 0 });
    }
  } catch (error) {
    if (error instanceof Interruption) throw error.cause;
    throw error;
  }
  return makeReport(findings, outcomes, { worm, anchorsGiven: (options.anchors ?? []).length });
}

/** Wraps what must pass through the verifier instead of becoming a finding. */
class Interruption extends Error {
  constructor(reason: unknown) {
    super("interrupted", { cause: reason });
  }
}

/** Runs a part; a source that fails is a finding, not an exception. */
async function guarded<T>(log: string | null, findings: FindingList, part: () => Promise<T>): Promise<T | null> {
  try {
    return await part();
  } catch (error) {
    if (error instanceof Interruption) throw error;
    const place: Place = { log, seq: null, file: null, line: null };
    findings.damage("source_failed", place, `the ${log === null ? "trail" : "log"} could not be read${codeOf(error)}`);
    return null;
  }
}

/** An error's code, such as `ENOENT`; never its message, which may hold anything. */
function codeOf(error: unknown): string {
  const code: unknown = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^\w{1,40}$/.test(code) ? `: \`${code}\`` : "";
}

function readKeys(hasher: Hasher, texts: readonly string[], types: readonly SignatureType[]): VerifierKey[] {
  return texts.map((text) => {
    let key: VerifierKey;
    try {
      key = parseVerifierKey(hasher, text);
    } catch (cause) {
      throw new ProclawError("invalid_option", "a key that was given is not a C2SP verifier key", { cause });
    }
    if (!types.includes(key.type)) throw new ProclawError("invalid_option", `key \`${key.name}\` is of a wrong type`);
    return key;
  });
}

/** Reads the anchors and sorts them by log and size. */
function readAnchors(
  stored: readonly StoredCheckpoint[],
  logs: readonly string[] | null,
  findings: FindingList,
): Map<string, RootClaim[]> {
  const byOrigin = new Map((logs ?? []).map((log) => [logOrigin(log), log] as const));
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
    const log = byOrigin.get(origin);
    if (log !== undefined) anchors.set(log, [...(anchors.get(log) ?? []), claim]);
    // If the logs could not even be listed, that is the finding, not that one is missing.
    else if (logs !== null) findings.damage("anchor_log_missing", place, "the log that the anchor covers is not there");
  }
  for (const claims of anchors.values()) claims.sort((a, b) => a.checkpoint.size - b.checkpoint.size);
  return anchors;
}

/** Looks into the first record of every log for the log that it continues. */
async function readLinks(
  source: AuditSource,
  logs: readonly string[],
  findings: FindingList,
  tickFor: (log: string) => (progress: { readonly records: number; readonly bytes: number }) => void,
): Promise<Map<string, Link[]>> {
  const known = new Set(logs);
  const links = new Map<string, Link[]>();
  for (const log of logs) {
    tickFor(log)({ records: 0, bytes: 0 });
    const line = await firstLine(source, log);
    if (line === null) continue;
    const read = readLine(line, false);
    if (!read.ok || read.record.kind !== "log.open") continue;
    const predecessor = predecessorIn(read.record.body?.["predecessor"]);
    if (predecessor === null) continue;
    if (known.has(predecessor.log)) {
      links.set(predecessor.log, [...(links.get(predecessor.log) ?? []), { ...predecessor, from: log }]);
    } else {
      const place: Place = { log, seq: 0, file: null, line: null };
      findings.damage("predecessor_missing", place, "log.open continues a log that is not there");
    }
  }
  for (const list of links.values()) list.sort((a, b) => a.size - b.size);
  return links;
}

/** A failure here shows again, and is reported, when the log itself is read. */
async function firstLine(source: AuditSource, log: string): Promise<Uint8Array | null> {
  const splitter = new LineSplitter();
  try {
    for await (const segment of source.read(log)) {
      for await (const chunk of segment.bytes) {
        splitter.feed(chunk);
        const line = splitter.next();
        if (line !== null) return line;
      }
      return null;
    }
  } catch {
    return null;
  }
  return null;
}

async function isWorm(source: AuditSource, log: string, findings: FindingList): Promise<boolean> {
  try {
    const evidence = await source.evidence(log);
    for (const message of evidence.findings) {
      findings.notice("store_evidence", { log, seq: null, file: null, line: null }, message);
    }
    return evidence.worm;
  } catch (error) {
    const place: Place = { log, seq: null, file: null, line: null };
    findings.notice("store_evidence", place, `the store does not say what it proves${codeOf(error)}`);
    return false;
  }
}

function makeReport(
  findings: FindingList,
  outcomes: readonly LogOutcome[],
  known: { readonly worm: boolean; readonly anchorsGiven: number },
): VerifyReport {
  const withRecords = outcomes.filter(({ records }) => records > 0);
  const verdict = findings.tampered
    ? "tampered"
    : findings.firstDamage !== null || withRecords.length === 0
      ? "unreadable"
      : "intact";
  const levels =
    verdict === "intact"
      ? reportLevels({
          signed: withRecords.every(({ covered }) => covered > 0),
          worm: known.worm,
          witnessed: withRecords.every(({ witnessed }) => witnessed),
        })
      : [];
  const first = findings.firstDamage;
  const confirmed = outcomes.reduce((sum, outcome) => sum + outcome.confirmedAnchors, 0);
  return {
    v: REPORT_VERSION,
    verdict,
    level: verdict === "intact" ? highestLevel(levels) : null,
    levels,
    records: outcomes.reduce((sum, outcome) => sum + outcome.records, 0),
    bytes: outcomes.reduce((sum, outcome) => sum + outcome.bytes, 0),
    logs: outcomes.map(({ log, records, head, covered, closed, key }) => ({
      log,
      records,
      head,
      covered,
      closed,
      key,
    })),
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
