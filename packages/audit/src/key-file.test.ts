import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProclawError } from "@proclaw/core";
import type { Signer } from "@proclaw/core";
import { keyId } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { expect, it } from "vitest";
import { scratchFolder } from "./fixtures/scratch.ts";
import { findFileSigner, openFileSigner } from "./file-signer.ts";
import { openKeyFile, rotateKeyFile } from "./key-file.ts";

const idOf = (signer: Signer): string => keyId(nodeHasher, signer.name, signer.publicKey);

async function keyFile() {
  const dir = await scratchFolder();
  const file = join(dir, "trail.pem");
  return { dir, file, old: await openFileSigner(file) };
}

const nothing = async (): Promise<void> => {};

it("puts the new key in place and keeps the old one aside, for its owner only", async () => {
  const { dir, file, old } = await keyFile();
  const before = await readFile(file, "utf8");
  const seen: string[][] = [];
  const next = await rotateKeyFile(file, async (signer) => {
    expect(signer.publicKey).not.toEqual(old.publicKey);
    // Durable before it is used, and not yet in force.
    seen.push((await readdir(dir)).sort());
    expect(await readFile(file, "utf8")).toBe(before);
  });
  expect(seen).toEqual([["trail.pem", "trail.pem.next"]]);
  const aside = `trail-${idOf(old)}.pem`;
  expect((await readdir(dir)).sort()).toEqual([aside, "trail.pem"]);
  expect(await readFile(join(dir, aside), "utf8")).toBe(before);
  for (const name of await readdir(dir)) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
  const keys = await openKeyFile(file);
  expect(keys.signer.publicKey).toEqual(next.publicKey);
  expect(keys.formerSigners.map(({ publicKey }) => publicKey)).toEqual([old.publicKey]);
  expect(keys.unfinished).toBe(false);
  await rotateKeyFile(file, nothing);
  expect((await openKeyFile(file)).formerSigners.map(idOf).sort()).toEqual([idOf(old), idOf(next)].sort());
});

it("that fails leaves the old key in force, and is gone on with, with the same new key", async () => {
  const { file, old } = await keyFile();
  const tried: string[] = [];
  const failing = async (next: Signer): Promise<void> => {
    tried.push(idOf(next));
    throw new ProclawError("trail_unavailable", "not now");
  };
  await expect(rotateKeyFile(file, failing)).rejects.toMatchObject({ code: "trail_unavailable" });
  await expect(rotateKeyFile(file, failing)).rejects.toMatchObject({ code: "trail_unavailable" });
  expect(await openKeyFile(file)).toMatchObject({
    unfinished: true,
    formerSigners: [],
    signer: { publicKey: old.publicKey },
  });
  const next = await rotateKeyFile(file, nothing);
  expect(tried).toEqual([idOf(next), idOf(next)]);
});

it("that two finish at once has one end", async () => {
  const { dir, file, old } = await keyFile();
  const both = Promise.withResolvers<void>();
  let waiting = 0;
  const together = async (): Promise<void> => {
    if (++waiting === 2) both.resolve();
    await both.promise;
  };
  const [a, b] = await Promise.all([rotateKeyFile(file, together), rotateKeyFile(file, together)]);
  expect(idOf(a)).toBe(idOf(b));
  expect((await readdir(dir)).sort()).toEqual([`trail-${idOf(old)}.pem`, "trail.pem"]);
  expect(idOf((await openKeyFile(file)).signer)).toBe(idOf(a));
});

it("refuses a file that is none, or not to be trusted, and makes nothing", async () => {
  const dir = await scratchFolder();
  const missing = join(dir, "none.pem");
  await expect(rotateKeyFile(missing, nothing)).rejects.toMatchObject({ code: "invalid_option" });
  expect(await readdir(dir)).toEqual([]);
  expect(await findFileSigner(missing)).toBeNull();
  const { file, old } = await keyFile();
  // Somebody put another file where the old key belongs: it is not overwritten, and the key stays.
  await writeFile(join(file, "..", `trail-${idOf(old)}.pem`), "mine", { mode: 0o600 });
  await expect(rotateKeyFile(file, nothing)).rejects.toMatchObject({ code: "invalid_option" });
  expect((await openFileSigner(file)).publicKey).toEqual(old.publicKey);
  await chmod(file, 0o644);
  await expect(openKeyFile(file)).rejects.toMatchObject({ code: "invalid_option" });
});
