/**
 * A glob with variables is matched by tokens, one without by a table: two implementations of one
 * grammar. Here the tokens must say what the table of the glob with the escaped values says.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planOf } from "../fixtures/support.ts";
import { compileGlob, escapeGlob, loadPattern, runPattern } from "../pattern/index.ts";
import { preparedPlan } from "../plan/load.ts";
import type { GlobToken } from "../plan/types.ts";
import { runGlobTokens } from "./glob-tokens.ts";
import type { PreparedPlan } from "./prepare.ts";
import { Scope } from "./scope.ts";
import { EVALUATION, UNKNOWN_VARIABLE } from "./truth.ts";

const PROOF = process.env["PROCLAW_DEPTH"] === "proof";

interface Compiled {
  readonly prepared: PreparedPlan;
  readonly tokens: readonly GlobToken[];
}

function tokensOf(glob: string): Compiled {
  const prepared = preparedPlan(planOf({ rules: [{ name: "r", tool: "t", constraints: { x: { glob } } }] }));
  if (prepared === undefined) throw new Error("not prepared");
  const found = prepared.rules[0]?.conditions[0]?.test;
  if (found?.op !== "glob" || found.glob.kind !== "tokens") throw new Error("not tokens");
  return { prepared, tokens: found.glob.tokens };
}

function scopeOf({ prepared }: Compiled, variables: Readonly<Record<string, string | number>>): Scope {
  return new Scope(prepared, "t", undefined, {}, { variables }, {}, 0);
}

function matches(glob: string, variables: Readonly<Record<string, string>>, text: string): boolean | undefined {
  const compiled = tokensOf(glob);
  return runGlobTokens(compiled.tokens, text, scopeOf(compiled, variables));
}

/** Undefined: the grammar refuses it. */
function orRefused<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

test("property: a glob with variables matches what the glob with the escaped values matches", () => {
  const piece = fc.constantFrom(..."a b / / * ** ? **/ /** /**/ . \\* \\\\ \\/ 😀 \u{10ffff} ${v} ${w}".split(" "));
  const glob = fc
    .tuple(
      fc.array(piece, { maxLength: 4 }),
      fc.constantFrom("${v}", "/${v}", "${v}/", "${v}${w}"),
      fc.array(piece, { maxLength: 4 }),
    )
    .map(([before, middle, after]) => [...before, middle, ...after].join(""));
  const value = fc
    .array(fc.constantFrom("a", "b", "*", "?", "😀", "[", "{", "!", ".", "}"), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join("").replaceAll("..", "."));
  const filler = fc
    .array(fc.constantFrom("a", "b", "/", ".", "😀", "*", "\ud83d"), { maxLength: 4 })
    .map((parts) => parts.join(""));
  let compared = 0;
  let matched = 0;
  let refused = 0;
  fc.assert(
    fc.property(glob, value, value, fc.array(filler, { minLength: 12, maxLength: 12 }), (source, v, w, fillers) => {
      const inserted = source.replaceAll("${v}", () => escapeGlob(v)).replaceAll("${w}", () => escapeGlob(w));
      const table = orRefused(() => loadPattern(compileGlob(inserted, { separator: "/" })));
      const compiled = orRefused(() => tokensOf(source));
      expect(compiled === undefined).toBe(table === undefined);
      if (compiled === undefined || table === undefined) {
        refused++;
        return;
      }
      const scope = scopeOf(compiled, { v, w });
      const plain = source.replaceAll("${v}", () => v).replaceAll("${w}", () => w);
      for (const [index, text] of fillers.entries()) {
        // Texts that nearly match: something stands for each star.
        const other = fillers[(index + 5) % fillers.length] as string;
        const near = plain
          .replaceAll("\\", "")
          .replaceAll("**", () => text)
          .replaceAll(/[*?]/g, () => other.slice(0, 2));
        for (const candidate of [text, near, near.slice(0, -1), `${near}/`]) {
          const expected = runPattern(table, candidate);
          if (runGlobTokens(compiled.tokens, candidate, scope) !== expected) {
            expect({ source, v, w, candidate, tokens: !expected }).toEqual({
              source,
              v,
              w,
              candidate,
              tokens: expected,
            });
          }
          compared++;
          if (expected) matched++;
        }
      }
    }),
    { seed: 20_261_122, numRuns: PROOF ? 25_000 : 500 },
  );
  // It compared something, and both answers occurred often.
  expect(compared).toBeGreaterThan(refused * 20);
  expect(matched).toBeGreaterThan(compared / 20);
  expect(matched).toBeLessThan(compared / 2);
});

describe("each token", () => {
  test.each<[glob: string, text: string, expected: boolean]>([
    ["/${v}", "/x", true],
    ["/${v}", "/X", false],
    ["/${v}", "/", false],
    ["/${v}", "/xx", false],
    ["/${v}?", "/xa", true],
    ["/${v}?", "/x/", false],
    ["/${v}?", "/x", false],
    ["/${v}?", "/x😀", true],
    ["/${v}*", "/x", true],
    ["/${v}*", "/xab", true],
    ["/${v}*", "/xa/b", false],
    ["/${v}/**", "/x/", false],
    ["/${v}/**", "/x", false],
    ["/${v}/**", "/x/a", true],
    ["/${v}/**", "/x//", true],
    ["/${v}/**/b", "/x/b", true],
    ["/${v}/**/b", "/x/a/c/b", true],
    ["/${v}/**/b", "/x/ab", false],
    ["/${v}a**b", "/xab", true],
    ["/${v}a**b", "/xa/c/b", true],
    ["**/${v}", "x", true],
    ["**/${v}", "a/x", true],
    ["**/${v}", "ax", false],
    ["**${v}", "a/x", true],
    ["**${v}", "a/y", false],
  ])("%s on %s", (glob, text, expected) => {
    expect(matches(glob, { v: "x" }, text)).toBe(expected);
  });
});

describe("what cannot be inserted is an error, and all causes are named", () => {
  const compiled = tokensOf("/${v}/${w}");
  test.each<[what: string, variables: Readonly<Record<string, string | number>>, causes: number]>([
    ["a separator", { v: "a/b", w: "x" }, EVALUATION],
    ["a climb", { v: "x", w: ".." }, EVALUATION],
    ["a number", { v: 1, w: "x" }, EVALUATION],
    ["nothing", { w: "x" }, UNKNOWN_VARIABLE],
    ["both", { w: 1 }, UNKNOWN_VARIABLE | EVALUATION],
    ["a document", { v: "a".repeat(1025), w: "x" }, EVALUATION],
  ])("%s", (_, variables, causes) => {
    const scope = scopeOf(compiled, variables);
    expect(runGlobTokens(compiled.tokens, "/a/x", scope)).toBeUndefined();
    expect(scope.causes).toBe(causes);
  });

  test("1024 characters are a name", () => {
    const scope = scopeOf(compiled, { v: "a".repeat(1024), w: "x" });
    expect(runGlobTokens(compiled.tokens, `/${"a".repeat(1024)}/x`, scope)).toBe(true);
    expect(scope.causes).toBe(0);
  });
});
