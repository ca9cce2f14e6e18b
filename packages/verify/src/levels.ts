/** How much an intact trail proves; see docs/audit/format.md. */
export const LEVELS = ["L0", "L1", "L2", "L3"] as const;
export type Level = (typeof LEVELS)[number];

export interface LevelReport {
  readonly level: Level;
  readonly reached: boolean;
  /** What it means. */
  readonly means: string;
  /** What it does not mean. */
  readonly limits: string;
}

const SENTENCES: Readonly<Record<Level, { readonly means: string; readonly limits: string }>> = {
  L0: {
    means:
      "every record is chained to the one before it: a record that was changed, inserted, removed or moved inside a log is found",
    limits:
      "whoever can write the trail can rewrite it from any record on and chain it anew, or cut its end, and nothing here shows it",
  },
  L1: {
    means:
      "every log bears checkpoints signed by a key you gave: up to its last checkpoint it was not rewritten by anybody who lacks that key",
    limits:
      "whoever has the host and its signing key can still rewrite history; an end that was cut together with its checkpoints shows only against an anchor; records after the last checkpoint are covered by the chain alone",
  },
  L2: {
    means:
      "the checkpoints are kept where, by the word of the store, nobody can change or delete them: not even the host with its key can rewrite what they cover",
    limits: "records after the last checkpoint are covered by the chain alone; the store and its clock are trusted",
  },
  L3: {
    means: "independent witnesses cosigned a checkpoint of every log: all of them saw the same history",
    limits: "records after the last cosigned checkpoint are not covered; a quorum of witnesses is trusted",
  },
};

export interface LevelEvidence {
  /** Every log has a checkpoint under a key the caller gave. */
  readonly signed: boolean;
  /** And all of them are held in a WORM store. */
  readonly worm: boolean;
  /** And all of them have a quorum of witnesses. */
  readonly witnessed: boolean;
}

/** Which levels an intact trail reaches, with a sentence each. */
export function reportLevels(evidence: LevelEvidence): LevelReport[] {
  const reached: Readonly<Record<Level, boolean>> = {
    L0: true,
    L1: evidence.signed,
    L2: evidence.signed && evidence.worm,
    L3: evidence.signed && evidence.witnessed,
  };
  return LEVELS.map((level) => ({ level, reached: reached[level], ...SENTENCES[level] }));
}

/** The highest level reached. */
export function highestLevel(levels: readonly LevelReport[]): Level {
  return levels.findLast(({ reached }) => reached)?.level ?? "L0";
}
