import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run, temporaryFolder } from "./fixtures/run.ts";
import { writeTrail } from "./fixtures/trail.ts";

const folder = temporaryFolder();

async function made() {
  const parent = mkdtempSync(join(folder, "trail-"));
  const trail = await writeTrail(parent, 3);
  const verify = (...more: string[]) => run(["audit", "verify", trail.folder, "--key", trail.key, ...more]);
  return { ...trail, parent, verify };
}

it("replaces a state, and nothing else without --force", async () => {
  const { parent, verify } = await made();
  const state = join(parent, "state.json");
  expect(await verify("--save-state", state)).toMatchObject({ code: 0, err: "" });
  expect(await verify("--save-state", state)).toMatchObject({ code: 0, err: "" });
  expect(await verify("--resume", state, "--save-state", state)).toMatchObject({ code: 0, err: "" });
  for (const text of ["precious\n", "{}", "null", "[1]"]) {
    const other = join(parent, "other");
    writeFileSync(other, text);
    const { code, out, err } = await verify("--save-state", other);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("exists and is not a state");
    expect(readFileSync(other, "utf8")).toBe(text);
    expect((await verify("--save-state", other, "--force")).code).toBe(0);
    expect(readFileSync(other, "utf8")).toContain('"strict"');
  }
});

it("writes neither over a file that it reads nor into the trail", async () => {
  const { folder: trail, key, segment, parent, verify } = await made();
  const kept = join(parent, "kept.vkey");
  writeFileSync(kept, readFileSync(key));
  symlinkSync(trail, join(parent, "alias"));
  symlinkSync(segment, join(parent, "link"));
  const before = (readdirSync(parent, { recursive: true }) as string[]).sort();
  const record = readFileSync(segment, "utf8");
  for (const [file, message] of [
    [kept, "is a file that this command reads"],
    [key, "into the trail itself"],
    [segment, "into the trail itself"],
    [join(trail, "new.json"), "into the trail itself"],
    [join(trail, "none", "new.json"), "into the trail itself"],
    [trail, "into the trail itself"],
    [join(parent, "alias", "new.json"), "into the trail itself"],
    [join(parent, "link"), "into the trail itself"],
    [parent, "is not a file"],
  ] as const) {
    for (const force of [[], ["--force"]]) {
      const { code, out, err } = await verify("--key", kept, "--save-state", file, ...force);
      expect([file, code, out]).toEqual([file, 2, ""]);
      expect(err).toContain(message);
    }
  }
  expect((readdirSync(parent, { recursive: true }) as string[]).sort()).toEqual(before);
  expect(readFileSync(segment, "utf8")).toBe(record);
});

it("names the keys that a resume will need", async () => {
  const { folder: trail, parent, verify } = await made();
  const keyFile = join(parent, "key.pem");
  const rotate = ["audit", "rotate-key", trail, "--signing-key", keyFile, "--key-name", "operator", "--json"];
  const rotated = await run(rotate);
  const { key } = JSON.parse(rotated.out) as { key: string };
  const state = join(parent, "state.json");
  const { code, err } = await verify("--save-state", state);
  expect(code).toBe(0);
  expect(err).toContain(`--resume ${state} needs --key for this key too`);
  expect(err).toContain(`\n    ${key}\n`);
  expect((await verify("--resume", state)).code).toBe(2);
  const next = join(parent, "next.vkey");
  writeFileSync(next, `${key}\n`);
  expect(await verify("--resume", state, "--key", next)).toMatchObject({ code: 0, err: "" });
});
