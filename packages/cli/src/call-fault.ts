import type { JsonObject } from "@proclaw/core";
import { unknownMember } from "./call-line.ts";
import { decodeUtf8, parseStrictJson } from "./strict-json.ts";

/** Longer texts are not searched for the place of a fault. */
const MAX_SEARCHED = 64 * 1024;

/**
 * What is wrong with a call that `readCall` refused, in the terms of its text: for `check`, whose
 * user wrote the call. Decisions on the calls of an agent never quote them.
 *
 * @returns null where there is nothing to add
 */
export function callFault(bytes: Uint8Array): string | null {
  let text: string;
  try {
    text = decodeUtf8(bytes);
  } catch {
    return null;
  }
  const at = text.length > MAX_SEARCHED ? null : jsonFault(text);
  if (at !== null) {
    const before = text.slice(0, at).split("\n");
    const place = `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
    return `the text is not JSON: ${at === text.length ? "it ends too early, at" : "it goes wrong at"} ${place}`;
  }
  try {
    const value = parseStrictJson(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    const unknown = unknownMember(value as JsonObject);
    if (unknown === null) return null;
    return `${unknown.where} has an unknown member \`${unknown.name}\`: known are ${unknown.known.join(", ")}`;
  } catch {
    return null;
  }
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

type Expected = "value" | "first value" | "key" | "first key" | "colon" | "more" | "end";

/** Offset of the first token that is not JSON (RFC 8259), the length of a text that ends too early, or null. */
export function jsonFault(text: string): number | null {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = 0;
  const take = (token: RegExp): boolean => {
    token.lastIndex = at;
    if (!token.test(text)) return false;
    at = token.lastIndex;
    return true;
  };
  const afterValue = (): Expected => (open.length === 0 ? "end" : "more");
  for (;;) {
    take(SPACE);
    if (at === text.length) return expected === "end" ? null : at;
    const next = text[at];
    const inside = open.at(-1);
    const closes = inside === "{" ? "}" : "]";
    if (next === closes && inside !== undefined && /^(?:first|more)/.test(expected)) {
      open.pop();
      at++;
      expected = afterValue();
    } else if (expected === "more" && next === ",") {
      at++;
      expected = inside === "{" ? "key" : "value";
    } else if (expected === "colon" && next === ":") {
      at++;
      expected = "value";
    } else if (expected === "key" || expected === "first key") {
      if (!take(STRING)) return at;
      expected = "colon";
    } else if (expected === "value" || expected === "first value") {
      if (next === "{" || next === "[") {
        open.push(next);
        at++;
        expected = next === "{" ? "first key" : "first value";
      } else if (take(STRING) || take(SCALAR)) expected = afterValue();
      else return at;
    } else return at;
  }
}
