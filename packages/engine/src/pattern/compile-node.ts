/** From a pattern to its table: the short forms where they serve, else the minimal automaton. */
import { ANY_CODE_POINT, type CodePointSet, complement, onlyMember, rangesOf } from "./code-point-set.ts";
import { buildDfa } from "./dfa.ts";
import { MAX_CELLS, MAX_CODE_POINT, MAX_CONTAINS_LENGTH } from "./limits.ts";
import { minimize } from "./minimize.ts";
import { buildNfa } from "./nfa.ts";
import { ANY_TEXT, type PatternNode, sequenceNode } from "./pattern-node.ts";
import type { AutomatonTable, PatternTable, RepeatTable } from "./pattern-table.ts";
import { tooComplex } from "./refusal.ts";
import { encodeRuns, type Run, runsOf } from "./runs.ts";

/**
 * A pattern without what only says where it stands: `^`, `$` and `.*` at its ends become two flags.
 * A `^` after `.*` leaves that no room, and the other way round adds it, so the order decides.
 */
interface Framed {
  readonly anyHead: boolean;
  readonly items: readonly PatternNode[];
  readonly anyTail: boolean;
}

function frame(node: PatternNode, search: boolean): Framed {
  const items = node.kind === "sequence" ? [...node.items] : [node];
  let anyHead = search;
  let anyTail = search;
  for (let first = items[0]; first !== undefined; first = items[0]) {
    if (isAnyText(first)) anyHead = true;
    else if (first.kind === "assertion" && first.assertion === "start") anyHead = false;
    else break;
    items.shift();
  }
  for (let last = items.at(-1); last !== undefined; last = items.at(-1)) {
    if (isAnyText(last)) anyTail = true;
    else if (last.kind === "assertion" && last.assertion === "end") anyTail = false;
    else break;
    items.pop();
  }
  return { anyHead, items, anyTail };
}

function isAnyText(node: PatternNode): boolean {
  return (
    node.kind === "repeat" &&
    node.min === 0 &&
    node.max === Infinity &&
    node.item.kind === "set" &&
    isAnyCharacter(node.item.set)
  );
}

function isAnyCharacter(set: CodePointSet): boolean {
  return set.length === 2 && set[0] === 0 && set[1] === MAX_CODE_POINT;
}

/**
 * @param search whether a match anywhere will do, else the whole text must match
 * @throws {Refusal} when a cap of `limits.ts` is passed
 */
export function compileNode(node: PatternNode, search: boolean): PatternTable {
  const framed = frame(node, search);
  return textTable(framed) ?? repeatTable(framed) ?? automatonTable(framed);
}

function textTable({ anyHead, items, anyTail }: Framed): PatternTable | null {
  const characters = items.map((item) => (item.kind === "set" ? onlyMember(item.set) : null));
  // A lone surrogate must not match half of a character, which comparing code units would do; judged one by
  // one, since a high and a low one side by side would make a whole character.
  if (characters.some((character) => character === null || !String.fromCodePoint(character).isWellFormed()))
    return null;
  const text = String.fromCodePoint(...(characters as number[]));
  if (text === "" && (anyHead || anyTail)) return repeat(ANY_CODE_POINT, 0, null);
  if (!anyHead) return { kind: anyTail ? "prefix" : "equals", text };
  if (!anyTail) return { kind: "suffix", text };
  return text.length <= MAX_CONTAINS_LENGTH ? { kind: "contains", text } : null;
}

function repeatTable({ anyHead, items, anyTail }: Framed): PatternTable | null {
  const [only] = items;
  if (anyHead || anyTail || only === undefined || items.length > 1) return null;
  if (only.kind === "set") return repeat(only.set, 1, 1);
  if (only.kind !== "repeat" || only.item.kind !== "set") return null;
  return repeat(only.item.set, only.min, only.max === Infinity ? null : only.max);
}

function repeat(set: CodePointSet, min: number, max: number | null): RepeatTable {
  return { kind: "repeat", alphabet: encodeRuns(membership(set)), min, max };
}

function membership(set: CodePointSet): Run[] {
  const inside = rangesOf(set).map(([lo, hi]) => ({ lo, run: [1, hi - lo + 1] as const }));
  const outside = rangesOf(complement(set)).map(([lo, hi]) => ({ lo, run: [0, hi - lo + 1] as const }));
  return [...inside, ...outside].sort((a, b) => a.lo - b.lo).map(({ run }) => run);
}

function automatonTable({ anyHead, items, anyTail }: Framed): AutomatonTable {
  const nfa = buildNfa(sequenceNode(anyHead ? [ANY_TEXT, ...items] : items), anyTail);
  const dfa = buildDfa(nfa);
  const minimal = minimize(dfa);
  if (minimal.states * minimal.columns > MAX_CELLS) {
    throw tooComplex(
      `its table has ${minimal.states} states × ${minimal.columns} kinds of characters, more than ${MAX_CELLS} cells; use smaller repeat counts or split it`,
    );
  }
  const { starts, classOf } = dfa.alphabet;
  const alphabet = starts.map((start, index): Run => {
    const end = starts[index + 1] ?? MAX_CODE_POINT + 1;
    return [minimal.columnOf[classOf[index] as number] as number, end - start];
  });
  return {
    kind: "automaton",
    classes: minimal.columns,
    states: minimal.states,
    start: minimal.start,
    alphabet: encodeRuns(alphabet),
    accepting: encodeRuns(runsOf(minimal.accepting.map(Number))),
    transitions: encodeRuns(runsOf(minimal.transitions)),
  };
}
