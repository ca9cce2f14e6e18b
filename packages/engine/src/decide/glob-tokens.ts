import type { GlobToken } from "../plan/types.ts";
import { insertion } from "./operand.ts";
import type { Scope } from "./scope.ts";
import { EVALUATION } from "./truth.ts";

/** A variable in a glob is a name, not a document. */
const MAX_INSERTION = 1024;
const SLASH = 0x2f;

type Step = number | "one" | "run" | "any" | "some" | "segments";

/**
 * Matches a glob with variables in it. The variables' values are known only now, so there is no
 * table to run; all places in the glob are followed at once, which costs at most the product of
 * both lengths, and never backtracks. Undefined: a variable cannot be inserted.
 */
export function runGlobTokens(tokens: readonly GlobToken[], value: string, scope: Scope): boolean | undefined {
  const steps: Step[] = [];
  let failed = false;
  for (const token of tokens) {
    if (token.kind === "text") push(steps, token.text);
    else if (token.kind !== "variable") steps.push(token.kind);
    else {
      const text = insertion(token.name, scope, true);
      if (text !== undefined && text.length <= MAX_INSERTION) push(steps, text);
      else {
        if (text !== undefined) scope.causes |= EVALUATION;
        failed = true;
      }
    }
  }
  return failed ? undefined : match(steps, value);
}

function push(steps: Step[], text: string): void {
  for (const character of text) steps.push(character.codePointAt(0) as number);
}

function match(steps: readonly Step[], value: string): boolean {
  let now = new Uint8Array(steps.length + 1);
  let next = new Uint8Array(steps.length + 1);
  enter(steps, now, 0);
  for (const character of value) {
    const code = character.codePointAt(0) as number;
    next.fill(0);
    for (let at = 0; at < steps.length; at++) {
      if (now[at] === 0) continue;
      const step = steps[at] as Step;
      if (typeof step === "number") {
        if (step === code) enter(steps, next, at + 1);
      } else if (step === "one") {
        if (code !== SLASH) enter(steps, next, at + 1);
      } else if (step === "run") {
        if (code !== SLASH) enter(steps, next, at);
      } else if (step === "any") enter(steps, next, at);
      else if (step === "some") {
        next[at] = 1;
        enter(steps, next, at + 1);
      } else {
        // Whole segments: leaves only behind a separator.
        next[at] = 1;
        if (code === SLASH) enter(steps, next, at + 1);
      }
    }
    [now, next] = [next, now];
  }
  return now[steps.length] === 1;
}

/** Marks a place, and those that can be reached from it without a character. */
function enter(steps: readonly Step[], places: Uint8Array, from: number): void {
  for (let at = from; ; at++) {
    places[at] = 1;
    const step = steps[at];
    if (step !== "run" && step !== "any" && step !== "segments") return;
  }
}
