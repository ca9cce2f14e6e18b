/** Sets of code points as sorted, disjoint, non-adjacent inclusive ranges: `[lo, hi, lo, hi, …]`. */
import { MAX_CODE_POINT } from "./limits.ts";

export type CodePointSet = readonly number[];

export const ANY_CODE_POINT: CodePointSet = [0, MAX_CODE_POINT];

export function singleton(codePoint: number): CodePointSet {
  return [codePoint, codePoint];
}

/** The one member of `set`, or null if it has none or several. */
export function onlyMember(set: CodePointSet): number | null {
  return set.length === 2 && set[0] === set[1] ? (set[0] as number) : null;
}

/** Any ranges, in any order, overlapping or not. */
export function fromRanges(ranges: readonly (readonly [number, number])[]): CodePointSet {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  for (const [lo, hi] of sorted) {
    const last = out.length - 1;
    if (last > 0 && lo <= (out[last] as number) + 1) out[last] = Math.max(out[last] as number, hi);
    else out.push(lo, hi);
  }
  return out;
}

export function rangesOf(set: CodePointSet): (readonly [number, number])[] {
  const out: (readonly [number, number])[] = [];
  for (let i = 0; i < set.length; i += 2) out.push([set[i] as number, set[i + 1] as number]);
  return out;
}

export function union(...sets: readonly CodePointSet[]): CodePointSet {
  return fromRanges(sets.flatMap(rangesOf));
}

export function complement(set: CodePointSet): CodePointSet {
  const out: number[] = [];
  let next = 0;
  for (const [lo, hi] of rangesOf(set)) {
    if (lo > next) out.push(next, lo - 1);
    next = hi + 1;
  }
  if (next <= MAX_CODE_POINT) out.push(next, MAX_CODE_POINT);
  return out;
}

export function intersection(a: CodePointSet, b: CodePointSet): CodePointSet {
  return complement(union(complement(a), complement(b)));
}

export function difference(a: CodePointSet, b: CodePointSet): CodePointSet {
  return intersection(a, complement(b));
}

export function has(set: CodePointSet, codePoint: number): boolean {
  let low = 0;
  let high = set.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (codePoint > (set[2 * middle + 1] as number)) low = middle + 1;
    else high = middle;
  }
  return 2 * low < set.length && codePoint >= (set[2 * low] as number);
}

export function equalSets(a: CodePointSet, b: CodePointSet): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
