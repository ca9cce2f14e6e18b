import { ProclawError } from "@proclaw/core";
import { describe, expect, it } from "vitest";
import { compileRegex, type RegexOptions } from "./compile-regex.ts";
import { MAX_GROUPS, MAX_SOURCE_LENGTH } from "./limits.ts";
import { loadPattern, runPattern } from "./run.ts";

function matches(source: string, text: string, options: Partial<RegexOptions> = {}): boolean {
  return runPattern(loadPattern(compileRegex(source, { search: false, ...options })), text);
}

function refusal(source: string, options: Partial<RegexOptions> = {}): string {
  try {
    compileRegex(source, { search: false, ...options });
  } catch (error) {
    if (ProclawError.is(error, "invalid_policy")) return error.message;
    throw error;
  }
  throw new Error(`\`${source}\` was accepted`);
}

describe("forms of tables", () => {
  it.each([
    ["^abc$", false, { kind: "equals", text: "abc" }],
    ["(?:^abc)", true, { kind: "prefix", text: "abc" }],
    ["abc.*", false, { kind: "prefix", text: "abc" }],
    ["abc$", true, { kind: "suffix", text: "abc" }],
    [".*abc", false, { kind: "suffix", text: "abc" }],
    ["a\\.😀", true, { kind: "contains", text: "a.😀" }],
    [".*^a$.*", false, { kind: "equals", text: "a" }],
    ["^$", true, { kind: "equals", text: "" }],
  ] as const)("%s (search: %s)", (source, search, table) => {
    expect(compileRegex(source, { search })).toEqual(table);
  });

  it("repeats one class without an automaton", () => {
    expect(compileRegex("^[A-Za-z0-9 ]+$", { search: false })).toMatchObject({ kind: "repeat", min: 1, max: null });
    expect(compileRegex(".{2,4000}", { search: false })).toMatchObject({ kind: "repeat", min: 2, max: 4000 });
    expect(compileRegex("", { search: true })).toMatchObject({ kind: "repeat", min: 0, max: null });
  });

  it("never compares half a character with a lone surrogate", () => {
    expect(compileRegex("\\u{d83d}", { search: true }).kind).toBe("automaton");
    expect(matches("\\u{d83d}", "\u{1f600}", { search: true })).toBe(false);
    expect(matches("\\u{d83d}", "a\ud83d", { search: true })).toBe(true);
    expect(matches("\\u{d83d}\\u{de00}", "\u{1f600}")).toBe(false);
    expect(matches("\\ud83d\\ude00", "\u{1f600}")).toBe(true);
  });

  it("looks for long texts with an automaton, since the worst case of includes() is quadratic", () => {
    expect(compileRegex("a".repeat(33), { search: true }).kind).toBe("automaton");
    expect(matches("ab".repeat(20), `aab${"ab".repeat(20)}`, { search: true })).toBe(true);
  });

  it("are equal after a JSON round trip, and equal for equal languages", () => {
    const table = compileRegex("(?:a|b)+c", { search: false });
    expect(JSON.parse(JSON.stringify(table))).toEqual(table);
    expect(compileRegex("[ab][ab]*c|(?:b+|a)+c", { search: false })).toEqual(table);
  });

  it("show a pattern that matches nothing by starting in the dead state", () => {
    expect(compileRegex("a^b", { search: true })).toMatchObject({ kind: "automaton", start: 0 });
  });
});

describe("meaning", () => {
  it.each<[source: string, options: Partial<RegexOptions>, yes: readonly string[], no: readonly string[]]>([
    [".", {}, ["a", "\n", "\u2028", "😀", "\ud83d"], ["", "ab", "\ude00\ud83d"]],
    ["^a|b$", { search: true }, ["ax", "xb"], ["xa", "bx", "x\na", "b\n"]],
    ["a$|^$", {}, ["a", ""], ["a\n"]],
    ["\\bcat\\b", { search: true }, ["cat", "a cat!", "écat"], ["cats", "_cat"]],
    ["\\B", { search: true }, ["", "-", "a\u{1f600}-"], ["a", "a\u{1f600}b"]],
    ["$\\B", { search: true }, ["", "a-"], ["a"]],
    ["(?:$\\b)*a", {}, ["a"], ["", "aa"]],
    ["x{2,3}?", {}, ["xx", "xxx"], ["x", "xxxx"]],
    ["(?:a|){3}b", {}, ["b", "aab", "aaab"], ["aaaab"]],
    ["[^a-c]", {}, ["d", "😀", "\n"], ["b", "dd"]],
    ["[[a-z]--[aeiou]]+", {}, ["xyz"], ["xay"]],
    ["[[\\p{L}]&&[\\p{ASCII}]]", {}, ["z"], ["é", "1"]],
    ["[a-z-]", {}, ["-", "q"], ["A"]],
    ["straße", { ignoreCase: true }, ["STRAẞE", "Straße"], ["strasse"]],
    ["k", { ignoreCase: true }, ["K", "\u212a"], ["q"]],
    ["\\w", { ignoreCase: true }, ["\u017f"], ["é"]],
    ["\\W", { ignoreCase: true }, ["é"], ["S", "\u017f"]],
    ["[^k]", { ignoreCase: true }, ["q"], ["K", "\u212a"]],
    ["a(?i:b)c", {}, ["abc", "aBc"], ["Abc", "abC"]],
    ["(?-i:a)\\W", { ignoreCase: true }, ["a-"], ["A-", "aS"]],
    ["(?i:x|\\b)\u017f", { search: true }, ["x\u017f", "\u017f"], ["a\u017f"]],
    ["(?:x|\\b)\u017f", { search: true }, ["a\u017f", "x\u017f"], ["-\u017f"]],
  ])("%s %o", (source, options, yes, no) => {
    expect(yes.filter((text) => !matches(source, text, options))).toEqual([]);
    expect(no.filter((text) => matches(source, text, options))).toEqual([]);
  });
});

