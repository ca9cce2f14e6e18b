import fc from "fast-check";
import { expect, test } from "vitest";
import { compileGlob, loadPattern, runPattern } from "./pattern/index.ts";
import { matchesPieces } from "./tool-glob.ts";

test.each<[glob: string, name: string, expected: boolean]>([
  ["*", "", true],
  ["*", "a", true],
  ["a*", "a", true],
  ["a*", "ba", false],
  ["*a", "ba", true],
  ["*a", "ab", false],
  // The beginning and the end may not share a character.
  ["ab*ba", "aba", false],
  ["ab*ba", "abba", true],
  ["a*b*c", "abc", true],
  ["a*b*c", "ac", false],
  ["a*b*c", "acb", false],
  ["a*b*b", "ab", false],
  ["a*b*b", "abb", true],
  ["a*b*b", "aab", false],
  ["a*bc*c", "abc", false],
  ["a*bc*c", "abcc", true],
  ["a*b*c*d", "axbxcxd", true],
  ["a*c*b*d", "abcd", false],
  ["a*bb*bb*c", "abbbc", false],
  ["a*bb*bb*c", "abbbbc", true],
  ["*a*", "a", true],
  ["*a*", "b", false],
  ["*a*a*", "a", false],
  ["*ab*ba*", "aba", false],
])("%s on %s", (glob, name, expected) => {
  expect(matchesPieces(glob.split("*"), name)).toBe(expected);
});

test("property: a tool's glob matches what its compiled pattern matches", () => {
  const text = (letters: string): fc.Arbitrary<string> =>
    fc.array(fc.constantFrom(...letters.split("")), { maxLength: 7 }).map((parts) => parts.join(""));
  let matched = 0;
  let runs = 0;
  fc.assert(
    fc.property(text("ab*"), text("ab"), (glob, name) => {
      fc.pre(glob.includes("*"));
      const expected = runPattern(loadPattern(compileGlob(glob, { separator: null })), name);
      expect(matchesPieces(glob.split("*"), name)).toBe(expected);
      runs++;
      if (expected) matched++;
    }),
    { seed: 12, numRuns: 2000 },
  );
  expect(matched).toBeGreaterThan(runs / 20);
});
