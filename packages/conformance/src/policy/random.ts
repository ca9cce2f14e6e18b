/** A seeded source of choices (mulberry32), so that every run can be repeated. */
export interface Random {
  /** An integer from 0 up to, but not including, `below`. */
  below(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** Between `min` and `max` picks, without repetition. */
  some<T>(choices: readonly T[], min: number, max: number): T[];
}

export function createRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => next() % limit;
  return {
    below,
    chance: (probability) => next() < probability * 2 ** 32,
    pick: (choices) => choices[below(choices.length)] as never,
    some(choices, min, max) {
      const left = [...choices];
      const count = Math.min(min + below(max - min + 1), left.length);
      return Array.from({ length: count }, () => left.splice(below(left.length), 1)[0] as never);
    },
  };
}
