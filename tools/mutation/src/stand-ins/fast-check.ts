/** fast-check with fewer runs and without shrinking: a mutant must be found, not explained. */
import fc from "fast-check";

export * from "fast-check";

const MAX_RUNS = 500;

const assert = ((property: never, parameters: { readonly numRuns?: number } = {}): unknown =>
  fc.assert(property, {
    ...parameters,
    numRuns: Math.min(parameters.numRuns ?? 100, MAX_RUNS),
    endOnFailure: true,
  } as never)) as typeof fc.assert;

export default { ...fc, assert };