describe("refusals name the place and what to write", () => {
  it.each([
    ["a(?=b)", "regex `a(?=b)` at index 1: look-around such as `(?=b)` is not supported"],
    ["(?<!a)b", "at index 0: look-around"],
    ["(a)\\1", "at index 3: the back-reference `\\1` is not supported"],
    ["(?<n>a)\\k<n>", "at index 7: the back-reference `\\k<n>`"],
    ["(?s:.)", "only the flag `i` can be set inside a pattern"],
    ["(?-m:.)", "only the flag `i` can be set inside a pattern"],
    ["(?i)a", "at index 1: invalid group; groups are"],
    ["\\d{3}\\-", "invalid escape; only"],
    ["[a-", "unterminated character class"],
    ["a{2", "incomplete quantifier"],
    ["+", "nothing to repeat; write"],
    ["\\p{Klingon}", "invalid property name"],
    ["\\p{RGI_Emoji}", "is a property of strings"],
    ["[\\q{ab}]", "`\\q{…}` is not supported; write a group"],
    [
      "[a&&b]",
      "`&&` in the class `[a&&b]` can be read in two ways; write `&` once for the character, or both operands in brackets",
    ],
    ["[+--]", "`--` in the class `[+--]` can be read in two ways"],
    ["(?i:\\P{Lu})", "`\\P{Lu}` has no clear meaning where case is ignored; write `[^\\p{Lu}]`"],
    ["a{70000}", "at index 0: a repeat count is at most 65536"],
  ])("%s", (source, message) => {
    expect(refusal(source)).toContain(message);
  });

  it("shows only the beginning of a long pattern", () => {
    expect(refusal(`${"a".repeat(1000)}(?=b)`)).toHaveLength(refusal(`${"a".repeat(2000)}(?=b)`).length);
  });
});

describe("hostile patterns", () => {
  it.each([
    ["^(a+)+$", "a".repeat(60_000), true],
    ["^(a+)+$", `${"a".repeat(60_000)}b`, false],
    ["(a|a)*b", "a".repeat(60_000), false],
    ["(.*)*", "x".repeat(60_000), true],
    ["(.*)*!", "x".repeat(60_000), false],
    ["(x+x+)+y", "x".repeat(60_000), false],
    ["(?:(?:a?){30}){30}a{30}", "a".repeat(900), true],
  ])("%s is one pass like any other", (source, text, expected) => {
    expect(matches(source, text)).toBe(expected);
  });

  it.each([
    ["[ab]*a[ab]{12}", "more than 4096 states"],
    ["[ab]*a[ab]{10}", "more than 2000"],
    ["(?:.?){3000}x", "too complex"],
    ["(?:a{1000}){1000}", "written out it has more than"],
    // 0 × Infinity is no number, and no number is above a cap.
    [`(?:${"(?:".repeat(70)}a${"){60000}".repeat(70)}){0}(?:b{60000}c)`, "written out it has more than"],
    ["(?:a|b|ab){1000}(?:b|c|bc){1000}", "too complex"],
    ["(".repeat(MAX_GROUPS + 1) + ")".repeat(MAX_GROUPS + 1), "more than 256 `(`"],
    ["[".repeat(MAX_GROUPS + 1) + "]".repeat(MAX_GROUPS + 1), "more than 256 `[`"],
    ["a".repeat(MAX_SOURCE_LENGTH + 1), "longer than 4096"],
    [Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(""), "kinds of characters"],
    [Array.from({ length: 250 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("x"), "kinds of characters"],
    ["LlLuLtLmLoMnMcMeNdNlNoPcPdPsPePiPf".replaceAll(/../gu, "\\p{$&}"), "more than 16 Unicode properties"],
  ])("%s is refused", (source, message) => {
    expect(refusal(`(?:${source})|z`.length > MAX_SOURCE_LENGTH ? source : `(?:${source})|z`)).toContain(message);
  });
});
