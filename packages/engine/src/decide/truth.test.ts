import { expect, test } from "vitest";
import { agree, and, ERROR, FALSE, MISTYPED, not, settle, TRUE, type Truth } from "./truth.ts";

const ALL: readonly Truth[] = [FALSE, TRUE, ERROR, MISTYPED];
const NAMES = ["false", "true", "error", "mistyped"];
/** For each value, what it comes to with false, true, error and mistyped. */
function table(combine: (a: Truth, b: Truth) => Truth): readonly string[] {
  return ALL.map((a) => ALL.map((b) => NAMES[combine(a, b)]).join(" "));
}

test("both must hold, in an allow rule", () => {
  expect(table((a, b) => and(a, b, true))).toEqual([
    "false false false mistyped",
    "false true error mistyped",
    "false error error mistyped",
    "mistyped mistyped mistyped mistyped",
  ]);
});

test("both must hold, in a deny or approval rule", () => {
  expect(table((a, b) => and(a, b, false))).toEqual([
    "false false false false",
    "false true error mistyped",
    "false error error error",
    "false mistyped error mistyped",
  ]);
});

test("two readings", () => {
  expect(table(agree)).toEqual([
    "false mistyped error mistyped",
    "mistyped true error mistyped",
    "error error error error",
    "mistyped mistyped error mistyped",
  ]);
});

test("negation, and what is left in the end", () => {
  expect(ALL.map((one) => NAMES[not(one)])).toEqual(["true", "false", "error", "mistyped"]);
  expect(ALL.map((one) => NAMES[settle(one, true)])).toEqual(["false", "true", "error", "false"]);
  expect(ALL.map((one) => NAMES[settle(one, false)])).toEqual(["false", "true", "error", "true"]);
});
