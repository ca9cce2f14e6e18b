/** Source of time, so that tests and replays can use their own. */
export interface Clock {
  /** Wall clock: milliseconds since the Unix epoch. */
  now(): number;
  /** Monotonic clock: nanoseconds since an arbitrary start of this boot. */
  monotonic(): bigint;
}
