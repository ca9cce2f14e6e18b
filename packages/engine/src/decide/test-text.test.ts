import { describe, expect, test } from "vitest";
import { threeWays } from "../fixtures/support.ts";
import { testLength, matchesName } from "./test-text.ts";
import { FALSE, MISTYPED, TRUE } from "./truth.ts";

const HOLDS = "true true true";
const FAILS = "false false false";
const DOUBT = "false true true";
const ERRS = "error error error";

describe("length", () => {
  test.each<[value: unknown, min: number, max: number | null, expected: number]>([
    ["", 0, 0, TRUE],
    ["", 1, null, FALSE],
    ["ab", 2, 2, TRUE],
    ["ab", 3, null, FALSE],
    ["ab", 0, 1, FALSE],
    ["😀😀", 2, 2, TRUE],
    ["a😀\ud7ff\ue000", 4, 4, TRUE],
    ["\u{10000}\u{10ffff}", 2, 2, TRUE],
    [[], 0, 0, TRUE],
    [[1, 2], 2, 2, TRUE],
    [[1, 2], 0, 1, FALSE],
    [5, 0, null, MISTYPED],
    [null, 0, null, MISTYPED],
    [{}, 0, null, MISTYPED],
  ])("of %j from %s to %s", (value, min, max, expected) => {
    expect(testLength(min, max, value as never)).toBe(expected);
  });
});

describe("names", () => {
  test.each<[name: string, pattern: string, expected: boolean]>([
    ["a.example", "a.example", true],
    ["a.example", "b.example", false],
    ["a.example", "*.example", true],
    [".example", "*.example", false],
    ["example", "*.example", false],
    ["xexample", "*.example", false],
    ["*.example", "*.example", true],
    ["a.example", "*", false],
  ])("%s by %s", (name, pattern, expected) => {
    expect(matchesName(name, pattern)).toBe(expected);
  });
});

describe("addresses of mail", () => {
  const local = (length: number): string => "a".repeat(length);
  test.each<[value: unknown, ways: string]>([
    ["bob@a.example", HOLDS],
    ["bob@A.EXAMPLE", HOLDS],
    ["bob@b.example", FAILS],
    ["bob@x.b.example", HOLDS],
    ["bob+tag.x_y@a.example", HOLDS],
    [`${local(64)}@a.example`, HOLDS],
    [`${local(65)}@a.example`, DOUBT],
    [`bob@${local(240)}.a.example`, FAILS],
    [`bob@${local(245)}.a.example`, DOUBT],
    ["@a.example", DOUBT],
    ["bob@", DOUBT],
    ["bob", DOUBT],
    ["bob@@a.example", DOUBT],
    [" bob@a.example", DOUBT],
    ["bob@a.example ", DOUBT],
    ["bob@a.example\n", DOUBT],
    ["bob@.a.example", DOUBT],
    ["bob@a.example.", DOUBT],
    ["bob@a..example", DOUBT],
    ["bob@a_b.example", DOUBT],
    [`"bob"@a.example`, DOUBT],
    [5, DOUBT],
    [["bob@a.example"], DOUBT],
  ])("%j", (x, ways) => {
    expect(threeWays({ email: { domains: ["a.example", "*.B.example"] } }, { x: x as never })).toBe(ways);
  });
});

describe("variables in texts", () => {
  const context = { variables: { v: "ab", n: 5 } };
  test.each<[constraint: unknown, value: unknown, ways: string]>([
    [{ prefix: "${v}" }, "abc", HOLDS],
    [{ prefix: "${v}" }, "cab", FAILS],
    [{ prefix: "${v}" }, 5, DOUBT],
    [{ prefix: "${n}" }, "5", ERRS],
    [{ prefix: "${nowhere}" }, "ab", ERRS],
    [{ prefix: "${nowhere}" }, 5, DOUBT],
    [{ suffix: "${v}" }, "cab", HOLDS],
    [{ suffix: "${v}" }, "abc", FAILS],
    [{ suffix: "${v}" }, null, DOUBT],
    [{ suffix: "${n}" }, "5", ERRS],
    [{ suffix: "${nowhere}" }, "ab", ERRS],
    [{ contains: "${v}" }, "cabc", HOLDS],
    [{ contains: "${v}" }, "cba", FAILS],
    [{ contains: "${v}" }, ["ab"], HOLDS],
    [{ contains: "${v}" }, ["a", "b"], FAILS],
    [{ contains: "${v}" }, 5, DOUBT],
    [{ contains: "${n}" }, "5", DOUBT],
    [{ contains: "${n}" }, [5], HOLDS],
    [{ contains: "${nowhere}" }, "ab", ERRS],
    [{ contains: "${nowhere}" }, ["ab"], ERRS],
    [{ contains: "${nowhere}" }, 5, DOUBT],
    [{ contains: ["${nowhere}"] }, "ab", DOUBT],
    [{ glob: "${v}*" }, "abc", HOLDS],
    [{ glob: "${v}*" }, "cab", FAILS],
    [{ glob: "${v}*" }, 5, DOUBT],
    [{ glob: "${nowhere}*" }, "ab", ERRS],
  ])("%j on %j", (constraint, x, ways) => {
    expect(threeWays(constraint, { x: x as never }, { context })).toBe(ways);
  });
});
