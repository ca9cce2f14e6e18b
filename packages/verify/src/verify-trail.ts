import type { AuditSource } from "@proclaw/core";
import { readAnchors, reportLostAnchors } from "./anchors.ts";
import { BoundClaims } from "./bound-claims.ts";
import type { Place } from "./finding.ts";
import { FindingList } from "./finding-list.ts";
import { checkpointLogKeyId, isLogId, logOrigin } from "./layout.ts";
import { linksOf, readOpening, type LogOpening } from "./log-opening.ts";
import type { LogOutcome } from "./log-outcome.ts";
import { makeReport } from "./make-report.ts";
import type { VerifyReport } from "./report.ts";
import type { RootClaim } from "./root-claim.ts";
import { judgeTrail } from "./trail-judgment.ts";
import { reportUnbound } from "./unbound-logs.ts";
import { checkState, STATE_VERSION, type LogState } from "./verify-state.ts";
import { guarded, Interruption, verifyLog, type LogJob, type LogResult } from "./verify-log.ts";
import { callerKeys, type CallerKeys, type VerifyOptions } from "./verify-options.ts";

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
  return verifyTrailWith(source, options, null);
}

/** Verifies logs that do not know of each other; gives the results in the order of the jobs. */
export type LogRunner = (
  jobs: readonly LogJob[],
  tick: (log: string, progress: { readonly records: number; readonly bytes: number }) => void,
) => AsyncIterable<LogResult>;

/** {@link verifyTrail} with ordinary logs verified by a runner, such as one with threads. */
export async function verifyTrailWith(
  source: AuditSource,
  options: VerifyOptions,
  runner: LogRunner | null,
): Promise<VerifyReport> {
  try {
    return await new TrailVerification(source, options, runner).run();
  } catch (error) {
    if (error instanceof Interruption) throw error.cause;
    throw error;
  }
}

class TrailVerification {
  readonly #source: AuditSource;
  readonly #options: VerifyOptions;
  readonly #caller: CallerKeys;
  readonly #run: LogRunner;
  readonly #states = new Map<string, LogState>();
  readonly #findings = new FindingList();
  readonly #claims = new BoundClaims();
  readonly #worm = new Map<string, boolean>();
  /** How far the logs have come. */
  readonly #running = new Map<string, { readonly records: number; readonly bytes: number }>();
  #bytes = 0;
  #records = 0;

  constructor(source: AuditSource, options: VerifyOptions, runner: LogRunner | null) {
    this.#source = source;
    this.#options = options;
    this.#caller = callerKeys(options);
    this.#run = runner ?? ((jobs, tick) => this.#oneByOne(jobs, tick));
  }

