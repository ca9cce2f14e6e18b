export type Depth = "ci" | "proof";

export interface Environment {
  readonly depth: Depth;
  /** Seed of everything random; fixed at depth `ci`. */
  readonly seed: number;
  readonly isDebianRoot: boolean;
}

/** A part of the continuous integration: one command and what it needs. */
export interface Suite {
  readonly name: string;
  /** What it shows, in one line. */
  readonly shows: string;
  /** Program and arguments, run in the repository's root. */
  readonly command: (environment: Environment) => readonly string[];
  /**
   * Why it cannot run here, or null. On Debian as root a suite that cannot run is a failure,
   * because there everything can be installed.
   */
  readonly unavailable?: (environment: Environment) => string | null;
  /** Runs at these depths only (default: both). */
  readonly depths?: readonly Depth[];
}

export interface SuiteResult {
  readonly name: string;
  readonly state: "passed" | "failed" | "not run";
  readonly seconds: number;
  readonly reason?: string;
}
