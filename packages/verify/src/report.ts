import type { DamageKind, Finding, NoticeKind } from "./finding.ts";
import type { Level, LevelReport } from "./levels.ts";

/** Version of {@link VerifyReport}. */
export const REPORT_VERSION = 1;

/**
 * `intact`: nothing was found that an honest writer does not leave behind. `tampered`: something
 * was changed, is missing, or is broken. `unreadable`: there is nothing to verify, or the source
 * failed; says nothing in favor of the trail.
 */
export type Verdict = "intact" | "tampered" | "unreadable";

export interface LogReport {
  readonly log: string;
  /** Whole records. */
  readonly records: number;
  /** Leaf of the last record, hex; null: the log is empty. */
  readonly head: string | null;
  /** Records under the largest checkpoint that verifies under a key the caller gave. */
  readonly covered: number;
  /** Whether `log.close` ends it. */
  readonly closed: boolean;
  /** Name and id (`name+01234567`) of the key that the log itself declares for its end; null: none that can be read. */
  readonly key: string | null;
}

/** A log of checkpoints, which binds other logs. */
export interface CheckpointLogReport extends LogReport {
  /** As its records name it; null: it does not say. */
  readonly id: string | null;
}

/** The first thing that is wrong, by log, then by record. */
export interface FirstBad {
  readonly log: string | null;
  readonly seq: number | null;
  readonly file: string | null;
  /** Line in `file`, from 1; null where the finding has none. */
  readonly line: number | null;
  readonly kind: DamageKind;
  /** What it means, in a sentence. */
  readonly message: string;
}

/** What verifying a trail found. Plain JSON. */
export interface VerifyReport {
  readonly v: typeof REPORT_VERSION;
  readonly verdict: Verdict;
  /** Highest level reached; null unless the trail is intact. */
  readonly level: Level | null;
  /** All levels with what they mean; empty unless the trail is intact. */
  readonly levels: readonly LevelReport[];
  /** In `logs`; logs of checkpoints are not counted. */
  readonly records: number;
  readonly bytes: number;
  readonly logs: readonly LogReport[];
  /** By the name the store gives them, `checkpoints-<key id>`. */
  readonly checkpoint_logs: readonly CheckpointLogReport[];
  /** What was verified another time and not read again; null: everything was read. */
  readonly resumed: { readonly logs: number; readonly records: number } | null;
  readonly first_bad: FirstBad | null;
  /** At most 256 of each severity, by log and record; `finding_counts` counts all. */
  readonly findings: readonly Finding[];
  readonly finding_counts: { readonly damage: number; readonly notice: number };
  /** All findings by kind; kinds that were not found are absent. */
  readonly kind_counts: Readonly<Partial<Record<DamageKind | NoticeKind, number>>>;
  readonly anchors: {
    /** Anchors that agree with the logs. */
    readonly confirmed: number;
    /** What they add, in a sentence; null: none were given. */
    readonly means: string | null;
  };
}