  async run(): Promise<VerifyReport> {
    const findings = this.#findings;
    const { resume, strict = false, hasher, ed25519Verify } = this.#options;
    if (resume !== undefined) {
      await checkState(resume, { given: this.#caller.given, strict, hasher, ed25519Verify });
      for (const state of resume.logs) this.#states.set(state.log, state);
    }
    const anchors = readAnchors(this.#options.anchors ?? [], findings);

    // INVARIANT (a live trail gives no false alarm): what a log of checkpoints names was durable
    // before. So those are read first, and which logs there are is asked after that.
    const before = await this.#names();
    const binders = before?.filter((name) => checkpointLogKeyId(name) !== null) ?? [];
    const binderOpenings = await this.#openings(binders);
    const binderLinks = linksOf(binderOpenings, findings);
    const binderOutcomes: LogOutcome[] = [];
    const anchorsOf = (id: string | undefined): readonly RootClaim[] =>
      id === undefined ? [] : (anchors.get(logOrigin(id)) ?? []);
    const binderJobs = binders.map((log) =>
      this.#job(log, { anchors: anchorsOf(binderOpenings.get(log)?.id), links: binderLinks.get(log) ?? [] }),
    );
    for await (const result of this.#oneByOne(binderJobs, this.#tick)) binderOutcomes.push(...this.#take(result));
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
    const jobs = logs.map((log) =>
      this.#job(log, { anchors: anchorsOf(log), links: links.get(log) ?? [], bound: this.#claims.of(log), anchoredAt }),
    );
    for await (const result of this.#run(jobs, this.#tick)) outcomes.push(...this.#take(result));
    if (names !== null) this.#reportLost(new Set(logs));
    if (names !== null) this.#reportForgotten(new Set(logs));
    if (binderOutcomes.some(({ records }) => records > 0)) {
      await reportUnbound(this.#source, { logs: outcomes, binders: binderOutcomes, claims: this.#claims, findings });
    }

    const judged = judgeTrail(outcomes, binderOutcomes, this.#caller.given, findings);
    const report = makeReport(findings, {
      ...judged,
      resumed:
        resume === undefined
          ? null
          : {
              logs: outcomes.filter(({ skipped }) => skipped > 0).length,
              records: outcomes.reduce((sum, { skipped }) => sum + skipped, 0),
            },
      bytes: outcomes.reduce((sum, { bytes }) => sum + bytes, 0),
      worm: outcomes.every(({ log }) => this.#worm.get(log) === true),
      anchorsGiven: (this.#options.anchors ?? []).length,
    });
    if (report.verdict === "intact" && this.#caller.given !== null) this.#giveState(report, outcomes);
    return report;
  }

  /** Only of logs whose last checkpoint counts: the others are read again. */
  #giveState(report: VerifyReport, outcomes: readonly LogOutcome[]): void {
    const covered = new Map(report.logs.map((log) => [log.log, log.covered]));
    const logs = outcomes.flatMap(({ state }) =>
      state !== null && covered.get(state.log) === state.size ? [state] : [],
    );
    this.#options.onState?.({ v: STATE_VERSION, strict: this.#options.strict ?? false, logs });
  }

  /** A state is an anchor of each of its logs. */
  #reportForgotten(logs: ReadonlySet<string>): void {
    for (const { log } of this.#options.resume?.logs ?? []) {
      if (logs.has(log)) continue;
      const place: Place = { log: null, seq: null, file: null, line: null };
      this.#findings.damage("anchor_log_missing", place, `log \`${log}\`, which was verified before, is not there`);
    }
  }

  async #names(): Promise<readonly string[] | null> {
    return guarded(null, this.#findings, async () => [...new Set(await this.#source.logs())].sort());
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

  #job(log: string, known: Partial<LogJob>): LogJob {
    const { strict = false, onState } = this.#options;
    return {
      ...this.#caller,
      log,
      strict,
      anchors: [],
      links: [],
      bound: [],
      anchoredAt: new Map(),
      from: this.#states.get(log) ?? null,
      keepState: onState !== undefined && checkpointLogKeyId(log) === null,
      ...known,
    };
  }

  async *#oneByOne(jobs: readonly LogJob[], tick: Parameters<LogRunner>[1]): AsyncGenerator<LogResult> {
    const { hasher, ed25519Verify } = this.#options;
    for (const job of jobs) {
      tick(job.log, { records: 0, bytes: 0 });
      yield await verifyLog(this.#source, job, {
        hasher,
        ed25519Verify,
        claims: checkpointLogKeyId(job.log) === null ? null : this.#claims,
        tick: (progress) => tick(job.log, progress),
      });
    }
  }

  #take({ outcome, findings, worm }: LogResult): LogOutcome[] {
    this.#findings.absorb(findings);
    if (outcome === null) return [];
    this.#running.delete(outcome.log);
    this.#records += outcome.records;
    this.#bytes += outcome.bytes;
    this.#worm.set(outcome.log, worm);
    this.#tick(outcome.log, { records: 0, bytes: 0 });
    return [outcome];
  }

  #reportLost(logs: ReadonlySet<string>): void {
    for (const log of this.#claims.logs()) {
      const claim = logs.has(log) ? null : this.#claims.of(log).at(0);
      if (claim === null) continue;
      const place: Place = { log: claim.by, seq: claim.seq, file: null, line: null };
      this.#findings.damage("bound_log_missing", place, `log \`${log}\`, which is bound here, is not in the trail`);
    }
  }

  readonly #tick = (log: string, progress: { readonly records: number; readonly bytes: number }): void => {
    this.#running.set(log, progress);
    let records = this.#records;
    let bytes = this.#bytes;
    for (const running of this.#running.values()) {
      records += running.records;
      bytes += running.bytes;
    }
    try {
      this.#options.signal?.throwIfAborted();
      this.#options.onProgress?.({ log, records, bytes });
    } catch (reason) {
      throw new Interruption(reason);
    }
  };
}
