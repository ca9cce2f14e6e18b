import { mkdtempSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run, temporaryFolder } from "../fixtures/run.ts";
import { writeTrail } from "../fixtures/trail.ts";

const folder = temporaryFolder();

async function made() {
  const parent = mkdtempSync(join(folder, "trail-"));
  const trail = await writeTrail(parent, 3);
  return { ...trail, keyFile: join(parent, "key.pem"), parent };
}

function namesIn(place: string): string[] {
  return (readdirSync(place, { recursive: true }) as string[]).sort();
}

it("changes the key, and the old public key still verifies all of the trail", async () => {
  const { folder: trail, key, keyFile, parent } = await made();
  const before = readFileSync(keyFile, "utf8");
  const { code, out, err } = await run([
    "audit",
    "rotate-key",
    trail,
    "--signing-key",
    keyFile,
    "--key-name",
    "operator",
  ]);
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toMatch(/^operator\+[0-9a-f]{8}\+/);
  expect(readFileSync(keyFile, "utf8")).not.toBe(before);
  const id = readFileSync(key, "utf8").split("+")[1] ?? "";
  expect(readFileSync(join(parent, `key-${id}.pem`), "utf8")).toBe(before);
  expect(readdirSync(join(trail, "keys"))).toHaveLength(2);
  const verified = await run(["audit", "verify", trail, "--key", key, "--require", "L1", "--strict", "--json"]);
  expect(JSON.parse(verified.out)).toMatchObject({ verdict: "intact", level: "L1", finding_counts: { damage: 0 } });
  expect(verified.code).toBe(0);
  // And again, with the next one.
  const json = await run(["audit", "rotate-key", trail, "--signing-key", keyFile, "--key-name", "operator", "--json"]);
  expect(JSON.parse(json.out)).toMatchObject({ v: 1, former_key: out.split("\n")[0] });
  const twice = await run(["audit", "verify", trail, "--key", key, "--require", "L1", "--strict"]);
  expect([twice.code, twice.err]).toEqual([0, ""]);
});

it("makes nothing out of a wrong name", async () => {
  const { folder: trail, keyFile, parent } = await made();
  const names = namesIn(parent);
  for (const argv of [
    [trail, "--signing-key", `${keyFile}.none`],
    [join(parent, "none"), "--signing-key", keyFile],
    [parent, "--signing-key", keyFile],
    ["s3://bucket/trail", "--signing-key", keyFile],
    [trail, "--signing-key", join(trail, "keys")],
    [trail],
  ]) {
    const { code, err } = await run(["audit", "rotate-key", ...argv]);
    expect([argv, code]).toEqual([argv, 2]);
    expect(err).toMatch(/^error: /);
    expect(err).not.toContain("    at ");
  }
  expect(namesIn(parent)).toEqual(names);
});

it("refuses a key that the trail does not know, and leaves the trail and the key as they are", async () => {
  const { folder: trail, key, keyFile, parent } = await made();
  const stranger = mkdtempSync(join(folder, "other-"));
  await writeTrail(stranger, 1);
  const names = namesIn(parent);
  const strangers = namesIn(stranger);
  for (const [file, name, message] of [
    [join(stranger, "key.pem"), "operator", "no log of the trail declares or introduces the key"],
    // The same key, but another name: another key to whoever verifies.
    [keyFile, "proclaw", "pass --key-name operator"],
  ] as const) {
    const { code, out, err } = await run(["audit", "rotate-key", trail, "--signing-key", file, "--key-name", name]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err).not.toContain("--force");
  }
  expect(namesIn(parent)).toEqual(names);
  expect(namesIn(stranger)).toEqual(strangers);
  expect((await run(["audit", "verify", trail, "--key", key, "--strict", "--require", "L1"])).code).toBe(0);
});

it("knows a key that the trail only introduces", async () => {
  const { folder: trail, key, keyFile, parent } = await made();
  const words = ["audit", "rotate-key", trail, "--signing-key", keyFile, "--key-name", "operator"];
  expect((await run(words)).code).toBe(0);
  const id = readFileSync(key, "utf8").split("+")[1] ?? "";
  // Kept away, the key file alone has to be known.
  renameSync(join(parent, `key-${id}.pem`), join(parent, "away.pem"));
  expect(await run(words)).toMatchObject({ code: 0, err: "" });
});
