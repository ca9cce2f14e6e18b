import { describe, expect, it } from "vitest";
import { compileRegex } from "./compile-regex.ts";
import { loadPattern, runPattern } from "./run.ts";

/*
 * Goal: any accepted pattern on 64 KiB in at most 2 ms (hz of 500 and more), whatever the text.
 * Run: `vitest bench --run --project 'engine*' pattern`
 */
const SIZE = 65_536;

/** `text` over and over, up to 64 KiB of UTF-8. */
function filled(text: string): string {
  return text.repeat(Math.floor(SIZE / new TextEncoder().encode(text).length));
}

const SHAPES: readonly (readonly [name: string, source: string, text: string, search?: true])[] = [
  ["one class", "^[A-Za-z0-9 ]+$", filled("aspirin 500 mg ")],
  ["three states", "^(?:[a-z]+ ?)+$", filled("aspirin mg ")],
  ["mail addresses", "(?:\\w+@\\w+\\.(?:com|org)\\s*)+", filled("joe@example.com ")],
  ["words not found", "\\b(?:rm|shutdown|mkfs|reboot)\\b", filled("echo hello world; ls -la /tmp "), true],
  ["thousand states", "(?:[ab]*a[ab]{9})*", `${filled("abbabaaab").slice(10)}abbbbbbbbb`],
  ["letters, ASCII", "^(?:\\p{L}+[ ,]*)+$", filled("hello world, ")],
  ["letters, Greek", "^(?:\\p{L}+[ ,]*)+$", filled("καλημέρα κόσμε, ")],
  ["letters, Han", "^(?:\\p{L}+[ ,]*)+$", filled("你好世界")],
  ["emoji", "^(?:\\p{Emoji}x?)+$", filled("😀😁")],
  ["longest text looked for by includes()", `${"a".repeat(31)}b`, "a".repeat(SIZE), true],
];

describe("64 KiB", () => {
  it.for(SHAPES)("%s", async ([, source, text, search], { bench }) => {
    const pattern = loadPattern(compileRegex(source, { search: search ?? false }));
    const regexp = new RegExp(search ? source : `^(?:${source})$`, "su");
    expect(runPattern(pattern, text)).toBe(regexp.test(text));
    await bench.compare(
      bench("pattern", () => void runPattern(pattern, text)),
      bench("RegExp", () => void regexp.test(text)),
    );
  });

  // RegExp takes time exponential in the length here: it has no part in this one.
  it("nested repeats that nearly match", async ({ bench }) => {
    const pattern = loadPattern(compileRegex("^(a+)+$", { search: false }));
    const text = `${"a".repeat(SIZE - 1)}b`;
    await bench("pattern", () => void runPattern(pattern, text)).run();
  });
});
