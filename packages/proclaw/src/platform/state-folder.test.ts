import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultStateFolder, openStateFolder } from "./state-folder.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "proclaw-state-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  [{ PROCLAW_STATE_DIR: "/own", XDG_STATE_HOME: "/xdg" }, "/own"],
  [{ PROCLAW_STATE_DIR: "rel" }, resolve("rel")],
  [{ PROCLAW_STATE_DIR: "", XDG_STATE_HOME: "/xdg" }, "/xdg/proclaw"],
  [{ XDG_STATE_HOME: "relative" }, join(homedir(), ".local/state/proclaw")],
  [{}, join(homedir(), ".local/state/proclaw")],
])("%o → %s", (env, expected) => {
  expect(defaultStateFolder(env)).toBe(expected);
});

test("is made for its owner only, parents too, and taken again as it is", async () => {
  const state = join(folder, "a/state");
  await openStateFolder(state);
  await openStateFolder(state);
  expect(statSync(state).mode & 0o777).toBe(0o700);
});

test("one that others may enter is refused, and left as it is", async () => {
  const state = join(folder, "open");
  mkdirSync(state);
  chmodSync(state, 0o750);
  await expect(openStateFolder(state)).rejects.toMatchObject({
    code: "invalid_option",
    message: expect.stringContaining("chmod 700") as string,
  });
  expect(statSync(state).mode & 0o777).toBe(0o750);
});

// Only root can give a folder to another user; continuous integration runs as root.
test.skipIf(process.geteuid?.() !== 0)("another user's is refused, also if root may enter it", async () => {
  const state = join(folder, "theirs");
  mkdirSync(state, { mode: 0o700 });
  chownSync(state, 65_534, 65_534);
  await expect(openStateFolder(state)).rejects.toMatchObject({
    code: "invalid_option",
    message: expect.stringContaining("user 65534's") as string,
  });
});

test("a file in its place is refused", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  await expect(openStateFolder(file)).rejects.toMatchObject({ code: "invalid_option" });
  await expect(openStateFolder(join(file, "state"))).rejects.toMatchObject({ code: "invalid_option" });
});
