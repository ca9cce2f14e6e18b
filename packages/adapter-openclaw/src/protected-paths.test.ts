import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPathResolver } from "@proclaw/runtime";
import { afterAll, expect, test } from "vitest";
import { opensLookalike, refuseWrite, writeTargets } from "./protected-paths.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "proclaw-paths-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const trail = join(root, "trail");
const state = join(root, "state");
const workspace = join(state, "workspace");
for (const folder of [trail, workspace]) mkdirSync(folder, { recursive: true });
symlinkSync(trail, join(workspace, "to-trail"));
symlinkSync(join(trail, "new-file"), join(workspace, "dangling"));
writeFileSync(join(workspace, "meeting notes.txt"), "");

const resolver = createPathResolver();
const refuse = (path: string) =>
  refuseWrite(
    { paths: [path], complete: true },
    { denied: [trail], openClawState: state, workspaces: [workspace] },
    async (one) => (await resolver.resolvePaths([one], {}))[one] ?? null,
  );

test.each([
  [join(trail, "x")],
  [trail],
  [join(workspace, "to-trail", "x")],
  [join(workspace, "dangling")],
  [join(state, "openclaw.json")],
  [state],
])("%s is refused", async (path) => {
  expect(await refuse(path)).toBe("this path is protected by proclaw");
});

test.each([[join(workspace, "a.txt")], [join(root, "trailer")], [join(root, "elsewhere", "new")]])(
  "%s is not",
  async (path) => {
    expect(await refuse(path)).toBeNull();
  },
);

test("a workspace that is the whole state does not lift its protection", async () => {
  const places = { denied: [], openClawState: state, workspaces: [state] };
  const targets = { paths: [join(state, "x")], complete: true };
  expect(await refuseWrite(targets, places, async (path) => path)).not.toBeNull();
});

test("what cannot be resolved is refused", async () => {
  const places = { denied: [trail], openClawState: undefined, workspaces: [] };
  expect(await refuseWrite({ paths: ["/x"], complete: true }, places, async () => null)).not.toBeNull();
  expect(await refuseWrite({ paths: [], complete: false }, places, async (path) => path)).not.toBeNull();
});

test("the files of a patch are read from the host's hints and from the patch itself", () => {
  const input =
    "*** Begin Patch\n*** Add File: a\n+x\n*** Update File: b \n*** Move to: c\n*** Delete File: /d\n*** End Patch";
  expect(writeTargets("apply_patch", { input }, ["/hint"], "/w")).toEqual({
    paths: ["/w/a", "/w/b", "/w/c", "/d", "/hint"],
    complete: true,
  });
  expect(writeTargets("apply_patch", { input }, undefined, undefined)?.complete).toBe(false);
  expect(writeTargets("read", { path: "x" }, undefined, "/w")).toBeNull();
});

test("a missing name with look-alikes is refused, others are left to the tool", async () => {
  const at = (name: string) => ({ path: join(workspace, name) });
  expect(await opensLookalike("read", at("meeting\u00a0notes.txt"))).toBe(true);
  expect(await opensLookalike("edit", at("it\u2019s.txt"))).toBe(true);
  expect(await opensLookalike("read", at("meeting notes.txt"))).toBe(false);
  expect(await opensLookalike("read", at("missing.txt"))).toBe(false);
  expect(await opensLookalike("write", at("new file.txt"))).toBe(false);
});
