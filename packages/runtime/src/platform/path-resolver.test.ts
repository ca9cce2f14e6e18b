import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPathResolver } from "./path-resolver.ts";

let root = "";
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "proclaw-paths-")));
  mkdirSync(join(root, "notes/deep"), { recursive: true });
  mkdirSync(join(root, "secret"));
  writeFileSync(join(root, "secret/key"), "k");
  writeFileSync(join(root, "notes/a.md"), "a");
  symlinkSync(join(root, "secret"), join(root, "notes/link"));
  symlinkSync("../secret/key", join(root, "notes/relative"));
  symlinkSync(join(root, "secret/new"), join(root, "notes/dangling"));
  symlinkSync("loop", join(root, "notes/loop"));
  symlinkSync("b", join(root, "a"));
  symlinkSync("a", join(root, "b"));
});
afterAll(() => rmSync(root, { recursive: true }));

async function resolve(path: string, cwd: string | undefined = join(root, "notes")): Promise<string | undefined> {
  const context = cwd === "" ? {} : { working_directory: cwd };
  const facts = await createPathResolver().resolvePaths([path], context);
  return facts[path]?.replace(root, "");
}

test.each([
  ["a file", "a.md", "/notes/a.md"],
  ["a file that is not there yet", "deep/new.md", "/notes/deep/new.md"],
  ["folders that are not there yet", "x/y/z", "/notes/x/y/z"],
  ["a file below a link", "link/key", "/secret/key"],
  ["a new file below a link", "link/other", "/secret/other"],
  ["a relative link", "relative", "/secret/key"],
  ["a dangling link, through which writing makes its target", "dangling", "/secret/new"],
  ["a dangling link with a separator behind it", "dangling/", "/secret/new"],
  ["a dangling link with more behind it", "dangling//.", "/secret/new"],
  ["something below a file", "a.md/x", "/notes/a.md/x"],
  ["`..` that means the same both ways", "deep/../a.md", "/notes/a.md"],
  ["dots and doubled separators", ".//deep/./new", "/notes/deep/new"],
  ["a great many separators at the end", `deep${"/".repeat(100_000)}`, "/notes/deep"],
  ["a scoped name that is plainly a path", "./@scope/x", "/notes/@scope/x"],
  ["as many missing folders as are looked for", "x/".repeat(39), `/notes${"/x".repeat(39)}`],
])("%s", async (_, path, expected) => {
  expect(await resolve(path)).toBe(expected);
});

test.each([
  ["`..` behind a link: /secret/.. to the system, /notes to a tool that shortens the text", "link/../a.md"],
  ["`..` behind a folder that is not there", "nothing/../a.md"],
  ["a link to itself", "loop"],
  ["links in a circle", "../a"],
  ["a tilde", "~/x"],
  ["an `@`, which agents' file tools strip", "@/etc/passwd"],
  ["a `file:` URL", "file:///etc/passwd"],
  ["a Unicode space, which agents' file tools make a plain one", "a\u00a0b"],
  ["more missing folders than are worth to be looked for", "x/".repeat(41)],
  ["a thousand folders that are not there", "a/".repeat(1_000)],
  ["a NUL", "a\0b"],
  ["a space in front", " ~/.ssh/id_rsa"],
  ["a tab in front", "\t/etc/passwd"],
  ["a line break in front", "\n/etc/passwd"],
  ["a byte order mark in front", "\ufeff/etc/passwd"],
  ["a line separator in front", "\u2028/etc/passwd"],
  ["a next line in front", "\u0085/etc/passwd"],
  ["a space behind", "a.md "],
  ["a byte order mark behind", "/etc/passwd\ufeff"],
  ["an escape behind", "/etc/passwd\x1b"],
  ["nothing", ""],
  ["a name beyond what the system takes", "x".repeat(5_000)],
])("no fact for %s", async (_, path) => {
  expect(await resolve(path)).toBeUndefined();
});

test("a relative path needs a working directory, an absolute one does not", async () => {
  expect(await resolve("a.md", "")).toBeUndefined();
  expect(await resolve(join(root, "notes/link/key"), "")).toBe("/secret/key");
});

test("a path called like a member of Object.prototype is a path", async () => {
  expect(await resolve("__proto__")).toBe("/notes/__proto__");
});
