/** The ways of reading a trail that are compared. */
export const VERIFY_MODES = {
  hashes: "one SHA-256 a record (the limit)",
  tree: "chain + Merkle tree",
  fast: "`verifyTrail`",
  parallel: "`verifyTrailParallel`, 2 threads",
  strict: "`verifyTrail`, strict",
} as const;

export type VerifyMode = keyof typeof VERIFY_MODES;

/** What `verify-run.ts` prints. */
export interface VerifyRun {
  /** Why the trail is not accepted; null: it is. */
  readonly refused: string | null;
  /** Where the logs end, by log. */
  readonly ends: readonly { readonly log: string; readonly records: number; readonly head: string | null }[];
  readonly seconds: number;
  /** Of all threads, user and system. */
  readonly cpuSeconds: number;
  /** Resident memory before anything was read, MiB. */
  readonly startMiB: number;
  /** Largest resident memory of the process in its life, MiB. */
  readonly peakMiB: number;
}
