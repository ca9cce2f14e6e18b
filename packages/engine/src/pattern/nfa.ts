/** Thompson's construction: a pattern as a nondeterministic automaton. */
import type { CodePointSet } from "./code-point-set.ts";
import { MAX_NFA_STATES } from "./limits.ts";
import { type Assertion, countStates, type PatternNode } from "./pattern-node.ts";
import { tooComplex } from "./refusal.ts";

export type NfaState =
  | { readonly kind: "set"; readonly set: number; readonly next: number }
  | { readonly kind: "split"; readonly next: readonly number[] }
  | { readonly kind: "assertion"; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: "accept" };

export interface Nfa {
  readonly states: readonly NfaState[];
  readonly start: number;
  /** State 0 accepts at the end of the input; with `anyTail`, wherever it is reached. */
  readonly anyTail: boolean;
  /** The distinct sets that `set` states refer to. */
  readonly sets: readonly CodePointSet[];
}

export const ACCEPT = 0;

/** @param anyTail any text may follow a match */
export function buildNfa(node: PatternNode, anyTail: boolean): Nfa {
  if (countStates(node) > MAX_NFA_STATES) {
    throw tooComplex(`written out it has more than ${MAX_NFA_STATES} states; use smaller repeat counts`);
  }
  const states: NfaState[] = [{ kind: "accept" }];
  const sets: CodePointSet[] = [];
  const setIds = new Map<string, number>();

  function add(state: NfaState): number {
    return states.push(state) - 1;
  }

  function setId(set: CodePointSet): number {
    const key = set.join();
    let id = setIds.get(key);
    if (id === undefined) setIds.set(key, (id = sets.push(set) - 1));
    return id;
  }

  /** Adds `item` so that it leads to `next`, and returns its entry. */
  function build(item: PatternNode, next: number): number {
    switch (item.kind) {
      case "set":
        return add({ kind: "set", set: setId(item.set), next });
      case "assertion":
        return add({ kind: "assertion", assertion: item.assertion, next });
      case "sequence":
        return item.items.reduceRight((entry, part) => build(part, entry), next);
      case "choice":
        return add({ kind: "split", next: item.items.map((part) => build(part, next)) });
      default:
        return buildRepeat(item.item, item.min, item.max, next);
    }
  }

  function buildRepeat(item: PatternNode, min: number, max: number, next: number): number {
    let entry = next;
    let required = min;
    if (max === Infinity) {
      const branches: number[] = [];
      const loop = add({ kind: "split", next: branches });
      const body = build(item, loop);
      branches.push(body, next);
      // `x+` enters its one copy, `x*` may pass it by.
      entry = min === 0 ? loop : body;
      required = Math.max(min - 1, 0);
    } else {
      for (let i = min; i < max; i++) entry = add({ kind: "split", next: [build(item, entry), next] });
    }
    for (let i = 0; i < required; i++) entry = build(item, entry);
    return entry;
  }

  const start = build(node, ACCEPT);
  return { states, start, anyTail, sets };
}
