/**
 * Running compiled patterns: no regular expression engine, no parser, no allocation per run. Every
 * code point costs one look-up of its class and one step of the automaton, whatever the pattern.
 */
import type { AutomatonTable, RepeatTable, TextTable } from "./pattern-table.ts";
import {
  MAX_CELLS,
  MAX_CLASSES,
  MAX_CODE_POINT,
  MAX_CONTAINS_LENGTH,
  MAX_REPEAT,
  MAX_SOURCE_LENGTH,
  MAX_STATES,
} from "./limits.ts";
import { decodeRuns, invalidTable, type Run } from "./runs.ts";

export type { AutomatonTable, PatternTable, RepeatTable, TextTable } from "./pattern-table.ts";

const PAGE_BITS = 7;
const PAGE = 1 << PAGE_BITS;

/** Classes of code points in two levels; the first page is ASCII and always there. */
interface Classifier {
  /** Which block of 128 classes each page of 128 code points has. */
  readonly pages: Uint16Array;
  readonly blocks: Uint8Array;
  /** The class of all code points beyond the pages. */
  readonly rest: number;
}

interface LoadedText {
  readonly kind: "equals" | "prefix" | "suffix" | "contains";
  readonly text: string;
}

interface LoadedRepeat extends Classifier {
  readonly kind: "repeat";
  readonly min: number;
  readonly max: number;
}

interface LoadedAutomaton extends Classifier {
  readonly kind: "automaton";
  readonly classes: number;
  /** States are the offsets of their rows. */
  readonly start: number;
  readonly transitions: Uint16Array;
  /** By number of the state, not by offset. */
  readonly accepting: Uint8Array;
}

/** A validated pattern, ready to run. */
export type LoadedPattern = LoadedText | LoadedRepeat | LoadedAutomaton;

/**
 * Validates a table that may come from anywhere.
 *
 * INVARIANT (tables are closed): every index that running can compute from a loaded pattern lies in
 * its arrays, and every step consumes a character, so a hostile plan can neither read outside a
 * table nor keep a run from ending.
 *
 * @param data a {@link PatternTable} as parsed from JSON
 * @throws {ProclawError} `invalid_policy`
 */
export function loadPattern(data: unknown): LoadedPattern {
  if (typeof data !== "object" || data === null) throw invalidTable("it is not an object");
  const table = data as { readonly [K in keyof AutomatonTable | keyof RepeatTable | keyof TextTable]?: unknown };
  switch (table.kind) {
    case "equals":
    case "prefix":
    case "suffix":
    case "contains":
      return { kind: table.kind, text: loadText(table.text, table.kind) };
    case "repeat":
      return loadRepeat(table.alphabet, table.min, table.max);
    case "automaton":
      return loadAutomaton(table);
    default:
      throw invalidTable("unknown kind");
  }
}

function loadText(text: unknown, kind: TextTable["kind"]): string {
  // A lone surrogate could match half of a character, which the automata never do.
  if (typeof text !== "string" || !text.isWellFormed()) throw invalidTable("its text is not well-formed Unicode");
  if (text.length > (kind === "contains" ? MAX_CONTAINS_LENGTH : MAX_SOURCE_LENGTH))
    throw invalidTable("its text is too long");
  return text;
}

function loadRepeat(alphabet: unknown, min: unknown, max: unknown): LoadedRepeat {
  const least = integer(min, 0, MAX_REPEAT);
  const most = max === null ? Infinity : integer(max, least, MAX_REPEAT);
  return { kind: "repeat", ...loadClassifier(alphabet, 2), min: least, max: most };
}

function loadAutomaton(table: { readonly [K in keyof AutomatonTable]?: unknown }): LoadedAutomaton {
  const classes = integer(table.classes, 1, MAX_CLASSES);
  const states = integer(table.states, 2, Math.min(MAX_STATES, Math.floor(MAX_CELLS / classes)));
  const start = integer(table.start, 0, states - 1);
  const accepting = filled(new Uint8Array(states), decodeRuns(table.accepting, 2, states));
  const transitions = filled(
    new Uint16Array(states * classes),
    decodeRuns(table.transitions, states, states * classes),
  );
  // Running stops at these two, so they must be what they are taken for.
  if (accepting[0] !== 0 || accepting[1] !== 1) throw invalidTable("state 0 accepts or state 1 does not");
  for (let index = 0; index < classes; index++) {
    if (transitions[index] !== 0 || transitions[classes + index] !== 1) throw invalidTable("state 0 or 1 can be left");
  }
  for (let at = 0; at < transitions.length; at++) transitions[at] = (transitions[at] as number) * classes;
  return {
    kind: "automaton",
    ...loadClassifier(table.alphabet, classes),
    classes,
    start: start * classes,
    transitions,
    accepting,
  };
}

