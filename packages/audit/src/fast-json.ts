import { canonicalJson, MAX_JSON_DEPTH } from "@proclaw/core";

/**
 * `canonicalJson(value)`, about three times as fast for values whose members already stand in
 * canonical order: those the engine's own JSON.stringify prints as RFC 8785 wants it (numbers and
 * strings are ECMAScript's, section 3.2.2), without the many small strings of a printer in
 * JavaScript. Everything else, and everything doubtful, goes to `canonicalJson`.
 *
 * Only for data that nobody else can change meanwhile: members are read twice.
 */
export function fastCanonicalJson(value: object): string {
  if (!isInCanonicalOrder(value, 0)) return canonicalJson(value);
  const text = JSON.stringify(value);
  // JSON.stringify writes a lone surrogate as an escape, where canonicalJson refuses it. One look at
  // the whole text costs less than one at every string; text that really says so only takes longer.
  return text.includes(String.raw`\ud`) ? canonicalJson(value) : text;
}

function isInCanonicalOrder(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      if (value === null) return true;
      if (depth >= MAX_JSON_DEPTH) return false;
      return Array.isArray(value) ? isListInOrder(value, depth + 1) : areMembersInOrder(value, depth + 1);
    default:
      return false;
  }
}

function isListInOrder(value: readonly unknown[], depth: number): boolean {
  for (let i = 0; i < value.length; i++) if (!isInCanonicalOrder(value[i], depth)) return false;
  return true;
}

function areMembersInOrder(value: object, depth: number): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  let last: string | null = null;
  // `for in` is twice as fast here as Object.keys. Inherited members, if somebody gave any to
  // Object.prototype, can only make the answer no.
  for (const key in members) {
    // Order by UTF-16 code units, section 3.2.3.
    if ((last !== null && !(last < key)) || !isInCanonicalOrder(members[key], depth)) return false;
    last = key;
  }
  return true;
}
