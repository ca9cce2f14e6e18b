import type { Clock } from "@proclaw/core";

/** Steps of the wall clock below this are the daily work of time synchronization. */
const STEP_MS = 1000;

/**
 * Compares the wall clock with the monotonic one.
 *
 * @returns a function that answers by how many milliseconds the wall clock stepped since it was
 *   last called, or null for less than a second. A suspended machine counts as a step.
 */
export function watchClock(clock: Clock): () => number | null {
  const difference = (): number => clock.now() - Number(clock.monotonic() / 1_000_000n);
  let last = difference();
  return () => {
    const now = difference();
    const step = now - last;
    // Compared with the last look, not with the start: slow drift is no step.
    last = now;
    return Math.abs(step) > STEP_MS ? Math.round(step) : null;
  };
}
