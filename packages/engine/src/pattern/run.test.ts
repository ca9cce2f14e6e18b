import { ProclawError } from "@proclaw/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileRegex } from "./compile-regex.ts";
import { type AutomatonTable, loadPattern, type PatternTable, runPattern } from "./run.ts";
import { encodeRuns } from "./runs.ts";

const PROOF = process.env["PROCLAW_DEPTH"] === "proof";

const TABLES: readonly PatternTable[] = [
  compileRegex("abc", { search: false }),
  compileRegex("abc", { search: true }),
  compileRegex("[a-zé😀]{2,8}", { search: false }),
  compileRegex("(?:ab|é+c)*x?", { search: false }),
  compileRegex("\\b\\p{Lu}\\w+\\b", { search: true }),
];

const TEXTS = ["", "abc", "é😀\ud83d\ude00", "\u{10ffff}\ud83d", `Éa ${"ab".repeat(300)}`];

function refused(data: unknown): boolean {
  try {
    const pattern = loadPattern(data);
    for (const text of TEXTS) {
      // A read outside a table would surface as a state that is no number, hence as an answer of its own.
      expect(typeof runPattern(pattern, text)).toBe("boolean");
    }
    return false;
  } catch (error) {
    if (ProclawError.is(error, "invalid_policy")) return true;
    throw error;
  }
}

/** A valid automaton of two classes that accepts `a`; `change` breaks it. */
function automaton(change: Partial<Record<keyof AutomatonTable, unknown>> = {}): unknown {
  const alphabet = encodeRuns([
    [0, 0x61],
    [1, 1],
    [0, 0x10ffff - 0x61],
  ]);
  const transitions = encodeRuns([0, 0, 1, 1, 0, 3, 0, 0].map((state) => [state, 1]));
  const accepting = encodeRuns([0, 1, 0, 1].map((bit) => [bit, 1]));
  return { kind: "automaton", classes: 2, states: 4, start: 2, alphabet, accepting, transitions, ...change };
}

const states = (...numbers: readonly number[]): string => encodeRuns(numbers.map((number) => [number, 1]));

describe("loadPattern", () => {
  it("takes a valid table", () => {
    const pattern = loadPattern(automaton());
    expect(["a", "", "aa", "b"].map((text) => runPattern(pattern, text))).toEqual([true, false, false, false]);
  });

  it.each<[what: string, data: unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a string", "automaton"],
    ["an unknown kind", { kind: "regexp", source: "a" }],
    ["a text that is none", { kind: "equals", text: 1 }],
    ["half a character", { kind: "suffix", text: "\ud83d" }],
    ["a long text to look for", { kind: "contains", text: "a".repeat(33) }],
    ["a long text", { kind: "prefix", text: "a".repeat(5_000) }],
    ["bounds the wrong way round", { ...compileRegex("a{3,4}", { search: false }), max: 2 }],
    ["a missing bound", { kind: "repeat", alphabet: encodeRuns([[1, 0x110000]]), min: 0 }],
    ["a fractional bound", { kind: "repeat", alphabet: encodeRuns([[1, 0x110000]]), min: 0.5, max: null }],
    ["a repeat of class 2", { kind: "repeat", alphabet: encodeRuns([[2, 0x110000]]), min: 0, max: null }],
    ["no classes", automaton({ classes: 0 })],
    ["more classes than fit", automaton({ classes: 257 })],
    ["more cells than fit", automaton({ classes: 256, states: 257 })],
    ["more states than allowed", automaton({ classes: 1, states: 2_001 })],
    ["NaN states", automaton({ states: Number.NaN })],
    ["states as a string", automaton({ states: "4" })],
    ["a start beyond the states", automaton({ start: 4 })],
    ["a negative start", automaton({ start: -1 })],
    ["a step beyond the states", automaton({ transitions: states(0, 0, 1, 1, 0, 4, 0, 0) })],
    ["too few steps", automaton({ transitions: states(0, 0, 1, 1, 0, 3, 0) })],
    ["too many steps", automaton({ transitions: states(0, 0, 1, 1, 0, 3, 0, 0, 0) })],
    ["a dead state that can be left", automaton({ transitions: states(0, 2, 1, 1, 0, 3, 0, 0) })],
    ["a sink that can be left", automaton({ transitions: states(0, 0, 1, 2, 0, 3, 0, 0) })],
    ["a dead state that accepts", automaton({ accepting: states(1, 1, 0, 1) })],
    ["a sink that does not accept", automaton({ accepting: states(0, 0, 0, 1) })],
    ["a class beyond the classes", automaton({ alphabet: encodeRuns([[2, 0x110000]]) })],
    ["an alphabet with a gap", automaton({ alphabet: encodeRuns([[0, 0x10ffff]]) })],
    ["an alphabet beyond Unicode", automaton({ alphabet: encodeRuns([[0, 0x110001]]) })],
    ["an empty alphabet", automaton({ alphabet: "" })],
    ["a run of length 0", automaton({ accepting: btoa("\0\0\0\u0001\u0001\u0001\0\u0001\u0001\u0001") })],
    ["a number that is cut off", automaton({ accepting: btoa("\0\u0081") })],
    ["a number without end", automaton({ accepting: btoa("\u0080".repeat(9)) })],
    ["no base64", automaton({ alphabet: "%%%" })],
    ["numbers that are no string", automaton({ alphabet: [0, 1] })],
  ])("refuses %s", (_, data) => {
    expect(refused(data)).toBe(true);
  });

  it("refuses or safely runs whatever a table was changed to", () => {
    const junk = fc.oneof(
      fc.constantFrom(null, true, Number.NaN, Infinity, -1, 0, 1, 2, 3, 65_536, 2 ** 31, "", "AAAA", [], {}),
      fc.integer({ min: -5, max: 300 }),
      fc.base64String({ maxLength: 24 }),
    );
    const bytes = fc.array(fc.tuple(fc.nat(10_000), fc.nat(255)), { minLength: 1, maxLength: 3 });
    let runs = 0;
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...TABLES),
        fc.nat(),
        junk,
        bytes,
        fc.boolean(),
        (table, which, value, changes, whole) => {
          const copy: Record<string, unknown> = { ...table };
          const keys = Object.keys(copy);
          const key = keys[which % keys.length] as string;
          const old = copy[key];
          if (whole || typeof old !== "string" || key === "kind" || key === "text") copy[key] = value;
          else {
            const codes = Array.from(atob(old), (byte) => byte.charCodeAt(0));
            for (const [at, byte] of changes) codes[at % codes.length] = byte;
            copy[key] = btoa(String.fromCharCode(...codes));
          }
          runs++;
          if (!refused(copy)) accepted++;
        },
      ),
      { seed: 7, numRuns: PROOF ? 100_000 : 3_000 },
    );
    // Changed tables that are still valid ran too.
    expect(accepted).toBeGreaterThan(runs / 60);
  });
});

