import { canonicalJson } from "@proclaw/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { fastCanonicalJson } from "./fast-json.ts";

const anything = fc.anything({
  withNullPrototype: true,
  withSparseArray: true,
  withBigInt: true,
  withDate: true,
  key: fc.oneof(fc.string({ unit: "binary" }), fc.nat({ max: 20 }).map(String), fc.constant("__proto__")),
  values: [
    fc.string({ unit: "binary" }),
    // Every code unit, so also lone surrogates.
    fc.array(fc.nat({ max: 0xffff }), { maxLength: 3 }).map((units) => String.fromCharCode(...units)),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined, -0),
  ],
});

function outcomeOf(print: () => string): string {
  try {
    return print();
  } catch (error) {
    return String(error);
  }
}

it("is canonicalJson, whatever the value: the same text or the same refusal", () => {
  fc.assert(
    fc.property(fc.record({ a: anything, b: anything }), (value) => {
      expect(outcomeOf(() => fastCanonicalJson(value))).toBe(outcomeOf(() => canonicalJson(value)));
    }),
    { seed: 21, numRuns: 5000 },
  );
});

it.each([
  ["members out of order", { b: 1, a: 2 }],
  ["numbers as names, which the engine moves to the front", { a: 1, 10: 2, 9: 3 }],
  ["nested ones", { a: [{ b: { d: 1, c: 2 } }] }],
  ["text in all planes", { a: 'é\u2028😀\ufb33\u0000\\"', "😀": 1, "\ufb33": 2 }],
  ["text that looks like an escape", { a: "\\ud800", b: String.raw`\ud83d` }],
  ["no members", {}],
])("%s", (_what, value) => {
  expect(fastCanonicalJson(value)).toBe(canonicalJson(value));
});

it.each([
  [{ a: undefined }],
  [{ toJSON: () => 1 }],
  [{ a: new Date(0) }],
  [{ a: Object.assign([], { 1: 1 }) }],
  [{ a: "\ud800" }],
  [{ "\udc00": 1 }],
])("refuses %o", (value) => {
  expect(() => fastCanonicalJson(value)).toThrow("plain JSON");
});
