import { describe, expect, test } from "vitest";
import { isNormal, isWithin, lexicalPath, normalizeAbsolute, readPath, readPlace } from "./lexical-path.ts";

const unreadable = { problem: "unreadable" };

test.each<[value: string, folder: string | undefined, read: unknown]>([
  ["/a/b", undefined, { path: "/a/b" }],
  ["/a/../b//c/.", undefined, { path: "/b/c" }],
  ["b", "/a", { path: "/a/b" }],
  ["../b", "/a/x/", { path: "/a/b" }],
  ["../../../b", "/a", { path: "/b" }],
  ["b", undefined, { problem: "no_working_directory" }],
  ["b", "a", { problem: "no_working_directory" }],
  ["b", "", { problem: "no_working_directory" }],
  ["b", "/a\\", { problem: "no_working_directory" }],
  ["b", "/a\0", { problem: "no_working_directory" }],
  ["", "/a", unreadable],
  ["~", "/a", unreadable],
  ["~root/b", "/a", unreadable],
  ["a~", "/a", { path: "/a/a~" }],
  ["/~", "/a", { path: "/~" }],
  ["C:/b", "/a", unreadable],
  ["c:b", "/a", unreadable],
  ["/C:/b", "/a", { path: "/C:/b" }],
  ["ab:c", "/a", { path: "/a/ab:c" }],
  ["file:/b", "/a", unreadable],
  ["FILE:b", "/a", unreadable],
  ["/file:b", "/a", { path: "/file:b" }],
  ["a\\b", "/a", unreadable],
  ["/a\\b", "/a", unreadable],
  ["/a\0", "/a", unreadable],
  ["/a b", "/a", { path: "/a b" }],
  ["/a/\tb", "/a", { path: "/a/\tb" }],
  ["/a\u2028b\u0085c\ufeffd", "/a", { path: "/a\u2028b\u0085c\ufeffd" }],
  [" ~/b", "/a", unreadable],
  [" ", "/a", unreadable],
])("%j in %j", (value, folder, read) => {
  expect(readPath(value, folder)).toEqual(read);
  expect(lexicalPath(value, folder)).toBe((read as { path?: string }).path ?? null);
});

test("white space and control characters at either end, which a tool that trims does not see", () => {
  for (const end of " \t\n\v\f\r\x01\x1b\x1f\x7f\x80\x85\x9f\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\ufeff") {
    for (const value of [`${end}/a/b`, `/a/b${end}`, `${end}b`, `b${end}`, end])
      expect(readPath(value, "/a"), JSON.stringify(value)).toEqual(unreadable);
  }
});

test.each<[value: string, place: string | null]>([
  ["/a/./b/", "/a/b"],
  ["/", "/"],
  ["a", null],
  ["", null],
  ["/a\\b", null],
  ["/a\0b", null],
])("the place %j", (value, place) => {
  expect(readPlace(value)).toBe(place);
});

describe("normal paths", () => {
  test.each(["/", "/a", "/a/b", "/.a", "/..a", "/a.", "/a../b", "/a..", "/..."])("%s is one", (path) => {
    expect(isNormal(path)).toBe(true);
    expect(normalizeAbsolute(path)).toBe(path);
  });

  test.each([
    ["/a/", "/a"],
    ["//a", "/a"],
    ["/a//b", "/a/b"],
    ["/.", "/"],
    ["/..", "/"],
    ["/a/.", "/a"],
    ["/a/..", "/"],
    ["/a/./b", "/a/b"],
    ["/a/../b", "/b"],
    ["/../a", "/a"],
    ["//", "/"],
  ])("%s is none", (path, normal) => {
    expect(isNormal(path)).toBe(false);
    expect(normalizeAbsolute(path)).toBe(normal);
  });

  test("nor is what is relative", () => {
    expect(["", "a", "a/b", "."].filter(isNormal)).toEqual([]);
  });
});

test.each<[path: string, folder: string, within: boolean]>([
  ["/a", "/a", true],
  ["/a/b", "/a", true],
  ["/ab", "/a", false],
  ["/", "/a", false],
  ["/", "/", true],
  ["/a", "/", true],
  ["/b/a", "/a", false],
])("%s within %s: %s", (path, folder, within) => {
  expect(isWithin(path, folder)).toBe(within);
});