function integer(value: unknown, min: number, max: number): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw invalidTable("a number is missing or out of range");
  }
  return value as number;
}

function filled<T extends Uint8Array | Uint16Array>(target: T, runs: readonly Run[]): T {
  let at = 0;
  for (const [value, length] of runs) {
    target.fill(value, at, at + length);
    at += length;
  }
  return target;
}

function loadClassifier(alphabet: unknown, classes: number): Classifier {
  const runs = decodeRuns(alphabet, classes, MAX_CODE_POINT + 1);
  const [rest, lastLength] = runs.at(-1) as Run;
  const pages = new Uint16Array(Math.max(1, Math.ceil((MAX_CODE_POINT + 1 - lastLength) / PAGE)));
  const blocks: Uint8Array[] = [];
  const uniform = new Map<number, number>();
  let next = 0;
  let value = 0;
  let left = 0;
  for (let page = 0; page < pages.length; page++) {
    if (left === 0) [value, left] = runs[next++] as Run;
    if (left >= PAGE) {
      let block = uniform.get(value);
      if (block === undefined) uniform.set(value, (block = blocks.push(new Uint8Array(PAGE).fill(value)) - 1));
      pages[page] = block;
      left -= PAGE;
      continue;
    }
    const block = new Uint8Array(PAGE);
    pages[page] = blocks.push(block) - 1;
    for (let at = 0; at < PAGE;) {
      if (left === 0) [value, left] = runs[next++] as Run;
      const length = Math.min(left, PAGE - at);
      block.fill(value, at, at + length);
      at += length;
      left -= length;
    }
  }
  const joined = new Uint8Array(blocks.length * PAGE);
  blocks.forEach((block, index) => joined.set(block, index * PAGE));
  return { pages, blocks: joined, rest };
}

/** Whether `input` matches; a lone surrogate in it is a code point of its own. Linear in its length. */
export function runPattern(pattern: LoadedPattern, input: string): boolean {
  switch (pattern.kind) {
    case "equals":
      return input === pattern.text;
    case "prefix":
      return input.startsWith(pattern.text);
    case "suffix":
      return input.endsWith(pattern.text);
    case "contains":
      return input.includes(pattern.text);
    case "repeat":
      return runRepeat(pattern, input);
    default:
      return runAutomaton(pattern, input);
  }
}

function runAutomaton(pattern: LoadedAutomaton, input: string): boolean {
  const { blocks, transitions, classes } = pattern;
  let state = pattern.start;
  if (state <= classes) return state === classes;
  for (let i = 0; i < input.length; i++) {
    const unit = input.charCodeAt(i);
    let characterClass: number;
    if (unit < PAGE) characterClass = blocks[unit] as number;
    else {
      const codePoint = input.codePointAt(i) as number;
      if (codePoint > 0xffff) i++;
      characterClass = classOf(pattern, codePoint);
    }
    state = transitions[state + characterClass] as number;
    // Rows 0 (dead) and 1 (accepts whatever follows).
    if (state <= classes) return state === classes;
  }
  return pattern.accepting[state / classes] === 1;
}

function runRepeat(pattern: LoadedRepeat, input: string): boolean {
  const { blocks, max } = pattern;
  let count = 0;
  for (let i = 0; i < input.length; i++) {
    const unit = input.charCodeAt(i);
    if (unit < PAGE) {
      if (blocks[unit] !== 1) return false;
    } else {
      const codePoint = input.codePointAt(i) as number;
      if (codePoint > 0xffff) i++;
      if (classOf(pattern, codePoint) !== 1) return false;
    }
    if (++count > max) return false;
  }
  return count >= pattern.min;
}

function classOf(classifier: Classifier, codePoint: number): number {
  const page = classifier.pages[codePoint >> PAGE_BITS];
  return page === undefined
    ? classifier.rest
    : (classifier.blocks[(page << PAGE_BITS) | (codePoint & (PAGE - 1))] as number);
}
