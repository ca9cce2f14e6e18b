import { ProclawError, type AuditSource } from "@proclaw/core";
import type { BoundClaim, BoundClaims } from "./bound-claims.ts";
import type { Place } from "./finding.ts";
import { FindingList, type FindingData } from "./finding-list.ts";
import type { Hasher } from "./hasher.ts";
import { ChunkReader, type LineReader } from "./line-reader.ts";
import type { Link, LogOutcome } from "./log-outcome.ts";
import { LogVerification } from "./log-verification.ts";
import type { Ed25519Verify } from "./note.ts";
import type { RootClaim } from "./root-claim.ts";
import type { ChainSnapshot } from "./verify-state.ts";
import type { CallerKeys } from "./verify-options.ts";

/** All that verifying one log takes, besides its bytes. Can be sent to another thread. */
export interface LogJob extends CallerKeys {
  readonly log: string;
  readonly strict: boolean;
  readonly anchors: readonly RootClaim[];
  readonly links: readonly Link[];
  /** What the logs of checkpoints say of this log, by size. */
  readonly bound: ClaimsInOrder;
  /** Of logs of checkpoints, how many of their records an anchor covers. */
  readonly anchoredAt: ReadonlyMap<string, number>;
  readonly from: ChainSnapshot | null;
  readonly keepState: boolean;
}

/** Claims by size: an array has the form too. */
export interface ClaimsInOrder {
  readonly length: number;
  at(place: number): BoundClaim | null | undefined;
}

/** What came of it. Can be sent to another thread. */
export interface LogResult {
  /** Null: the source failed. */
  readonly outcome: LogOutcome | null;
  readonly findings: FindingData;
  /** By the word of the store, nobody can change the checkpoints. */
  readonly worm: boolean;
}

export type Tick = (progress: { readonly records: number; readonly bytes: number }) => void;

/** Verifies one log; rejects only with what `tick` throws, as an {@link Interruption}. */
export async function verifyLog(
  source: AuditSource,
  job: LogJob,
  parts: {
    readonly hasher: Hasher;
    readonly ed25519Verify: Ed25519Verify;
    readonly claims: BoundClaims | null;
    readonly tick: Tick;
    /** Default: one that reads line by line. */
    readonly reader?: LineReader;
  },
): Promise<LogResult> {
  const findings = new FindingList();
  const outcome = await guarded(job.log, findings, () =>
    new LogVerification(job.log, source, { reader: new ChunkReader(), ...job, ...parts, findings }).run(),
  );
  const worm = outcome !== null && (await isWorm(source, job.log, findings));
  return { outcome, findings: findings.data(), worm };
}

/** Runs a part; a source that fails is a finding, not an exception. */
export async function guarded<T>(log: string | null, findings: FindingList, part: () => Promise<T>): Promise<T | null> {
  try {
    return await part();
  } catch (error) {
    if (error instanceof Interruption) throw error;
    const place: Place = { log, seq: null, file: null, line: null };
    findings.damage("source_failed", place, `the ${log === null ? "trail" : "log"} could not be read${codeOf(error)}`);
    return null;
  }
}

/** Wraps what must pass through the verifier instead of becoming a finding. */
export class Interruption extends Error {
  constructor(reason: unknown) {
    super("interrupted", { cause: reason });
  }
}

/**
 * Why a source failed: an error's code, such as `ENOENT`, never its message, which may hold anything;
 * except for what a store says by the contract's own errors, which hold no contents.
 */
function codeOf(error: unknown): string {
  if (ProclawError.is(error, "unreadable_evidence") || ProclawError.is(error, "store_failed")) {
    return `: ${error.message} (\`${error.code}\`)`;
  }
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
