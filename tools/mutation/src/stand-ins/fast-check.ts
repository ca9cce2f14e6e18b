/** fast-check with fewer runs and without shrinking: a mutant must be found, not explained. */
import fc from "fast-check";

export * from "fast-check";

const MAX_RUNS = 100;

const assert = (property: never, parameters: fc.Parameters<unknown> = {}): unknown =>
  fc.assert(property, {
    ...parameters,
    numRuns: Math.min(parameters.numRuns ?? MAX_RUNS, MAX_RUNS),
    endOnFailure: true,
  });

export default { ...fc, assert };
