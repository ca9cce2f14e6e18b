import type { JsonObject, JsonValue } from "@proclaw/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cardCases, drawer, fill, readCase, secretCases } from "./fixtures/corpus.ts";
import { createSanitizer } from "./index.ts";
import { isCardNumber } from "./cards.ts";

const sanitizer = createSanitizer();
const RUNS = { seed: 20_261_122, numRuns: 1_000 };

/** A text with something to take out, and what that is. */
const planted = fc
  .tuple(fc.constantFrom(...secretCases.map(([, template]) => template), ...cardCases), fc.nat())
  .map(([template, seed]) => readCase(fill(template, drawer(seed)), ""));

/** Puts `text` somewhere into `value`: as a leaf, a member, a member name, or the root. */
function plant(value: JsonValue, text: string, draw: (below: number) => number): JsonValue {
  if (typeof value !== "object" || value === null) return draw(2) === 0 ? text : [value, text];
  if (Array.isArray(value)) {
    const at = draw(value.length + 1);
    return at === value.length ? [...value, text] : value.map((item, i) => (i === at ? plant(item, text, draw) : item));
  }
  const object = value as JsonObject;
  const names = Object.keys(object);
  const at = draw(names.length + 2);
  if (at === names.length) return { ...object, [text]: 1 };
  if (at > names.length) return { ...object, planted: text };
  return {
    ...object,
    [names[at] as string]: plant(object[names[at] as string] as JsonValue, text, draw),
  };
}

function strings(value: JsonValue): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [String(value)];
  return [
    ...(Array.isArray(value) ? [] : Object.keys(value)),
    ...Object.values<JsonValue>(value as Readonly<Record<string, JsonValue>>).flatMap(strings),
  ];
}

test("nothing planted in random JSON survives, and the second pass finds nothing", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), planted, fc.nat(), (value, { text, planted: data }, seed) => {
      const dirty = plant(value as JsonValue, text, drawer(seed));
      const { value: clean, redactionCount } = sanitizer.sanitize(dirty);
      expect(redactionCount).toBeGreaterThan(0);
      for (const found of strings(clean)) for (const secret of data) expect(found).not.toContain(secret);
      expect(sanitizer.sanitize(clean)).toEqual({ value: clean, redactions: [], redactionCount: 0 });
    }),
    RUNS,
  );
});

test("nothing planted survives in JSON that is text in JSON, three levels deep", () => {
  // What JSON itself escapes (quotes, back-slashes) changes the data, not only what stands around it.
  const unescaped = planted.filter(({ planted: data }) => data.every((one) => JSON.stringify(one) === `"${one}"`));
  const around = fc.constantFrom("\n", "\t", "\r\n", '"', "\u2028", "\\", " ");
  fc.assert(
    fc.property(unescaped, around, around, fc.integer({ min: 1, max: 3 }), ({ text, planted: data }, a, b, levels) => {
      let nested = a + text + b;
      for (let level = 0; level < levels; level++) nested = JSON.stringify({ body: nested });
      const clean = sanitizer.sanitizeText(nested);
      for (const secret of data) expect(clean).not.toContain(secret);
      expect(sanitizer.sanitizeText(clean)).toBe(clean);
    }),
    RUNS,
  );
});

/** Pieces that start, end or break matches, so that random strings of them come close to many rules. */
const FRAGMENTS = [
  ...Array.from("aZ09-_./:@=\"'\\ \n$%({[<é😀"),
  "4111111111111111",
  "4111 1111",
  "1111 1111",
  "5555-5555-5555-4444",
  "AKIA",
  "ghp_",
  "sk-",
  "sk-ant-",
  "eyJ",
  ".eyJ",
  "://",
  "u:p@",
  "password",
  "token=",
  "Bearer ",
  "Authorization: Basic ",
  "-----BEGIN ",
  "PRIVATE KEY-----",
  "-----END ",
  "[redacted:secret]",
  "[redacted:",
  "abcdefghij0123456789",
  "ABCDEFGHIJ234567",
  "{b62:36}",
  "\\n",
  "\\\\u0020",
  "\\u00a0",
  "\\u0041",
  "%20",
  "%41",
];
const broken = fc
  .tuple(fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 30 }), fc.nat())
  .map(([parts, seed]) => fill(parts.join(""), drawer(seed)));

test("sanitizing is idempotent on text made of broken pieces, alone and together", () => {
  fc.assert(
    fc.property(broken, broken, (name, text) => {
      const once = sanitizer.sanitizeText(text);
      expect(sanitizer.sanitizeText(once)).toBe(once);
      const { value } = sanitizer.sanitize({ [name]: text });
      expect(sanitizer.sanitize(value)).toEqual({ value, redactions: [], redactionCount: 0 });
    }),
    { ...RUNS, numRuns: 20_000 },
  );
});

/** Every stretch of text that the definition calls a card, tried one by one. */
function hasCard(text: string): boolean {
  for (let start = 0; start < text.length; start++) {
    if (/[\p{L}\p{N}]/u.test(text.charAt(start - 1))) continue;
    for (let end = start + 13; end <= text.length; end++) {
      const candidate = text.slice(start, end);
      if (!/^\d(?:[ -]?\d)*$/.test(candidate) || /[\p{L}\p{N}]/u.test(text.charAt(end))) continue;
      if (isCardNumber(candidate.replaceAll(/[ -]/g, ""))) return true;
    }
  }
  return false;
}

test("cards in digits, separators and letters: found exactly where trying every stretch finds one", () => {
  let cards = 0;
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("4111", "1111", "11111111", "1111 1111", "4111-1111", "4111111111") },
    { weight: 2, arbitrary: fc.constantFrom(" ", "-") },
    { weight: 1, arbitrary: fc.constantFrom("4", "1", "11", "5", "37", "0", "  ", "x", ".") },
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 3, maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      const clean = sanitizer.sanitizeText(text);
      if (hasCard(text)) cards++;
      expect(clean !== text).toBe(hasCard(text));
      expect(hasCard(clean)).toBe(false);
    }),
    { ...RUNS, numRuns: 20_000 },
  );
  expect(cards).toBeGreaterThan(300);
});

test("random text without a digit and without a keyword stays as it is", () => {
  const letters = fc.string({ unit: fc.constantFrom(...Array.from("abcdfghijlmnopquvxz ,;é漢😀\ud800\n")) });
  fc.assert(
    fc.property(fc.dictionary(letters, fc.array(letters)), (value) => {
      expect(sanitizer.sanitize(value).value).toBe(value);
    }),
    RUNS,
  );
});
