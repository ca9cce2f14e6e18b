import { ProclawError } from "./errors.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";

/**
 * Canonical JSON text of a value after RFC 8785 (JSON Canonicalization Scheme): members sorted by
 * UTF-16 code units (section 3.2.3), numbers and strings as ECMAScript prints them (3.2.2), no
 * white space. Stricter than the RFC in one thing: whatever is not plain JSON throws `not_json`
 * instead of being dropped or turned into something else (undefined, functions, symbols, bigints,
 * NaN and infinities, lone surrogates also in keys, sparse arrays, class instances, cycles).
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      if (!Number.isFinite(value)) throw notJson("a number that is not finite");
      // ECMAScript's Number::toString is what the RFC demands; it also prints -0 as 0.
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= MAX_JSON_DEPTH) throw notJson(`nesting deeper than ${MAX_JSON_DEPTH}`);
      return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1);
    default:
      throw notJson(`a value of type ${typeof value}`);
  }
}

function writeString(value: string): string {
  if (!value.isWellFormed()) throw notJson("a lone surrogate");
  return JSON.stringify(value);
}

function writeArray(value: readonly unknown[], depth: number): string {
  let text = "[";
  for (let i = 0; i < value.length; i++) {
    if (i > 0) text += ",";
    // A hole reads as undefined, which throws.
    text += write(value[i], depth);
  }
  return text + "]";
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notJson("an instance of a class");
  const members = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(value).sort();
  let text = "{";
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (i > 0) text += ",";
    text += writeString(key) + ":" + write(members[key], depth);
  }
  return text + "}";
}

function notJson(what: string): ProclawError {
  return new ProclawError("not_json", `${what} is not plain JSON`);
}
