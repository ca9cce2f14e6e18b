import type { BoundClaims } from "./bound-claims.ts";
import type { FindingList } from "./finding-list.ts";
import type { Hasher } from "./hasher.ts";
import type { LineReader } from "./line-reader.ts";
import type { Predecessor } from "./predecessor.ts";
import type { ClaimJudge, RootClaim } from "./root-claim.ts";
import type { EpochFacts } from "./trust.ts";
import type { ClaimsInOrder } from "./verify-log.ts";
import type { ChainSnapshot, LogState } from "./verify-state.ts";

/*
 * What verifying one log takes, and what comes of it.
 */

/** A later log says that this log had this root at this size. */
export interface Link extends Predecessor {
  /** The log that says so. */
  readonly from: string;
}

export interface LogVerificationOptions extends ClaimJudge {
  readonly hasher: Hasher;
  readonly reader: LineReader;
  readonly strict: boolean;
  readonly findings: FindingList;
  /** Checkpoints of this log that were kept elsewhere, by size. */
  readonly anchors: readonly RootClaim[];
  /** By size. */
  readonly links: readonly Link[];
  /** What the logs of checkpoints say of this log. */
  readonly bound: ClaimsInOrder;
  /** Where a log of checkpoints puts what it says of others; null for an ordinary log. */
  readonly claims: BoundClaims | null;
  /** Of logs of checkpoints, how many of their records an anchor covers. */
  readonly anchoredAt: ReadonlyMap<string, number>;
  /** Where to go on; null: begin at the beginning. */
  readonly from: ChainSnapshot | null;
  /** Whether to keep what it takes to go on another time. */
  readonly keepState: boolean;
  readonly witnessQuorum: number;
  /** Called between chunks; may throw to stop everything. */
  readonly tick: (progress: { readonly records: number; readonly bytes: number }) => void;
}

/** What was seen of one log. What it is worth depends on keys that other logs may introduce. */
export interface LogOutcome {
  /** As the store names it. */
  readonly log: string;
  /** As its records name it; null: a log of checkpoints that does not say it. */
  readonly id: string | null;
  readonly records: number;
  readonly bytes: number;
  /** Leaf of the last record, hex. */
  readonly head: string | null;
  readonly closed: boolean;
  readonly epochs: readonly EpochFacts[];
  /** Checkpoints that were judged. */
  readonly claims: number;
  /** By log of checkpoints: the largest size at which the log agrees with what is said of it below an anchor there. */
  readonly agreed: readonly { readonly by: string; readonly size: number }[];
  /** The largest anchor that agrees; 0: none. */
  readonly anchored: number;
  /** Records that were verified another time. */
  readonly skipped: number;
  /** Taken at the last checkpoint that verifies; null unless it was asked for. */
  readonly state: LogState | null;
}
