import { lstat, readlink, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, normalize, sep } from "node:path";
import type { FactSource } from "../facts.ts";

/**
 * Links, and folders that are not there, that are followed for one path: as many as Linux follows
 * links in one look-up (path_resolution(7)). Each costs two system calls, and a call may name
 * hundreds of paths of thousands of missing folders.
 */
const MAX_STEPS = 40;
/** What some tools read in another way than the operating system: `~`, `@file`, `file:`, and every space as a plain one. */
const AMBIGUOUS = /^[~@]|^file:|[\0\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/i;
/** What a tool that trims does not see: `String.prototype.trim`'s white space, and control characters, which others trim too. */
const TRIMMED = /^[\s\p{Cc}]|[\s\p{Cc}]$/u;
const SEPARATOR = sep === "\\" ? /[\\/]/ : /\//;

/**
 * Resolves path arguments on this machine's file system, as the operating system would: links of
 * the nearest existing ancestor followed, the rest appended.
 *
 * A path is left out, and so denied, if it cannot be resolved without doubt: it is relative and the
 * context names no working directory, a folder may not be searched, links form a loop, more than 40
 * links and missing folders lie on the way, it starts with `~`, `@` or `file:` or holds a Unicode
 * space (only some tools expand or replace them), it begins or ends with white space or a control
 * character (some tools trim), or it has a `..` that means one file to the
 * operating system and another to a tool that shortens the text first (`/srv/link/../x`).
 */
export function createPathResolver(): FactSource {
  return {
    async resolvePaths(paths, context) {
      const resolved = await Promise.all(
        paths.map(async (path) => [path, await resolvePath(path, context.working_directory)] as const),
      );
      return Object.fromEntries(resolved.filter((entry): entry is readonly [string, string] => entry[1] !== null));
    },
  };
}

async function resolvePath(path: string, workingDirectory: string | undefined): Promise<string | null> {
  if (path === "" || AMBIGUOUS.test(path) || TRIMMED.test(path)) return null;
  if (!isAbsolute(path) && workingDirectory === undefined) return null;
  // `join` would shorten `..` as text; the operating system does not.
  const absolute = isAbsolute(path) ? path : `${workingDirectory}${sep}${path}`;
  const physical = await follow(absolute, MAX_STEPS);
  if (physical === null || !absolute.split(SEPARATOR).includes("..")) return physical;
  return physical === (await follow(normalize(absolute), MAX_STEPS)) ? physical : null;
}

async function follow(given: string, stepsLeft: number): Promise<string | null> {
  if (stepsLeft < 0) return null;
  // With a trailing separator `lstat` would look through a dangling link and not see it.
  let end = given.length;
  while (end > 1 && SEPARATOR.test(given.charAt(end - 1))) end--;
  const path = given.slice(0, end);
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) return null;
  }
  const target = await linkTarget(path);
  if (target === undefined) return null;
  if (target !== null) {
    // Writing through a dangling link makes its target, so the target is what counts.
    return follow(isAbsolute(target) ? target : `${dirname(path)}${sep}${target}`, stepsLeft - 1);
  }
  const name = basename(path);
  const parent = dirname(path);
  // `..` below something that does not exist has no meaning yet.
  if (name === ".." || parent === path) return null;
  const resolved = await follow(parent, stepsLeft - 1);
  if (resolved === null || name === ".") return resolved;
  return resolved.endsWith(sep) ? resolved + name : resolved + sep + name;
}

/** Target of a link; null if there is nothing of that name; undefined if that cannot be known. */
async function linkTarget(path: string): Promise<string | null | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    return isMissing(error) ? null : undefined;
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return code === "ENOENT" || code === "ENOTDIR";
}
