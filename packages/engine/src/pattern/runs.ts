/**
 * The one encoding of a table's numbers: runs of equal values, each as (value, length) in LEB128,
 * all in base64. Tables are mostly long runs, so this is several times smaller than plain numbers.
 */
import { ProclawError } from "@proclaw/core";

export type Run = readonly [value: number, length: number];

export function runsOf(values: Iterable<number>): Run[] {
  const runs: [number, number][] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] === value) last[1]++;
    else runs.push([value, 1]);
  }
  return runs;
}

/** @param runs values below 2³¹; neighbors with one value are joined */
export function encodeRuns(runs: Iterable<Run>): string {
  let bytes = "";
  function put(number: number): void {
    let rest = number;
    while (rest > 0x7f) {
      bytes += String.fromCharCode((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes += String.fromCharCode(rest);
  }
  let pending: [number, number] | undefined;
  for (const [value, length] of runs) {
    if (pending !== undefined && pending[0] === value) {
      pending[1] += length;
      continue;
    }
    if (pending !== undefined) pending.forEach(put);
    pending = [value, length];
  }
  pending?.forEach(put);
  return btoa(bytes);
}

/**
 * @param data from a plan, so anything
 * @param below what every value is below
 * @param total what the lengths must add up to
 * @throws {ProclawError} `invalid_policy`
 */
export function decodeRuns(data: unknown, below: number, total: number): Run[] {
  const bytes = decodeBase64(data);
  let at = 0;

  function take(): number {
    let number = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes.charCodeAt(at++);
      // Past the end the byte is NaN, which is not below 128 and adds no bits: `at` tells it apart.
      if (at > bytes.length) break;
      number |= (byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    throw invalidTable("a number is cut off or too long");
  }

  const runs: Run[] = [];
  let left = total;
  while (at < bytes.length) {
    const value = take();
    const length = take();
    if (value >= below) throw invalidTable("a number is out of range");
    if (length === 0 || length > left) throw invalidTable("a run has a wrong length");
    left -= length;
    runs.push([value, length]);
  }
  if (left !== 0) throw invalidTable("the runs do not cover it");
  return runs;
}

function decodeBase64(data: unknown): string {
  if (typeof data !== "string") throw invalidTable("a list of runs is not a string");
  try {
    return atob(data);
  } catch {
    throw invalidTable("a list of runs is not base64");
  }
}

export function invalidTable(what: string): ProclawError {
  return new ProclawError("invalid_policy", `the plan holds an invalid pattern table: ${what}`);
}
