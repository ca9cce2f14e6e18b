import type { AuditSource } from "@proclaw/core";
import { readAnchors, reportLostAnchors } from "./anchors.ts";
import { BoundClaims } from "./bound-claims.ts";
import type { Place } from "./finding.ts";
import { FindingList } from "./finding-list.ts";
import { checkpointLogKeyId, isLogId, logOrigin } from "./layout.ts";
import { linksOf, readOpening, type LogOpening } from "./log-opening.ts";
import { LogVerification, type LogOutcome } from "./log-verification.ts";
import { makeReport } from "./make-report.ts";
import type { VerifyReport } from "./report.ts";
import { judgeTrail } from "./trail-judgment.ts";
import { reportUnbound } from "./unbound-logs.ts";
import { callerKeys, type VerifyOptions } from "./verify-options.ts";

/**
 * Verifies every log of a trail: chain, tree, checkpoints, anchors, what records say of each other,
 * and what the logs of checkpoints say of the logs. Reads each log once, in memory that does not
 * grow with it.
 *
 * INVARIANT (a hostile trail cannot stop the verifier): whatever the source's bytes are, the answer
 * is a report. It rejects only for the caller's own sake: `invalid_option` for keys that are no
 * keys, the reason of an aborted `signal`, and what `onProgress` throws.
 */
export async function verifyTrail(source: AuditSource, options: VerifyOptions): Promise<VerifyReport> {
  try {
    return await new TrailVerification(source, options).run();
  } catch (error) {
    if (error instanceof Interruption) throw error.cause;
    throw error;
  }
}

class TrailVerification {
  readonly #source: AuditSource;
  readonly #options: VerifyOptions;
  readonly #caller: ReturnType<typeof callerKeys>;
  readonly #findings = new FindingList();
  readonly #claims = new BoundClaims();
  readonly #worm = new Map<string, boolean>();
  #bytes = 0;
  #records = 0;

  constructor(source: AuditSource, options: VerifyOptions) {
    this.#source = source;
    this.#options = options;
    this.#caller = callerKeys(options);
  }

  async run(): Promise<VerifyReport> {
    const findings = this.#findings;
    const anchors = readAnchors(this.#options.anchors ?? [], findings);

    // INVARIANT (a live trail gives no false alarm): what a log of checkpoints names was durable
    // before. So those are read first, and which logs there are is asked after that.
    const before = await this.#names();
    const binders = before?.filter((name) => checkpointLogKeyId(name) !== null) ?? [];
    const binderOpenings = await this.#openings(binders);
    const binderLinks = linksOf(binderOpenings, findings);
    const binderOutcomes: LogOutcome[] = [];
    for (const log of binders) {
      const opening = binderOpenings.get(log) ?? null;
      const outcome = await this.#verify(log, {
        anchors: opening === null ? [] : (anchors.get(logOrigin(opening.id)) ?? []),
        links: binderLinks.get(log) ?? [],
        anchoredAt: new Map(),
      });
      if (outcome !== null) binderOutcomes.push(outcome);
    }
    const anchoredAt = new Map(binderOutcomes.map(({ log, anchored }) => [log, anchored]));

