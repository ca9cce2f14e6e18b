/**
 * A compiled pattern: plain JSON data, equal after a JSON round trip, the same for the same language
 * of one form. Lists of numbers are in the encoding of `runs.ts`.
 */
export type PatternTable = TextTable | RepeatTable | AutomatonTable;

/** The whole text, its beginning, its end or a part of it; `text` has no lone surrogates. */
export interface TextTable {
  readonly kind: "equals" | "prefix" | "suffix" | "contains";
  readonly text: string;
}

/** From `min` to `max` code points (any number if null), all of class 1. */
export interface RepeatTable {
  readonly kind: "repeat";
  /** The class, 0 or 1, of each code point from 0 to 0x10FFFF. */
  readonly alphabet: string;
  readonly min: number;
  readonly max: number | null;
}

/** A minimal complete deterministic automaton. State 0 is dead, state 1 accepts whatever follows. */
export interface AutomatonTable {
  readonly kind: "automaton";
  readonly classes: number;
  readonly states: number;
  /** 0 if no text at all matches. */
  readonly start: number;
  /** The class of each code point from 0 to 0x10FFFF. */
  readonly alphabet: string;
  /** 1 for each state that accepts at the end of the text. */
  readonly accepting: string;
  /** The next state, row after row: `state * classes + class`. */
  readonly transitions: string;
}
