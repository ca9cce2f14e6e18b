/**
 * A test as data: any runner can run it. It passes if `run` resolves, and fails if it rejects
 * (usually with an `AssertionError` of `node:assert`).
 */
export interface ConformanceCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}
