/** What regexes and globs are both lowered to. Groups, laziness and captures leave no trace: they do not change the language. */
import { ANY_CODE_POINT, type CodePointSet, singleton } from "./code-point-set.ts";

export type Assertion =
  | "start"
  | "end"
  | "boundary"
  | "no_boundary"
  /** The boundaries of a part that ignores case, where U+017F and U+212A are word characters too. */
  | "folded_boundary"
  | "no_folded_boundary";

export type PatternNode =
  | { readonly kind: "set"; readonly set: CodePointSet }
  | { readonly kind: "sequence"; readonly items: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly items: readonly PatternNode[] }
  | { readonly kind: "repeat"; readonly item: PatternNode; readonly min: number; readonly max: number }
  | { readonly kind: "assertion"; readonly assertion: Assertion };

export const EMPTY_NODE: PatternNode = { kind: "sequence", items: [] };
export const ANY_CHARACTER: PatternNode = { kind: "set", set: ANY_CODE_POINT };
export const ANY_TEXT: PatternNode = { kind: "repeat", item: ANY_CHARACTER, min: 0, max: Infinity };

export function characterNode(codePoint: number): PatternNode {
  return { kind: "set", set: singleton(codePoint) };
}

export function sequenceNode(items: readonly PatternNode[]): PatternNode {
  const flat = items.flatMap((item) => (item.kind === "sequence" ? item.items : [item]));
  const [only] = flat;
  return only !== undefined && flat.length === 1 ? only : { kind: "sequence", items: flat };
}

export function choiceNode(items: readonly PatternNode[]): PatternNode {
  const [only] = items;
  return only !== undefined && items.length === 1 ? only : { kind: "choice", items };
}

/** Beyond every cap, and finite: `0 × Infinity` would be NaN, which passes every comparison. */
const COUNTLESS = 1e9;

/** States that an automaton of `node` has, counted without building it (counted repeats multiply). */
export function countStates(node: PatternNode): number {
  return Math.min(COUNTLESS, countUncapped(node));
}

function countUncapped(node: PatternNode): number {
  switch (node.kind) {
    case "set":
    case "assertion":
      return 1;
    case "sequence":
    case "choice":
      return node.items.reduce((sum, item) => sum + countStates(item), 1);
    default: {
      const copies = node.max === Infinity ? Math.max(node.min, 1) : node.max;
      return copies * (countStates(node.item) + 1) + 1;
    }
  }
}
