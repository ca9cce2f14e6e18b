import { describe, expect, test } from "vitest";
import type { ConditionPlan } from "../plan/types.ts";
import { firstUnlisted, listingOf } from "./listing.ts";

function listing(...paths: readonly (readonly string[])[]): ReturnType<typeof listingOf> {
  return listingOf(
    paths.map(
      (path) => ({ key: path.join("."), path, pointer: true, test: { op: "present" } }) satisfies ConditionPlan,
    ),
  );
}

describe("the first value that no condition addresses", () => {
  test.each<[paths: readonly (readonly string[])[], args: unknown, found: string | undefined]>([
    [[], {}, undefined],
    [[], { a: 1 }, "/a"],
    [[["a"]], { a: 1 }, undefined],
    [[["a"]], { a: { b: [1] } }, undefined],
    [[["a"]], { a: 1, b: 1 }, "/b"],
    [[["a", "b"]], { a: { b: 1 } }, undefined],
    [[["a", "b"]], { a: { b: 1, c: 1 } }, "/a/c"],
    [[["a", "b"]], { a: 1 }, "/a"],
    [[["a", "b"]], { a: null }, "/a"],
    [[["a", "b"]], { a: {} }, undefined],
    [[["a"], ["a", "b"]], { a: { c: 1 } }, undefined],
    [[["a", "b"], ["a"]], { a: { c: 1 } }, undefined],
    [[["a"], ["a", "b", "c"]], { a: { d: 1 } }, undefined],
    [
      [
        ["a", "b"],
        ["a", "c"],
      ],
      { a: { b: 1, c: 1 } },
      undefined,
    ],
    [[["a", "0"]], { a: [1] }, undefined],
    [[["a", "0"]], { a: [1, 2] }, "/a/1"],
    [[["a", "1", "b"]], { a: [1, { b: 1 }] }, "/a/0"],
    [[["a", "0", "b"]], { a: [{ b: 1, "c/~": 1 }] }, "/a/0/c~1~0"],
    [[["a", "0", "b"]], { a: [1] }, "/a/0"],
    [[["a", "0"]], { a: [] }, undefined],
    [[["a", "0", "b"]], { a: [{ b: 1 }] }, undefined],
    [[["a", "0", "b"]], { a: [{ b: 1 }, [2]] }, "/a/1"],
    [[["a", "0", "b"]], { a: [{ b: 1 }, { b: 1 }] }, "/a/1"],
  ])("%j lists %j", (paths, args, found) => {
    expect(firstUnlisted(args as never, listing(...paths), undefined)).toBe(found);
  });

  test("harmless ones need none, at the top only", () => {
    const harmless = new Set(["note"]);
    expect(firstUnlisted({ note: 1 }, listing(), harmless)).toBeUndefined();
    expect(firstUnlisted({ other: 1 }, listing(), harmless)).toBe("/other");
    expect(firstUnlisted({ a: { note: 1 } }, listing(["a", "b"]), harmless)).toBe("/a/note");
  });

  test("inherited members are no arguments", () => {
    expect(firstUnlisted(Object.create({ a: 1 }) as never, listing(), undefined)).toBeUndefined();
  });
});
