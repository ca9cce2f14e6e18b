import { describe, expect, it } from "vitest";
import { has, rangesOf, singleton } from "./code-point-set.ts";
import { closeOverCase, propertySet } from "./unicode.ts";

const ALL = Array.from({ length: 0x110000 }, (_, codePoint) => codePoint);

describe("propertySet", () => {
  it.each(["L", "Lu", "Cs", "Cn", "Zs", "Emoji", "Script=Han", "Script_Extensions=Greek", "ASCII", "Any"])(
    "has exactly the code points that \\p{%s} matches",
    (name) => {
      const set = propertySet(name);
      const escape = new RegExp(`^\\p{${name}}$`, "u");
      expect(ALL.filter((codePoint) => has(set, codePoint) !== escape.test(String.fromCodePoint(codePoint)))).toEqual(
        [],
      );
    },
  );
});

describe("closeOverCase", () => {
  const cased = rangesOf(propertySet("Changes_When_Casemapped")).flatMap(([lo, hi]) => ALL.slice(lo, hi + 1));

  it("gives each character what RegExp takes for equal to it, among all that have a case", () => {
    const text = cased.map((codePoint) => String.fromCodePoint(codePoint)).join("");
    const wrong = cased.filter((codePoint) => {
      const closed = closeOverCase(singleton(codePoint));
      const character = new RegExp(`\\u{${codePoint.toString(16)}}`, "giu");
      const equal = Array.from(text.matchAll(character), ([match]) => match.codePointAt(0) as number);
      return (
        equal.some((other) => !has(closed, other)) || rangesOf(closed).some(([lo, hi]) => hi - lo + 1 > equal.length)
      );
    });
    expect(cased.length).toBeGreaterThan(2_500);
    expect(wrong).toEqual([]);
  });

  it("leaves out no character whose case RegExp ignores", () => {
    const orbits = new RegExp(`[${cased.map((codePoint) => `\\u{${codePoint.toString(16)}}`).join("")}]`, "iu");
    const withCase = new Set(cased);
    expect(ALL.filter((codePoint) => !withCase.has(codePoint) && orbits.test(String.fromCodePoint(codePoint)))).toEqual(
      [],
    );
  });
});
