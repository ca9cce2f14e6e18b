/** Code points that no set of a pattern tells apart form one class: the automaton's alphabet. */
import type { CodePointSet } from "./code-point-set.ts";
import { MAX_CLASSES, MAX_CODE_POINT } from "./limits.ts";
import { tooComplex } from "./refusal.ts";

export interface Alphabet {
  readonly classes: number;
  /** Interval `i` runs from `starts[i]` to before `starts[i + 1]`; together they cover all code points. */
  readonly starts: readonly number[];
  /** The class of each interval. */
  readonly classOf: readonly number[];
  /** The classes that each set is made of, in the order of the sets given. */
  readonly classesOfSet: readonly (readonly number[])[];
}

/** Refines the partition set by set: the part of a class inside the set becomes a class of its own. */
export function partition(sets: readonly CodePointSet[]): Alphabet {
  const cuts = new Set<number>([0]);
  for (const set of sets) {
    set.forEach((bound, index) => {
      const cut = index % 2 === 0 ? bound : bound + 1;
      if (cut <= MAX_CODE_POINT) cuts.add(cut);
    });
  }
  const starts = [...cuts].sort((a, b) => a - b);
  const indexOf = new Map(starts.map((start, index) => [start, index]));
  const classOf = starts.map(() => 0);
  /** Intervals of each class. */
  const sizes = [starts.length];

  function intervalsOf(set: CodePointSet): number[] {
    const out: number[] = [];
    for (let i = 0; i < set.length; i += 2) {
      const end = indexOf.get((set[i + 1] as number) + 1) ?? starts.length;
      for (let interval = indexOf.get(set[i] as number) as number; interval < end; interval++) out.push(interval);
    }
    return out;
  }

  for (const set of sets) {
    const inside = Map.groupBy(intervalsOf(set), (interval) => classOf[interval] as number);
    for (const [id, intervals] of inside) {
      if (intervals.length === sizes[id]) continue;
      if (sizes.length === MAX_CLASSES) {
        throw tooComplex(`it tells more than ${MAX_CLASSES} kinds of characters apart; use fewer distinct characters`);
      }
      sizes[id] = (sizes[id] as number) - intervals.length;
      const fresh = sizes.push(intervals.length) - 1;
      for (const interval of intervals) classOf[interval] = fresh;
    }
  }
  const classesOfSet = sets.map((set) => [...new Set(intervalsOf(set).map((interval) => classOf[interval] as number))]);
  return { classes: sizes.length, starts, classOf, classesOfSet };
}
