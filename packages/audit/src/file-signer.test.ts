import { generateKeyPairSync } from "node:crypto";
import { chmod, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseVerifierKey } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { describe, expect, it } from "vitest";
import { openFileSigner, writePublicKey } from "./file-signer.ts";
import { scratchFolder } from "./fixtures/scratch.ts";

const message = Buffer.from("message");

describe("openFileSigner", () => {
  it("makes a key for its owner only, and finds it again", async () => {
    const dir = await scratchFolder();
    const path = join(dir, "state", "key.pem");
    const first = await openFileSigner(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(dir, "state"))).toEqual(["key.pem"]);
    expect(await readFile(path, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    const second = await openFileSigner(path, { name: "other" });
    expect(second.publicKey).toEqual(first.publicKey);
    expect([first.name, second.name]).toEqual(["proclaw", "other"]);
    const signature = await second.sign(message);
    expect(signature).toHaveLength(64);
    expect(await nodeEd25519Verify(first.publicKey, message, signature)).toBe(true);
    expect(await nodeEd25519Verify(first.publicKey, Buffer.from("massage"), signature)).toBe(false);
  });

  it("gives everybody the same key who asks at the same time", async () => {
    const path = join(await scratchFolder(), "key.pem");
    const signers = await Promise.all(Array.from({ length: 8 }, () => openFileSigner(path)));
    expect(new Set(signers.map(({ publicKey }) => Buffer.from(publicKey).toString("hex"))).size).toBe(1);
  });

  it.each([0o640, 0o604, 0o660, 0o644])("refuses a key that others may read (mode %o), with a remedy", async (mode) => {
    const path = join(await scratchFolder(), "key.pem");
    await openFileSigner(path);
    await chmod(path, mode);
    await expect(openFileSigner(path)).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining(`chmod 600 ${path}`),
    });
    expect((await stat(path)).mode & 0o777).toBe(mode);
  });

  it("refuses what is no Ed25519 private key, and leaves it alone", async () => {
    const dir = await scratchFolder();
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const contents = { empty: "", text: "secret", rsa: rsa.export({ format: "pem", type: "pkcs8" }).toString() };
    for (const [name, content] of Object.entries(contents)) {
      const path = join(dir, name);
      await writeFile(path, content, { mode: 0o600 });
      await expect(openFileSigner(path)).rejects.toMatchObject({ code: "invalid_option" });
      expect(await readFile(path, "utf8")).toBe(content);
    }
  });

  it("follows no symbolic link, and refuses a name that no note can bear", async () => {
    const dir = await scratchFolder();
    await openFileSigner(join(dir, "key.pem"));
    await symlink(join(dir, "key.pem"), join(dir, "link"));
    await expect(openFileSigner(join(dir, "link"))).rejects.toMatchObject({ code: "invalid_option" });
    await expect(openFileSigner(join(dir, "key.pem"), { name: "a b" })).rejects.toThrow("name");
  });
});

describe("writePublicKey", () => {
  it("puts the vkey where a verifier looks for it", async () => {
    const dir = await scratchFolder();
    const signer = await openFileSigner(join(dir, "key.pem"), { name: "host-1" });
    const text = await writePublicKey(join(dir, "trail"), signer);
    const path = join(dir, "trail", "keys", "host-1.vkey");
    expect(await readFile(path, "utf8")).toBe(text);
    expect(parseVerifierKey(nodeHasher, text)).toMatchObject({ name: "host-1", publicKey: signer.publicKey });
    await writePublicKey(join(dir, "trail"), signer);
    expect(await readdir(join(dir, "trail", "keys"))).toEqual(["host-1.vkey"]);
  });

  it("never replaces another key of that name, nor a file that is no key", async () => {
    const dir = await scratchFolder();
    const trail = join(dir, "trail");
    const keys = join(trail, "keys");
    const [one, two] = await Promise.all(["one", "two"].map((file) => openFileSigner(join(dir, file))));
    if (one === undefined || two === undefined) throw new Error("no signers");
    const first = await writePublicKey(trail, one);
    const second = await writePublicKey(trail, two);
    expect(second).not.toBe(first);
    const { id } = parseVerifierKey(nodeHasher, second);
    // And again, in either order.
    await Promise.all([writePublicKey(trail, two), writePublicKey(trail, one)]);
    expect((await readdir(keys)).sort()).toEqual([`proclaw-${id}.vkey`, "proclaw.vkey"]);
    expect(await readFile(join(keys, "proclaw.vkey"), "utf8")).toBe(first);
    expect(await readFile(join(keys, `proclaw-${id}.vkey`), "utf8")).toBe(second);
    await writeFile(join(keys, `proclaw-${id}.vkey`), "mine");
    await expect(writePublicKey(trail, two)).rejects.toMatchObject({ code: "store_failed" });
    expect(await readFile(join(keys, `proclaw-${id}.vkey`), "utf8")).toBe("mine");
    expect(await readdir(keys)).toHaveLength(2);
  });

  it("keeps the keys of two processes that come at once", async () => {
    const dir = await scratchFolder();
    const signers = await Promise.all(["a", "b", "c"].map((file) => openFileSigner(join(dir, file))));
    const texts = await Promise.all(signers.map((signer) => writePublicKey(dir, signer)));
    const kept = await Promise.all(
      (await readdir(join(dir, "keys"))).map((name) => readFile(join(dir, "keys", name), "utf8")),
    );
    expect(kept.sort()).toEqual(texts.sort());
  });

  it("lets no name lead out of the folder", async () => {
    const signer = await openFileSigner(join(await scratchFolder(), "key.pem"), { name: "../../x" });
    await expect(writePublicKey(await scratchFolder(), signer)).rejects.toMatchObject({ code: "invalid_option" });
  });
});
