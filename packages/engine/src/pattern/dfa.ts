/**
 * Subset construction. An assertion looks at the character before and at the one after: the former
 * is part of the automaton's state, the latter is known when the state is left.
 */
import { type Alphabet, partition } from "./alphabet.ts";
import type { CodePointSet } from "./code-point-set.ts";
import { MAX_SUBSET_STATES, MAX_SUBSET_WORK } from "./limits.ts";
import { ACCEPT, type Nfa } from "./nfa.ts";
import type { Assertion } from "./pattern-node.ts";
import { tooComplex } from "./refusal.ts";

/** A complete deterministic automaton. State 0 is dead; state 1, where there is one, accepts whatever follows. */
export interface Dfa {
  readonly alphabet: Alphabet;
  readonly start: number;
  readonly accepting: readonly boolean[];
  /** Row after row: `transitions[state * classes + class]`. */
  readonly transitions: Int32Array;
}

export const DEAD = 0;
export const SINK = 1;

const EDGE = 0;
const OTHER = 1;
/** U+017F and U+212A: word characters only where case is ignored (ECMA-262 §22.2.2.3.1 WordCharacters). */
const FOLDED_WORD = 2;
const WORD = 3;
type Neighbor = typeof EDGE | typeof OTHER | typeof FOLDED_WORD | typeof WORD;

export const WORD_SET: CodePointSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
const FOLDED_WORD_SET: CodePointSet = [0x17f, 0x17f, 0x212a, 0x212a];

/** @returns null if that depends on the next character, which is not known yet */
function holds(assertion: Assertion, before: Neighbor, after: Neighbor | null): boolean | null {
  if (assertion === "start") return before === EDGE;
  if (after === null) return null;
  if (assertion === "end") return after === EDGE;
  const folded = assertion === "folded_boundary" || assertion === "no_folded_boundary";
  const least = folded ? FOLDED_WORD : WORD;
  const differ = before >= least !== after >= least;
  return differ === (assertion === "boundary" || assertion === "folded_boundary");
}

interface Subset {
  readonly members: readonly number[];
  readonly before: Neighbor;
  /** Whether a member is an assertion that waits for the next character. */
  readonly waiting: boolean;
}

export function buildDfa(nfa: Nfa): Dfa {
  const bounded = nfa.states.some((state) => state.kind === "assertion" && state.assertion.endsWith("boundary"));
  const alphabet = partition(bounded ? [...nfa.sets, WORD_SET, FOLDED_WORD_SET] : nfa.sets);
  const { classes, classesOfSet } = alphabet;
  const neighborOf = Array.from({ length: classes }, (): Neighbor => OTHER);
  if (bounded) {
    for (const id of classesOfSet[nfa.sets.length] as readonly number[]) neighborOf[id] = WORD;
    for (const id of classesOfSet[nfa.sets.length + 1] as readonly number[]) neighborOf[id] = FOLDED_WORD;
  }
  const neighbors = [...new Set(neighborOf)];

  const subsets: Subset[] = [];
  const ids = new Map<string, number>();
  const rows: Int32Array[] = [];
  const accepting: boolean[] = [];
  const seen = new Int32Array(nfa.states.length);
  let round = 0;
  let work = 0;

  function spend(steps: number): void {
    work += steps;
    if (work > MAX_SUBSET_WORK) throw tooComplex("its automaton takes too long to build; use smaller repeat counts");
  }

  function closure(seeds: readonly number[], before: Neighbor, after: Neighbor | null): Subset {
    const mark = ++round;
    const members: number[] = [];
    const stack = [...seeds];
    let waiting = false;
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      spend(1);
      if (seen[id] === mark) continue;
      seen[id] = mark;
      const state = nfa.states[id] as Nfa["states"][number];
      if (state.kind === "split") stack.push(...state.next);
      else if (state.kind !== "assertion") members.push(id);
      else {
        const verdict = holds(state.assertion, before, after);
        if (verdict === true) stack.push(state.next);
        if (verdict === null) {
          members.push(id);
          waiting = true;
        }
      }
    }
    members.sort((a, b) => a - b);
    // What stands behind a waiting assertion may look back too, as in `$\B`.
    return { members, before: waiting ? before : OTHER, waiting };
  }

  /** The state for `subset`, made if it is new. */
  function stateOf(subset: Subset): number {
    // Whatever else may be in it, a match was found.
    if (nfa.anyTail && subset.members[0] === ACCEPT) return SINK;
    if (subset.members.length === 0) return DEAD;
    const key = String.fromCharCode(subset.before, ...subset.members);
    let id = ids.get(key);
    if (id === undefined) {
      if (subsets.length === MAX_SUBSET_STATES) {
        throw tooComplex(
          `its automaton has more than ${MAX_SUBSET_STATES} states (repeats multiply them); use smaller repeat counts or split it`,
        );
      }
      ids.set(key, (id = subsets.push(subset) - 1));
    }
    return id;
  }

  const nowhere: Subset = { members: [], before: OTHER, waiting: false };
  subsets.push(nowhere);
  if (nfa.anyTail) subsets.push(nowhere);
  const start = stateOf(closure([nfa.start], EDGE, null));
  const targets = new Map<string, number>();

  for (let id = 0; id < subsets.length; id++) {
    const subset = subsets[id] as Subset;
    const row = new Int32Array(classes);
    rows.push(row);
    if (nfa.anyTail && id === SINK) {
      row.fill(SINK);
      accepting.push(true);
      continue;
    }
    spend(classes);
    const leaving = (after: Neighbor): readonly number[] =>
      subset.waiting ? closure(subset.members, subset.before, after).members : subset.members;
    accepting.push(leaving(EDGE)[0] === ACCEPT);
    for (const neighbor of neighbors) {
      const members = leaving(neighbor);
      if (nfa.anyTail && members[0] === ACCEPT) {
        neighborOf.forEach((of, index) => of === neighbor && (row[index] = SINK));
        continue;
      }
      const reached = new Map<number, number[]>();
      for (const member of members) {
        const state = nfa.states[member] as Nfa["states"][number];
        if (state.kind !== "set") continue;
        for (const index of classesOfSet[state.set] as readonly number[]) {
          if (neighborOf[index] !== neighbor) continue;
          spend(1);
          const list = reached.get(index);
          if (list === undefined) reached.set(index, [state.next]);
          else list.push(state.next);
        }
      }
      for (const [index, list] of reached) {
        const key = String.fromCharCode(neighbor, ...list);
        let target = targets.get(key);
        if (target === undefined) targets.set(key, (target = stateOf(closure(list, neighbor, null))));
        row[index] = target;
      }
    }
  }

  const transitions = new Int32Array(subsets.length * classes);
  rows.forEach((row, id) => transitions.set(row, id * classes));
  return { alphabet, start, accepting, transitions };
}
