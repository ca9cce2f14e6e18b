/** How often a random test is repeated: few times in CI, many with `PROCLAW_DEPTH=proof`. */
export function times(ci: number, proof: number): number {
  return process.env["PROCLAW_DEPTH"] === "proof" ? proof : ci;
}

/** A seeded source of numbers in [0, 1) (mulberry32): a failing run can be repeated. */
export function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
