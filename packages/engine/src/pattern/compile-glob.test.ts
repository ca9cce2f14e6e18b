import { ProclawError } from "@proclaw/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlob, escapeGlob } from "./compile-glob.ts";
import { loadPattern, runPattern } from "./run.ts";

const PROOF = process.env["PROCLAW_DEPTH"] === "proof";

function matches(source: string, text: string, separator: "/" | null = "/"): boolean {
  return runPattern(loadPattern(compileGlob(source, { separator })), text);
}

/**
 * The slow and obvious reference: tries every way. `glob` and `text` are lists of characters, `at`
 * says where in the glob we are, since `**` reads differently at the beginning and at the end.
 */
function tries(glob: readonly string[], at: number, text: readonly string[]): boolean {
  if (at === glob.length) return text.length === 0;
  const rest = glob.slice(at).join("");
  const segmentBegins = at === 0 || glob[at - 1] === "/";
  /** Whether skipping `n` characters of the text, for some n allowed, lets the glob go on at `next`. */
  const some = (next: number, allowed: (skipped: readonly string[]) => boolean): boolean =>
    Array.from({ length: text.length + 1 }, (_, n) => n).some(
      (n) => allowed(text.slice(0, n)) && tries(glob, next, text.slice(n)),
    );
  if (rest.startsWith("**/") && segmentBegins) {
    return some(at + 3, (skipped) => skipped.length === 0 || skipped.at(-1) === "/");
  }
  if (rest === "**" && segmentBegins && at > 0) return text.length > 0;
  if (rest.startsWith("**")) return some(at + 2, () => true);
  if (rest.startsWith("*")) return some(at + 1, (skipped) => !skipped.includes("/"));
  const [first, ...others] = text;
  if (first === undefined) return false;
  if (rest.startsWith("?")) return first !== "/" && tries(glob, at + 1, others);
  if (rest.startsWith("\\")) return first === glob[at + 1] && tries(glob, at + 2, others);
  return first === glob[at] && tries(glob, at + 1, others);
}

describe("globs of arguments", () => {
  it.each<[glob: string, yes: readonly string[], no: readonly string[]]>([
    ["/a/**", ["/a/b", "/a/b/c", "/a/.hidden"], ["/a", "/a/", "/ab", "/b/a/c"]],
    ["/a/**/b", ["/a/b", "/a/x/b", "/a/x/y/b"], ["/axb", "/a/xb", "/ab"]],
    ["**/b", ["b", "a/b", "/b", "/x/y/b"], ["ab", "b/"]],
    ["**", ["", "a", "/a/b"], []],
    ["*", ["", "a", ".a"], ["/", "a/b"]],
    ["/srv/*.md", ["/srv/x.md", "/srv/.md"], ["/srv/a/x.md", "/srv/x.mdx"]],
    ["/srv/**.md", ["/srv/x.md", "/srv/a/x.md"], ["/srv/x.txt"]],
    ["a?c", ["abc", "a😀c"], ["ac", "a/c", "abbc"]],
    ["\\*\\[\\😀", ["*[😀"], ["x[😀"]],
    ["a(b)]}+@x.y", ["a(b)]}+@x.y"], ["ab"]],
  ])("%s", (glob, yes, no) => {
    expect(yes.filter((text) => !matches(glob, text))).toEqual([]);
    expect(no.filter((text) => matches(glob, text))).toEqual([]);
  });

  it.each([
    ["a[bc]", "glob `a[bc]` at index 1: bracket classes are not supported"],
    ["*.{md,txt}", "at index 2: braces are not supported"],
    ["!a", "at index 0: a glob cannot be negated"],
    ["a/***", "at index 2: write `*`"],
    ["a\\", "at index 1: a `\\` at the end escapes nothing"],
    ["a".repeat(5000), "longer than 4096"],
  ])("refuses %s", (glob, message) => {
    expect(() => compileGlob(glob, { separator: "/" })).toThrow(message);
    expect(() => compileGlob(glob, { separator: "/" })).toThrow(ProclawError);
  });

  it("matches what the backtracking reference matches", () => {
    const character = fc.constantFrom(...Array.from("aab/./*?\\😀!"));
    const globs = fc.array(fc.constantFrom("a", "b", "/", "/", ".", "*", "**", "?", "\\*", "\\?", "😀"), {
      maxLength: 8,
    });
    const texts = fc.array(fc.array(character, { maxLength: 9 }), { minLength: 10, maxLength: 10 });
    let runs = 0;
    let matched = 0;
    fc.assert(
      fc.property(globs, texts, (parts, samples) => {
        runs++;
        const glob = parts.join("").replaceAll(/\*{3,}/gu, "**");
        const pattern = loadPattern(compileGlob(glob, { separator: "/" }));
        const characters = Array.from(glob);
        // Texts that are near the glob: its own characters with the wildcards filled in.
        const near = samples.map((sample) =>
          Array.from(glob.replaceAll(/\\|\*\*?|\?/gu, () => sample.slice(0, 2).join(""))),
        );
        for (const text of [...samples, ...near]) {
          const expected = tries(characters, 0, text);
          if (expected) matched++;
          if (runPattern(pattern, text.join("")) !== expected) {
            throw new Error(`\`${glob}\` on ${JSON.stringify(text.join(""))}: the reference says ${expected}`);
          }
        }
      }),
      { seed: 5, numRuns: PROOF ? 50_000 : 1_000 },
    );
    expect(matched).toBeGreaterThan(runs);
  });

  it("escapeGlob() makes any text match just itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("ab*?[]{}!\\/")), maxLength: 8 }), (text) => {
        expect(compileGlob(escapeGlob(text), { separator: "/" })).toEqual({ kind: "equals", text });
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  it("runs in one pass whatever the number of stars, and refuses what would need too large a table", () => {
    const text = `${"a".repeat(60_000)}b`;
    expect(matches(`${"*a".repeat(200)}*c`, text)).toBe(false);
    expect(matches(`${"**a".repeat(200)}**`, text)).toBe(true);
    expect(() => compileGlob(`*a${"?".repeat(14)}b`, { separator: "/" })).toThrow("too complex");
  });
});

describe("globs of tool names", () => {
  it.each<[glob: string, yes: readonly string[], no: readonly string[]]>([
    ["fs.*", ["fs.", "fs.read", "fs.a/b"], ["fs", "xfs.read"]],
    ["*", ["", "anything/at all"], []],
    ["***", ["", "x"], []],
    ["a*b*c", ["abc", "axxbyyc"], ["acb"]],
    ["a?[b]{c}\\!", ["a?[b]{c}\\!"], ["axbc!"]],
    ["read", ["read"], ["Read", "reader"]],
  ])("%s", (glob, yes, no) => {
    expect(yes.filter((text) => !matches(glob, text, null))).toEqual([]);
    expect(no.filter((text) => matches(glob, text, null))).toEqual([]);
  });

  it("has the short forms", () => {
    expect(compileGlob("read", { separator: null })).toEqual({ kind: "equals", text: "read" });
    expect(compileGlob("fs.*", { separator: null })).toEqual({ kind: "prefix", text: "fs." });
    expect(compileGlob("*.read", { separator: null })).toEqual({ kind: "suffix", text: ".read" });
    expect(compileGlob("*_fs_*", { separator: null })).toEqual({ kind: "contains", text: "_fs_" });
  });
});
