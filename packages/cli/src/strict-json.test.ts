import fc from "fast-check";
import { ProclawError } from "@proclaw/core";
import { describe, expect, it } from "vitest";
import { decodeUtf8, MAX_TEXT_DEPTH, parseStrictJson } from "./strict-json.ts";

const SEED = { seed: 20_261_122, numRuns: 500 };

function refused(text: string): string | null {
  try {
    parseStrictJson(text);
    return null;
  } catch (error) {
    if (!ProclawError.is(error, "not_json") && !ProclawError.is(error, "too_large")) throw error;
    return error.message;
  }
}

describe("parseStrictJson", () => {
  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), (text) => {
        expect(parseStrictJson(text)).toStrictEqual(JSON.parse(text));
      }),
      SEED,
    );
  });

  it("refuses every text that JSON.parse refuses", () => {
    const edited = fc
      .tuple(
        fc.json({ stringUnit: "binary" }),
        fc.nat(),
        fc.constantFrom("", ",", ":", '"', "{", "}", "\\", "0", "\u0000", " "),
      )
      .map(
        ([text, at, piece]) => text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + 1),
      );
    let broken = 0;
    fc.assert(
      fc.property(edited, (text) => {
        try {
          JSON.parse(text);
        } catch {
          broken++;
          expect(refused(text)).toBe("the text is not JSON");
        }
      }),
      SEED,
    );
    expect(broken).toBeGreaterThan(100);
  });

  it("refuses a planted duplicate, however deep and however it is spelled", () => {
    const key = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("__proto__", "constructor", "a:b", '"', "\\", ""),
    );
    const spelled = (name: string, escape: boolean): string =>
      escape
        ? `"${Array.from({ length: name.length }, (_, i) => `\\u${name.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`
        : JSON.stringify(name);
    fc.assert(
      fc.property(key, fc.json(), fc.json(), fc.nat(20), fc.boolean(), (name, one, two, depth, escape) => {
        const text = `${'{"k":['.repeat(depth)}{${spelled(name, false)}:${one},${spelled(name, escape)}:${two}}${"]}".repeat(depth)}`;
        expect(refused(text)).toBe("an object has two members of one name");
      }),
      SEED,
    );
  });

  it.each([
    ['{"a":1,"a":1}', "an object has two members of one name"],
    ['{"a":1,"\\u0061":2}', "an object has two members of one name"],
    ['{"__proto__":1,"__proto__":2}', "an object has two members of one name"],
    ['[{"a":{"b":1,"b":2}}]', "an object has two members of one name"],
    ['"\\ud800"', "a string holds a lone surrogate"],
    ['"\\udc00\\ud800"', "a string holds a lone surrogate"],
    ['{"\\uDFFF":1}', "a string holds a lone surrogate"],
    ["1e999", "a number does not fit a double"],
    ["[-1e999]", "a number does not fit a double"],
    ["", "the text is not JSON"],
    ["  ", "the text is not JSON"],
    ["\uFEFF{}", "the text is not JSON"],
    ["{'a':1}", "the text is not JSON"],
    ['{"a":1,}', "the text is not JSON"],
    ["[1,]", "the text is not JSON"],
    ["01", "the text is not JSON"],
    ["+1", "the text is not JSON"],
    [".5", "the text is not JSON"],
    ["1.", "the text is not JSON"],
    ["0x1", "the text is not JSON"],
    ["NaN", "the text is not JSON"],
    ["Infinity", "the text is not JSON"],
    ["undefined", "the text is not JSON"],
    ["// c\n1", "the text is not JSON"],
    ['"\t"', "the text is not JSON"],
    ['"\\x41"', "the text is not JSON"],
    ['"\\u00G0"', "the text is not JSON"],
    ["{}{}", "the text is not JSON"],
    ["[1 2]", "the text is not JSON"],
    ['{"a" 1}', "the text is not JSON"],
    ["\u00a0{}", "the text is not JSON"],
  ])("refuses %j", (text, why) => {
    expect(refused(text)).toBe(why);
  });

  it.each([
    '"\\ud83d\\ude00"',
    '{"a:b":"c:d","e":{"a:b":":"}}',
    "-0",
    "1e-400",
    '"\u2028"',
    '"\u007f"',
    '{"":0}',
    " [ ] ",
    "\r\n1\t",
  ])("takes %j", (text) => {
    expect(parseStrictJson(text)).toStrictEqual(JSON.parse(text));
  });

  it("caps nesting, with an error and not with an exhausted stack", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(refused(nested(MAX_TEXT_DEPTH))).toBeNull();
    expect(refused(nested(MAX_TEXT_DEPTH + 1))).toBe(`nested deeper than ${MAX_TEXT_DEPTH}`);
    expect(refused(nested(1_000_000))).toBe(`nested deeper than ${MAX_TEXT_DEPTH}`);
    expect(refused('{"a":'.repeat(1_000_000))).toBe("the text is not JSON");
  });

  it("never shows the text in its error", () => {
    for (const text of ['{"secret-4111":1,"secret-4111":2}', '["secret-4111', '"secret-4111\\ud800"']) {
      try {
        parseStrictJson(text);
        expect.unreachable();
      } catch (error) {
        expect(String((error as Error).stack)).not.toContain("4111");
        expect((error as Error).cause).toBeUndefined();
      }
    }
  });
});

describe("decodeUtf8", () => {
  it("refuses malformed bytes instead of replacing them", () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]]) {
      expect(() => decodeUtf8(Uint8Array.from([0x22, ...bytes, 0x22]))).toThrow("not UTF-8");
    }
  });

  it("keeps a byte order mark, which JSON then refuses", () => {
    expect(refused(decodeUtf8(Uint8Array.from([0xef, 0xbb, 0xbf, 0x31])))).toBe("the text is not JSON");
  });
});
