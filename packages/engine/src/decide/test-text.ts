import { type JsonValue, MAX_PATTERN_INPUT_BYTES } from "@proclaw/core";
import { type LoadedPattern, runPattern } from "../pattern/run.ts";
import type { GlobPlan, OperandPlan } from "../plan/types.ts";
import { runGlobTokens } from "./glob-tokens.ts";
import { resolveText } from "./operand.ts";
import type { Scope } from "./scope.ts";
import { ERROR, MISTYPED, TOO_LARGE, truth, type Truth } from "./truth.ts";
import { exceeds } from "./values.ts";

export function testRegex(pattern: number, value: JsonValue, scope: Scope): Truth {
  if (typeof value !== "string") return MISTYPED;
  if (exceeds(value, MAX_PATTERN_INPUT_BYTES)) return tooLarge(scope);
  return truth(runPattern(scope.prepared.patterns[pattern] as LoadedPattern, value));
}

export function testGlob(glob: GlobPlan, value: JsonValue, scope: Scope): Truth {
  if (typeof value !== "string") return MISTYPED;
  if (exceeds(value, MAX_PATTERN_INPUT_BYTES)) return tooLarge(scope);
  return runGlob(glob, value, scope);
}

export function runGlob(glob: GlobPlan, value: string, scope: Scope): Truth {
  if (glob.kind === "table") return truth(runPattern(scope.prepared.patterns[glob.pattern] as LoadedPattern, value));
  const matched = runGlobTokens(glob.tokens, value, scope);
  return matched === undefined ? ERROR : truth(matched);
}

function tooLarge(scope: Scope): Truth {
  scope.causes |= TOO_LARGE;
  return ERROR;
}

export function testPrefix(operand: OperandPlan, value: JsonValue, scope: Scope): Truth {
  if (typeof value !== "string") return MISTYPED;
  const text = resolveText(operand, scope);
  return text === undefined ? ERROR : truth(value.startsWith(text));
}

export function testSuffix(operand: OperandPlan, value: JsonValue, scope: Scope): Truth {
  if (typeof value !== "string") return MISTYPED;
  const text = resolveText(operand, scope);
  return text === undefined ? ERROR : truth(value.endsWith(text));
}

/** Code points of a string, items of an array. */
export function testLength(min: number, max: number | null, value: JsonValue): Truth {
  let length: number;
  if (typeof value === "string") length = codePoints(value);
  else if (Array.isArray(value)) length = value.length;
  else return MISTYPED;
  return truth(length >= min && (max === null || length <= max));
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    // The text is well formed, so every low surrogate ends a pair.
    const unit = text.charCodeAt(i);
    if (unit >= 0xdc00 && unit < 0xe000) count--;
  }
  return count;
}

/** A local part and a domain, as RFC 5321 has them without quoting; the domain is compared in lower case. */
const EMAIL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@([A-Za-z0-9.-]{1,253})$/;

export function testEmail(domains: readonly OperandPlan[], value: JsonValue, scope: Scope): Truth {
  if (typeof value !== "string" || value.length > 320) return MISTYPED;
  const domain = EMAIL.exec(value)?.[1]?.toLowerCase();
  if (domain === undefined || domain.startsWith(".") || domain.endsWith(".") || domain.includes("..")) return MISTYPED;
  let found = false;
  let failed = false;
  for (const operand of domains) {
    const text = resolveText(operand, scope)?.toLowerCase();
    if (text === undefined) failed = true;
    else if (matchesName(domain, text)) found = true;
  }
  return failed ? ERROR : truth(found);
}

/** `name` exactly, or any name below `suffix` where the pattern is `*.suffix`. */
export function matchesName(name: string, pattern: string): boolean {
  return pattern.startsWith("*.")
    ? name.length > pattern.length - 1 && name.endsWith(pattern.slice(1))
    : name === pattern;
}
