import { ProclawError } from "@proclaw/core";
import type { JsonValue } from "@proclaw/core";

/**
 * Nesting that {@link parseStrictJson} takes. Above what the engine accepts of a call, so that the
 * engine can name the fault; below what recursion could exhaust.
 */
export const MAX_TEXT_DEPTH = 512;

/**
 * JSON (RFC 8259) with nothing left to interpretation: what `JSON.parse` accepts, minus two members
 * of one name in an object, lone surrogates (written as escapes), numbers beyond a double and
 * nesting beyond {@link MAX_TEXT_DEPTH}. Throws `not_json`, for nesting `too_large`; the message
 * never shows the text.
 *
 * Duplicate names are found by counting: `JSON.parse` has proved the grammar, so every `:` outside a
 * string is one member of the text, and a name that came twice leaves fewer members in the value.
 */
export function parseStrictJson(text: string): JsonValue {
  const value = parse(text);
  const members = countMembers(value, 0);
  if (members !== countColons(text)) throw refuse("an object has two members of one name");
  return value;
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // V8's message quotes the text, so it is dropped, cause and all.
    throw refuse("the text is not JSON");
  }
}

/** Members of all objects in `value`; refuses what JSON.parse lets pass. */
function countMembers(value: JsonValue, depth: number): number {
  if (typeof value === "string") return wellFormed(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw refuse("a number does not fit a double");
  if (typeof value !== "object" || value === null) return 0;
  if (depth >= MAX_TEXT_DEPTH) throw new ProclawError("too_large", `nested deeper than ${MAX_TEXT_DEPTH}`);
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) count += countMembers(item, depth + 1);
    return count;
  }
  for (const [key, member] of Object.entries(value)) {
    count += 1 + wellFormed(key) + countMembers(member, depth + 1);
  }
  return count;
}

function wellFormed(text: string): 0 {
  if (!text.isWellFormed()) throw refuse("a string holds a lone surrogate");
  return 0;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

function countColons(text: string): number {
  let count = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (inString) {
      if (unit === BACKSLASH) i++;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) inString = true;
    else if (unit === COLON) count++;
  }
  return count;
}

function refuse(why: string): ProclawError {
  return new ProclawError("not_json", why);
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of UTF-8 bytes, or `not_json`: malformed input is refused, never replaced; a byte order mark stays. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw refuse("the bytes are not UTF-8");
  }
}
