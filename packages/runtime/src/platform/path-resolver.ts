import { lstat, readlink, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, normalize, sep } from "node:path";
import type { FactSource } from "../facts.ts";

/** As many links as Linux follows in one look-up (path_resolution(7)). */
const MAX_LINKS = 40;
const SEPARATOR = sep === "\\" ? /[\\/]/ : /\//;

/**
 * Resolves path arguments on this machine's file system, as the operating system would: links of
 * the nearest existing ancestor followed, the rest appended.
 *
 * A path is left out, and so denied, if it cannot be resolved without doubt: it is relative and the
 * context names no working directory, a folder may not be searched, links form a loop, it starts
 * with `~` (only some tools expand it), or it has a `..` that means one file to the operating
 * system and another to a tool that shortens the text first (`/srv/link/../x`).
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
  if (path === "" || path.startsWith("~") || path.includes("\0")) return null;
  if (!isAbsolute(path) && workingDirectory === undefined) return null;
  // `join` would shorten `..` as text; the operating system does not.
  const absolute = isAbsolute(path) ? path : `${workingDirectory}${sep}${path}`;
  const physical = await follow(absolute, MAX_LINKS);
  if (physical === null || !absolute.split(SEPARATOR).includes("..")) return physical;
  return physical === (await follow(normalize(absolute), MAX_LINKS)) ? physical : null;
}

async function follow(given: string, linksLeft: number): Promise<string | null> {
  // With a trailing separator `lstat` would look through a dangling link and not see it.
  const path = given.length > 1 && SEPARATOR.test(given.at(-1) ?? "") ? given.slice(0, -1) : given;
  if (path !== given && SEPARATOR.test(path.at(-1) ?? "")) return follow(path, linksLeft);
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) return null;
  }
  const target = await linkTarget(path);
  if (target === undefined) return null;
  if (target !== null) {
    // Writing through a dangling link makes its target, so the target is what counts.
    if (linksLeft === 0) return null;
    return follow(isAbsolute(target) ? target : `${dirname(path)}${sep}${target}`, linksLeft - 1);
  }
  const name = basename(path);
  const parent = dirname(path);
  // `..` below something that does not exist has no meaning yet.
  if (name === ".." || parent === path) return null;
  const resolved = await follow(parent, linksLeft);
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
