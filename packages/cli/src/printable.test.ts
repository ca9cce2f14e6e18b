import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, printableLines } from "./printable.ts";

describe("printable", () => {
  it.each([
    ["plain äöü 日本 😀", "plain äöü 日本 😀"],
    ["\u001b[2Jgone", "\\u{1b}[2Jgone"],
    ["a\nb\r", "a\\u{a}b\\u{d}"],
    ["allow\u202eyned", "allow\\u{202e}yned"],
    ["\u009b31m", "\\u{9b}31m"],
    ["\ud800", "\\u{d800}"],
    ["a\u2028b", "a\\u{2028}b"],
  ])("%j is shown as %j", (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it("lets no control character through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
      { seed: 20_261_122 },
    );
  });

  it("cuts what is too long", () => {
    expect(printable("x".repeat(50), 10)).toBe(`${"x".repeat(10)}…`);
  });

  it("keeps the line feeds of our own text", () => {
    expect(printableLines("a\u001b\nb")).toBe("a\\u{1b}\nb");
  });
});
