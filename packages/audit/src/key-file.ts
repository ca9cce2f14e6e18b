import { link, readdir, rename } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { ProclawError } from "@proclaw/core";
import type { Signer } from "@proclaw/core";
import { keyId } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { findFileSigner, openFileSigner } from "./file-signer.ts";
import { hasCode, nodeFileSystem } from "./store/file-system-port.ts";

/** The keys of a key file. */
export interface KeyFile {
  readonly signer: Signer;
  /** Those before it, which rotations kept aside. */
  readonly formerSigners: readonly Signer[];
  /** A rotation was begun and did not end: {@link rotateKeyFile} goes on with it. */
  readonly unfinished: boolean;
}

export interface KeyFileOptions {
  /** Name of the key in signatures and vkeys; default `proclaw`. */
  readonly name?: string;
}

/**
 * Opens a key file (see {@link openFileSigner}) together with what rotations left beside `trail.pem`:
 * `trail-<key id>.pem`, the keys before it, and `trail.pem.next`, the key of an unfinished one.
 */
export async function openKeyFile(file: string, options: KeyFileOptions = {}): Promise<KeyFile> {
  const path = resolve(file);
  const signer = await openFileSigner(path, options);
  const formerSigners: Signer[] = [];
  for (const name of (await readdir(dirname(path))).sort()) {
    if (!isKeptAside(name, path)) continue;
    const former = await findFileSigner(join(dirname(path), name), options);
    if (former !== null && !isSameKey(former, signer)) formerSigners.push(former);
  }
  const unfinished = (await findFileSigner(nextFile(path), options)) !== null;
  return { signer, formerSigners, unfinished };
}

/**
 * Replaces the key of a key file by a new one; gives its signer.
 *
 * INVARIANT (no key before its introduction, none lost): the new key is durable beside the old one
 * before `rotate` uses it, and takes its place only after `rotate` resolved; the old one stays aside
 * (0600). Whoever dies in between leaves the old key in force and the new one in `<file>.next`, and
 * doing it again goes on from there.
 *
 * @param rotate introduces the key in a trail: `(next) => trail.rotateKey(next)`
 * @throws ProclawError `invalid_option` for files that cannot be used, or what `rotate` throws
 */
export async function rotateKeyFile(
  file: string,
  rotate: (next: Signer) => Promise<void>,
  options: KeyFileOptions = {},
): Promise<Signer> {
  const path = resolve(file);
  const old = await findFileSigner(path, options);
  if (old === null) throw new ProclawError("invalid_option", `there is no key file \`${path}\` to rotate`);
  const next = await openFileSigner(nextFile(path), options);
  await rotate(next);
  try {
    await link(path, asideFile(path, old)).catch((error: unknown) => {
      // Somebody who finishes the same rotation was first; or we, before we died.
      if (!hasCode(error, "EEXIST")) throw error;
    });
    await nodeFileSystem.syncDirectory(dirname(path));
    const kept = await findFileSigner(asideFile(path, old), options);
    const waiting = await findFileSigner(nextFile(path), options);
    if (kept === null || !isSameKey(kept, old)) throw new Error("the old key could not be kept aside");
    if (waiting !== null && isSameKey(waiting, next)) await rename(nextFile(path), path);
    await nodeFileSystem.syncDirectory(dirname(path));
  } catch (error) {
    if (ProclawError.is(error)) throw error;
    if (!hasCode(error, "ENOENT")) throw cannotReplace(path, error);
  }
  const now = await findFileSigner(path, options);
  if (now === null || !isSameKey(now, next)) throw cannotReplace(path, null);
  return next;
}

function cannotReplace(path: string, cause: unknown): ProclawError {
  return new ProclawError("invalid_option", `the key file \`${path}\` cannot be replaced: rotate again`, { cause });
}

function nextFile(path: string): string {
  return `${path}.next`;
}

function asideFile(path: string, signer: Signer): string {
  const id = keyId(nodeHasher, signer.name, signer.publicKey);
  return join(dirname(path), `${basename(path, extname(path))}-${id}${extname(path)}`);
}

function isKeptAside(name: string, path: string): boolean {
  const end = extname(path);
  const start = `${basename(path, end)}-`;
  return (
    name.startsWith(start) &&
    name.endsWith(end) &&
    /^[0-9a-f]{8}$/.test(name.slice(start.length, name.length - end.length))
  );
}

function isSameKey(a: Signer, b: Signer): boolean {
  return Buffer.from(a.publicKey).equals(b.publicKey);
}
