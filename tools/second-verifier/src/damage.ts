import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A seeded stream of whole numbers below `n` (mulberry32). */
export type Random = (n: number) => number;

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** Damages one file of a trail at random, in place; says what it did. */
export function damage(folder: string, random: Random): string {
  const files = (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => /\.(?:jsonl|note)$/.test(name))
    .sort();
  const file = files[random(files.length)] as string;
  const path = join(folder, file);
  const [name, edit] = EDITS[random(EDITS.length)] as (typeof EDITS)[number];
  const before = readFileSync(path);
  const after = edit(before, random);
  if (after === null) rmSync(path);
  else writeFileSync(path, after);
  return `${name} in ${file}`;
}

const LF = 0x0a;

function lines(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(LF, at);
    const next = end === -1 ? bytes.length : end + 1;
    found.push(bytes.subarray(at, next));
    at = next;
  }
  return found;
}

function onLines(edit: (all: Buffer[], at: number, random: Random) => void): (bytes: Buffer, random: Random) => Buffer {
  return (bytes, random) => {
    const all = lines(bytes);
    if (all.length > 0) edit(all, random(all.length), random);
    return Buffer.concat(all);
  };
}

const EDITS: readonly (readonly [string, (bytes: Buffer, random: Random) => Buffer | null])[] = [
  ["a flipped bit", (bytes, random) => changed(bytes, random, (byte) => byte ^ (1 << random(8)))],
  ["a digit changed", (bytes, random) => digitChanged(bytes, random)],
  ["a byte removed", (bytes, random) => cutOut(bytes, random(bytes.length), 1)],
  ["a byte inserted", (bytes, random) => inserted(bytes, random(bytes.length), Buffer.from([random(256)]))],
  ["a space inserted", (bytes, random) => inserted(bytes, random(bytes.length), Buffer.from(" "))],
  ["the end cut off", (bytes, random) => bytes.subarray(0, random(bytes.length))],
  ["the file removed", () => null],
  ["the file emptied", () => Buffer.alloc(0)],
  ["a line removed", onLines((all, at) => all.splice(at, 1))],
  ["a line doubled", onLines((all, at) => all.splice(at, 0, all[at] as Buffer))],
  ["two lines swapped", onLines((all, at) => all.splice(at, 2, ...all.slice(at, at + 2).reverse()))],
  ["a line moved to the end", onLines((all, at) => all.push(...all.splice(at, 1)))],
  ["the lines before it removed", onLines((all, at) => all.splice(0, at))],
  ["the lines after it removed", onLines((all, at) => all.splice(at + 1))],
];

function changed(bytes: Buffer, random: Random, edit: (byte: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return copy;
  const at = random(copy.length);
  copy[at] = edit(copy[at] as number);
  return copy;
}

function digitChanged(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  const places = [...copy.keys()].filter((at) => (copy[at] as number) >= 0x30 && (copy[at] as number) <= 0x39);
  if (places.length > 0) copy[places[random(places.length)] as number] = 0x30 + random(10);
  return copy;
}

function cutOut(bytes: Buffer, at: number, count: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]);
}

function inserted(bytes: Buffer, at: number, more: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}