    const names = binders.length === 0 ? before : await this.#names();
    const logs = names?.filter(isLogId) ?? [];
    this.#reportStrays(names ?? []);
    const openings = await this.#openings(logs);
    // If the logs could not even be listed, that is the finding, not that one is missing.
    if (names !== null) {
      const ids = [...logs, ...[...binderOpenings.values()].flatMap((opening) => opening?.id ?? [])];
      reportLostAnchors(anchors, new Set(ids.map(logOrigin)), findings);
    }
    const links = linksOf(openings, findings);
    const outcomes: LogOutcome[] = [];
    for (const log of logs) {
      const outcome = await this.#verify(log, {
        anchors: anchors.get(logOrigin(log)) ?? [],
        links: links.get(log) ?? [],
        anchoredAt,
      });
      if (outcome !== null) outcomes.push(outcome);
    }
    if (names !== null) this.#reportLost(new Set(logs));
    if (binderOutcomes.some(({ records }) => records > 0)) {
      await reportUnbound(this.#source, { logs: outcomes, binders: binderOutcomes, claims: this.#claims, findings });
    }

    const judged = judgeTrail(outcomes, binderOutcomes, this.#caller.given, findings);
    return makeReport(findings, {
      ...judged,
      bytes: outcomes.reduce((sum, { bytes }) => sum + bytes, 0),
      worm: outcomes.every(({ log }) => this.#worm.get(log) === true),
      anchorsGiven: (this.#options.anchors ?? []).length,
    });
  }

  async #names(): Promise<readonly string[] | null> {
    return this.#guarded(null, this.#findings, async () => [...new Set(await this.#source.logs())].sort());
  }

  #reportStrays(names: readonly string[]): void {
    for (const stray of names) {
      if (isLogId(stray) || checkpointLogKeyId(stray) !== null) continue;
      const place: Place = { log: null, seq: null, file: stray, line: null };
      this.#findings.notice(
        "stray_folder",
        place,
        "it stands among the logs, and its name is not that of a log: not verified",
      );
    }
  }

  async #openings(logs: readonly string[]): Promise<ReadonlyMap<string, LogOpening | null>> {
    const openings = new Map<string, LogOpening | null>();
    for (const log of logs) {
      this.#tick(log, { records: 0, bytes: 0 });
      openings.set(log, await readOpening(this.#source, log));
    }
    return openings;
  }

  async #verify(
    log: string,
    known: Pick<ConstructorParameters<typeof LogVerification>[2], "anchors" | "links" | "anchoredAt">,
  ): Promise<LogOutcome | null> {
    this.#tick(log, { records: 0, bytes: 0 });
    const findings = new FindingList();
    const isBinder = checkpointLogKeyId(log) !== null;
    const outcome = await this.#guarded(log, findings, () =>
      new LogVerification(log, this.#source, {
        ...known,
        ...this.#caller,
        hasher: this.#options.hasher,
        ed25519Verify: this.#options.ed25519Verify,
        strict: this.#options.strict ?? false,
        findings,
        bound: this.#claims.of(isBinder ? "" : log),
        claims: isBinder ? this.#claims : null,
        tick: (progress) => this.#tick(log, progress),
      }).run(),
    );
    this.#findings.absorb(findings.data());
    if (outcome === null) return null;
    this.#records += outcome.records;
    this.#bytes += outcome.bytes;
    this.#worm.set(log, await isWorm(this.#source, log, this.#findings));
    this.#tick(log, { records: 0, bytes: 0 });
    return outcome;
  }

  #reportLost(logs: ReadonlySet<string>): void {
    for (const log of this.#claims.logs()) {
      const claim = logs.has(log) ? null : this.#claims.of(log).at(0);
      if (claim === null) continue;
      const place: Place = { log: claim.by, seq: claim.seq, file: null, line: null };
      this.#findings.damage("bound_log_missing", place, `log \`${log}\`, which is bound here, is not in the trail`);
    }
  }

  #tick(log: string, progress: { readonly records: number; readonly bytes: number }): void {
    try {
      this.#options.signal?.throwIfAborted();
      this.#options.onProgress?.({
        log,
        records: this.#records + progress.records,
        bytes: this.#bytes + progress.bytes,
      });
    } catch (reason) {
      throw new Interruption(reason);
    }
  }

  /** Runs a part; a source that fails is a finding, not an exception. */
  async #guarded<T>(log: string | null, findings: FindingList, part: () => Promise<T>): Promise<T | null> {
    try {
      return await part();
    } catch (error) {
      if (error instanceof Interruption) throw error;
      const place: Place = { log, seq: null, file: null, line: null };
      findings.damage(
        "source_failed",
        place,
        `the ${log === null ? "trail" : "log"} could not be read${codeOf(error)}`,
      );
      return null;
    }
  }
}

/** Wraps what must pass through the verifier instead of becoming a finding. */
class Interruption extends Error {
  constructor(reason: unknown) {
    super("interrupted", { cause: reason });
  }
}

/** An error's code, such as `ENOENT`; never its message, which may hold anything. */
function codeOf(error: unknown): string {
  const code: unknown = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^\w{1,40}$/.test(code) ? `: \`${code}\`` : "";
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