describe("the caps of a table", () => {
  const repeat = (value: number, count: number): [number, number] => [value, count];
  /** State 0 is dead, state 1 accepts, all others lead to 0. */
  const table = (classes: number, count: number): unknown => ({
    kind: "automaton",
    classes,
    states: count,
    start: 0,
    alphabet: encodeRuns([repeat(0, 0x110000)]),
    accepting: encodeRuns([repeat(0, 1), repeat(1, 1), repeat(0, count - 2)]),
    transitions: encodeRuns([repeat(0, classes), repeat(1, classes), repeat(0, (count - 2) * classes)]),
  });

  it("are met exactly", () => {
    expect([table(256, 256), table(1, 2_000), table(32, 2_000)].map(refused)).toEqual([false, false, false]);
    expect([table(256, 257), table(1, 2_001), table(33, 2_000)].map(refused)).toEqual([true, true, true]);
    const text = (kind: string, length: number): unknown => ({ kind, text: "a".repeat(length) });
    expect([text("contains", 32), text("prefix", 4_096), text("equals", 33)].map(refused)).toEqual([
      false,
      false,
      false,
    ]);
    expect([text("contains", 33), text("suffix", 4_097)].map(refused)).toEqual([true, true]);
  });

  it("start in the dead state matches nothing, in the other everything", () => {
    for (const [start, expected] of [
      [0, false],
      [1, true],
    ] as const) {
      const pattern = loadPattern(automaton({ start }));
      expect(["", "a", "b", "é"].map((input) => runPattern(pattern, input))).toEqual(Array(4).fill(expected));
    }
  });

  it("numbers in a list are no text, and have at most four bytes", () => {
    expect(refused(automaton({ accepting: [states(0, 1, 0, 1)] }))).toBe(true);
    expect(refused(automaton({ alphabet: btoa("\0\u0080\u0080\u0080\u0080\u0001") }))).toBe(true);
    const last = (length: string): unknown =>
      automaton({ accepting: btoa(`\0\u0001\u0001\u0001\0\u0001\u0001${length}`) });
    expect([last("\u0001"), last("\u0081\u0080\u0080\0"), last("\u0081\u0080\u0080\u0080\0")].map(refused)).toEqual([
      false,
      false,
      true,
    ]);
    expect(encodeRuns([])).toBe("");
    expect(encodeRuns([[0x7f, 0x80]])).toBe(btoa("\u007f\u0080\u0001"));
    expect(
      encodeRuns([
        [1, 1],
        [1, 2],
        [0, 1],
      ]),
    ).toBe(btoa("\u0001\u0003\0\u0001"));
  });
});

describe("runPattern", () => {
  it("tells the first code points of each page and plane apart", () => {
    // With a tail it is an automaton; none of its characters is ASCII, so the first two pages are alike.
    for (const tail of ["", "[\u0180-\u01ff]?"]) {
      const far = loadPattern(compileRegex(`[\u0100-\u017f]${tail}`, { search: false }));
      const found = ["\u007f", "\u0080", "\u00ff", "\u0100", "\u017f", "\u0180"].map((one) => runPattern(far, one));
      expect(found).toEqual([false, false, false, true, true, false]);
      const two = loadPattern(compileRegex(`[^b]{2}${tail}`, { search: false }));
      const pairs = ["\uffffa", "\u{10000}a", "\uffffb", "\u{10000}", "\uffff"].map((one) => runPattern(two, one));
      expect(pairs).toEqual([true, true, false, false, false]);
    }
  });

  it("classifies every code point as the pattern's set does", () => {
    for (const source of [
      "[\\p{L}]",
      "[^\\p{L}]",
      "[\\x00]",
      "[\\u{10ffff}]",
      "[\\u{7f}-\\u{80}\\u{ffff}-\\u{10000}]",
      "[\\p{Cs}]",
    ]) {
      const one = loadPattern(compileRegex(`${source}x?`, { search: false }));
      const many = loadPattern(compileRegex(source, { search: false }));
      const expected = new RegExp(`^${source}$`, "u");
      const wrong: number[] = [];
      for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
        const text = String.fromCodePoint(codePoint);
        const verdict = expected.test(text);
        if (runPattern(one, text) !== verdict || runPattern(many, text) !== verdict) wrong.push(codePoint);
      }
      expect(wrong).toEqual([]);
    }
  });
});
