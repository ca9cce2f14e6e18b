import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { constants } from "node:fs";
import { link, open, readFile, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ProclawError, SPEC_VERSION } from "@proclaw/core";
import type { Signer } from "@proclaw/core";
import { formatVerifierKey, verifierKey } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { hasCode, makeDirectoryDurably, nodeFileSystem, writeFileDurably } from "./store/file-system-port.ts";
import { keysFolder } from "./store/layout.ts";

/**
 * An Ed25519 key in a file (PKCS #8, PEM, mode 0600), made when it is first asked for.
 *
 * @param options.name name of the key in signatures and vkeys; default `proclaw`
 * @throws ProclawError `invalid_option` if others may read the file or it is not such a key; the
 *   message says what to do
 */
export async function openFileSigner(file: string, options: { readonly name?: string } = {}): Promise<Signer> {
  // `a/../key` must work where there is no `a`.
  const path = resolve(file);
  return signerOf((await readKey(path)) ?? (await makeKey(path)), options);
}

/** {@link openFileSigner} that makes no key: null if there is no such file. */
export async function findFileSigner(file: string, options: { readonly name?: string } = {}): Promise<Signer | null> {
  const privateKey = await readKey(resolve(file));
  return privateKey === null ? null : signerOf(privateKey, options);
}

function signerOf(privateKey: KeyObject, options: { readonly name?: string }): Signer {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey = new Uint8Array(Buffer.from(x as string, "base64url"));
  const name = options.name ?? "proclaw";
  // Refuses a name that no note can bear.
  verifierKey(nodeHasher, name, publicKey);
  return {
    specVersion: SPEC_VERSION,
    name,
    publicKey,
    sign: async (message) => sign(null, message, privateKey),
  };
}

/**
 * Writes `<trail folder>/keys/<name>.vkey`, durable; gives its text. Where another key stands under
 * that name, it is `<name>-<key id>.vkey`.
 *
 * INVARIANT (a public key is never replaced): the logs that it signed verify under no other.
 */
export async function writePublicKey(directory: string, signer: Signer): Promise<string> {
  if (!/^[A-Za-z0-9._-]+$/.test(signer.name) || signer.name.startsWith(".")) {
    throw new ProclawError("invalid_option", `\`${signer.name}\` cannot be the name of a key file`);
  }
  const key = verifierKey(nodeHasher, signer.name, signer.publicKey);
  const text = `${formatVerifierKey(key)}\n`;
  const folder = keysFolder(directory);
  await makeDirectoryDurably(nodeFileSystem, folder);
  if (await putOnce(folder, `${key.name}.vkey`, text)) return text;
  const second = `${key.name}-${key.id}.vkey`;
  if (await putOnce(folder, second, text)) return text;
  throw new ProclawError("store_failed", `other keys stand in \`${join(folder, second)}\`: move that file away`);
}

/** Whether the file holds `text` now. One that holds anything else is left alone. */
async function putOnce(folder: string, name: string, text: string): Promise<boolean> {
  const path = join(folder, name);
  const temporary = `.${name}.${randomBytes(6).toString("hex")}.tmp`;
  await writeFileDurably(nodeFileSystem, folder, temporary, Buffer.from(text));
  try {
    // link(2) fails where the name is taken: two processes with two keys cannot replace each other's.
    await link(join(folder, temporary), path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    return (await readFile(path, "utf8")).trim() === text.trim();
  } finally {
    await unlink(join(folder, temporary));
    await nodeFileSystem.syncDirectory(folder);
  }
  return true;
}

async function readKey(path: string): Promise<KeyObject | null> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw unusable(path, "cannot be read", error);
  }
  try {
    const { mode } = await file.stat();
    // INVARIANT (the key is the writer's alone): whoever else reads it can forge checkpoints.
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new ProclawError(
        "invalid_option",
        `others may read the key file \`${path}\` (mode ${(mode & 0o777).toString(8)}): if nobody did, run \`chmod 600 ${path}\`; else make a new key`,
      );
    }
    const key = createPrivateKey(await file.readFile());
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (error) {
    throw ProclawError.is(error) ? error : unusable(path, "is not a private key", error);
  } finally {
    await file.close();
  }
  throw unusable(path, "is not an Ed25519 key");
}

/**
 * Two processes may do this at once: both write a file of their own, link(2) lets one of them win,
 * and both read what stands there. So no reader ever sees half a key.
 */
async function makeKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = Buffer.from(privateKey.export({ format: "pem", type: "pkcs8" }));
  const folder = dirname(path);
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await makeDirectoryDurably(nodeFileSystem, folder);
    const file = await nodeFileSystem.open(temporary, "create");
    try {
      if ((await file.write(pem, null)) !== pem.length) throw new Error("short write");
      await file.datasync();
    } finally {
      await file.close();
    }
    try {
      await link(temporary, path);
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    } finally {
      await unlink(temporary);
    }
    await nodeFileSystem.syncDirectory(folder);
  } catch (error) {
    throw unusable(path, "cannot be made", error);
  }
  const key = await readKey(path);
  if (key === null) throw unusable(path, "is gone");
  return key;
}

function unusable(path: string, why: string, cause?: unknown): ProclawError {
  return new ProclawError("invalid_option", `the key file \`${path}\` ${why}`, { cause });
}
