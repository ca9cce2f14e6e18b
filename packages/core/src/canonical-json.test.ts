import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, clonePlainJson, ProclawError } from "./index.ts";

test("RFC 8785 section 3.2.4: the sample object", () => {
  const input: unknown = JSON.parse(
    String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
  );
  expect(canonicalJson(input)).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test("RFC 8785 section 3.2.3: members sort by UTF-16 code units, not by code points", () => {
  const input = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
  expect(Object.values(JSON.parse(canonicalJson(input)) as object)).toHaveLength(7);
  expect(canonicalJson(input)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
});

test("RFC 8785 appendix B: numbers", () => {
  expect(canonicalJson([-0, 5e-324, 1.7976931348623157e308, 9007199254740992, 1e21, 9.999999999999997e22])).toBe(
    "[0,5e-324,1.7976931348623157e+308,9007199254740992,1e+21,9.999999999999997e+22]",
  );
});

const cyclic: unknown[] = [];
cyclic.push(cyclic);
const NOT_JSON: readonly (readonly [string, unknown])[] = [
  ["undefined", undefined],
  ["a function", () => 1],
  ["a symbol", Symbol("s")],
  ["a bigint", 1n],
  ["NaN", Number.NaN],
  ["infinity", Number.POSITIVE_INFINITY],
  ["a lone surrogate", "\ud800"],
  ["a Date", new Date(0)],
  ["a Map", new Map()],
  ["a boxed number", Object(1)],
  ["a cycle", cyclic],
];

test.each(NOT_JSON)("%s is refused, alone and nested, by both the writer and the clone", (_, value) => {
  for (const nested of [value, [value], { a: [{ b: value }] }]) {
    expect(() => canonicalJson(nested)).toThrow(expect.objectContaining({ code: "not_json" }));
    if (value !== undefined || nested !== value) {
      // `undefined` members are dropped by the clone; everywhere else undefined is refused.
      if (value === undefined && !Array.isArray(nested)) continue;
      expect(() => clonePlainJson(nested)).toThrow(expect.objectContaining({ code: "not_json" }));
    }
  }
});

test("holes, lone surrogates in keys and undefined members are refused by the writer", () => {
  // The hole is what is tested.
  // oxlint-disable-next-line no-sparse-arrays
  for (const bad of [[1, , 2], { "\udc00": 1 }, { a: undefined }]) {
    expect(() => canonicalJson(bad)).toThrow(expect.objectContaining({ code: "not_json" }));
  }
});

test("nesting is capped", () => {
  const nest = (depth: number): unknown => (depth === 0 ? 1 : [nest(depth - 1)]);
  expect(canonicalJson(nest(64))).toBe("[".repeat(64) + "1" + "]".repeat(64));
  expect(() => canonicalJson(nest(65))).toThrow(expect.objectContaining({ code: "not_json" }));
  expect(() => clonePlainJson(nest(65))).toThrow(expect.objectContaining({ code: "not_json" }));
});

test("property: parsing the canonical text gives the value back, and writing it again the same text", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      let text: string;
      try {
        text = canonicalJson(value);
      } catch (error) {
        // fast-check also makes lone surrogates; they must be refused, not printed.
        expect(JSON.stringify(value)).toMatch(/\\ud[89a-f]/i);
        expect(ProclawError.is(error, "not_json")).toBe(true);
        return;
      }
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(clonePlainJson(value))).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test("the clone shares nothing, is frozen, and keeps `__proto__` as an ordinary member", () => {
  const source: unknown = JSON.parse('{"a":{"b":[1]},"__proto__":{"polluted":true}}');
  const copy = clonePlainJson(source) as Readonly<Record<string, unknown>>;
  (source as { a: { b: number[] } }).a.b.push(2);
  expect(copy["a"]).toEqual({ b: [1] });
  expect(Object.isFrozen(copy["a"])).toBe(true);
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  expect((copy as { readonly polluted?: unknown }).polluted).toBeUndefined();
  expect(canonicalJson(copy)).toBe('{"__proto__":{"polluted":true},"a":{"b":[1]}}');
});

test("the clone reads a getter once, so two readers cannot see two values", () => {
  let reads = 0;
  const tricky = {
    get path() {
      reads++;
      return reads === 1 ? "/safe" : "/etc/shadow";
    },
  };
  expect(clonePlainJson(tricky)).toEqual({ path: "/safe" });
  expect(reads).toBe(1);
});

test("a clone under a limit: never refuses what fits in canonical bytes, and ends on shared arrays that would unfold", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: "grapheme" }), (value) => {
      const bytes = new TextEncoder().encode(canonicalJson(value)).length;
      expect(canonicalJson(clonePlainJson(value, bytes))).toBe(canonicalJson(value));
    }),
  );
  let bomb: unknown = [1];
  for (let i = 0; i < 60; i++) bomb = [bomb, bomb];
  for (const huge of [bomb, "x".repeat(1000), { ["x".repeat(1000)]: 1 }, Array.from({ length: 1000 }, () => 0)]) {
    expect(() => clonePlainJson(huge, 999)).toThrow(expect.objectContaining({ code: "too_large" }));
  }
});
