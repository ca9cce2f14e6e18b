import { describe, expect, test } from "vitest";
import { equalJson, exceeds, isObject, typeOf, utf8Length } from "./values.ts";

test.each([
  [null, "null"],
  ["", "string"],
  [0, "number"],
  [false, "boolean"],
  [[], "array"],
  [{}, "object"],
])("%j is of type %s", (value, type) => {
  expect(typeOf(value)).toBe(type);
  expect(isObject(value)).toBe(type === "object");
});

describe("deep equality", () => {
  const texts =
    `null true false 0 1 "" "0" "a" [] [null] [[]] ["a"] ["a","b"] ["b","a"] [["a"]] {} {"a":1} {"a":2} {"b":1} ` +
    `{"a":1,"b":2} {"0":"a"} {"a":{}} {"a":[]} {"a":null} {"toString":1} {"__proto__":1}`;
  const different = texts.split(" ").map((text) => JSON.parse(text) as unknown);
  test("each value equals its copy, and no other", () => {
    for (const [i, a] of different.entries()) {
      for (const [j, b] of different.entries()) {
        const copy = structuredClone(b);
        expect([a, b, equalJson(a as never, copy as never)]).toEqual([a, b, i === j]);
      }
    }
  });

  test("zeros are equal, and the order of members does not count", () => {
    expect(equalJson(0, -0)).toBe(true);
    expect(equalJson([0], [-0])).toBe(true);
    expect(equalJson({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
  });

  test("what is inherited is no member", () => {
    expect(equalJson({ toString: 1 }, { a: 1 })).toBe(false);
    expect(equalJson({ a: 1 }, Object.create({ a: 1 }) as never)).toBe(false);
    expect(equalJson({ a: 1 }, Object.assign(Object.create({ a: 1 }) as object, { b: 1 }) as never)).toBe(false);
  });
});

describe("UTF-8 bytes", () => {
  test.each([
    "",
    "a",
    "\u007f",
    "\u0080",
    "\u07ff",
    "\u0800",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "😀",
    "\u{10ffff}",
    "aé€😀",
  ])("of %j", (text) => {
    const bytes = Buffer.byteLength(text);
    expect(utf8Length(text)).toBe(bytes);
    expect(exceeds(text, bytes)).toBe(false);
    expect(exceeds(`${text}é`, bytes)).toBe(true);
    if (bytes > 0) expect(exceeds(text, bytes - 1)).toBe(true);
  });
});
