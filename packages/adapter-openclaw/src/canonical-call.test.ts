import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canonicalArguments, canonicalToolName, cloneArguments, digestOf } from "./canonical-call.ts";

test.each([
  ["notes.txt", "/work/notes.txt"],
  ["./a/../notes.txt", "/work/notes.txt"],
  ["/srv/../etc/passwd", "/etc/passwd"],
  ["~/x", join(homedir(), "x")],
  ["file:///etc/passwd", "/etc/passwd"],
  ["FILE:///etc/%70asswd", "/etc/passwd"],
  // OpenClaw may drop a leading @; absolute, it cannot.
  ["@notes.txt", "/work/@notes.txt"],
])("path %s is decided as %s", (path, absolute) => {
  expect(canonicalArguments("read", { path }, "/work")).toEqual({ path: absolute });
});

test("what cannot be resolved stays, for the policy to deny", () => {
  expect(canonicalArguments("read", { path: "notes.txt" }, undefined)).toEqual({ path: "notes.txt" });
  expect(canonicalArguments("read", { path: "file://host/x%2F" }, "/work")).toEqual({ path: "file://host/x%2F" });
  expect(canonicalArguments("read", { path: 7 }, "/work")).toEqual({ path: 7 });
  expect(canonicalArguments("message", { path: "x" }, "/work")).toEqual({ path: "x" });
});

test("names", () => {
  expect(canonicalToolName(" Bash ", undefined)).toBe("exec");
  expect(canonicalToolName("constructor", undefined)).toBe("constructor");
  expect(canonicalToolName("exec", "")).toBe("exec");
});

test("code mode's copy of the code is dropped only if it is one", () => {
  expect(cloneArguments("code_mode_exec", { code: "a", command: "a" })).toEqual({ code: "a" });
  expect(cloneArguments("code_mode_exec", { code: "a", command: "b" })).toEqual({ code: "a", command: "b" });
  expect(cloneArguments("exec", { code: "a", command: "a" })).toEqual({ code: "a", command: "a" });
});

test("the digest does not see the order of members and sees everything else", () => {
  expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }));
  expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: "1" }));
});
