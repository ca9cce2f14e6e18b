import { canonicalJson } from "@proclaw/core";

/**
 * Whether `text` is the canonical JSON (RFC 8785) of `value`, where `value` is `JSON.parse(text)`.
 * Equality also shows that there are no duplicate keys, no white space and no other spelling of a
 * number or string.
 *
 * The fast way uses that the engine's own writer agrees with the canonical form in all but three
 * points, each of which is looked at: order of members, lone surrogates (written as `\ud…` escapes,
 * which canonical JSON never holds) and nesting. A text it cannot decide goes the slow way, which
 * is the definition.
 */
export function isCanonical(text: string, value: unknown): boolean {
  try {
    if (!text.includes("\\ud") && isSorted(value, 0) && JSON.stringify(value) === text) return true;
    return canonicalJson(value) === text;
  } catch {
    return false;
  }
}

/** Members in UTF-16 order everywhere, and nesting so small that recursion is safe. */
function isSorted(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth >= 60) return false;
  if (Array.isArray(value)) {
    for (const element of value) if (!isSorted(element, depth + 1)) return false;
    return true;
  }
  let before: string | null = null;
  for (const key of Object.keys(value)) {
    if (before !== null && before >= key) return false;
    before = key;
    if (!isSorted((value as Readonly<Record<string, unknown>>)[key], depth + 1)) return false;
  }
  return true;
}
