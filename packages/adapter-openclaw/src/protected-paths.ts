import { lstat } from "node:fs/promises";
import { basename, isAbsolute, relative, sep } from "node:path";
import type { JsonObject } from "@proclaw/core";
import { absolutePath } from "./canonical-call.ts";

/** What a call would touch on this host's file system, as far as its arguments say. */
export interface FileTargets {
  readonly paths: readonly string[];
  /** False: a path was given that cannot be told. */
  readonly complete: boolean;
}

/** Resolves a path to where the operating system would go; null if that is in doubt. */
export type ResolvePath = (path: string) => Promise<string | null>;

export interface ProtectedPlaces {
  /** Files and folders that no file tool may change. */
  readonly denied: readonly string[];
  /** Folders inside `openClawState` in which an agent works all the same. */
  readonly workspaces: readonly string[];
  /** OpenClaw's own state. Its default workspaces lie inside. */
  readonly openClawState: string | undefined;
}

const WRITING_TOOLS: ReadonlySet<string> = new Set(["write", "edit"]);
/** OpenClaw takes indented headers too. */
const PATCH_FILE = /^[^\S\n]*\*\*\* (?:Add File|Update File|Delete File|Move to): (.+?)\s*$/gm;

/** The files that a patch names, as they are written in it; none for every other tool. */
export function patchedFiles(tool: string, args: JsonObject): readonly string[] {
  const input = tool === "apply_patch" ? args["input"] : undefined;
  return typeof input === "string" ? [...input.matchAll(PATCH_FILE)].map((match) => match[1] ?? "") : [];
}

/** Files that a call of a writing file tool would change; null for every other tool. */
export function writeTargets(
  tool: string,
  args: JsonObject,
  derivedPaths: readonly string[] | undefined,
  workingDirectory: string | undefined,
): FileTargets | null {
  let named: readonly string[];
  if (WRITING_TOOLS.has(tool)) named = typeof args["path"] === "string" ? [args["path"]] : [];
  else if (tool === "apply_patch") {
    // The host's own reading is a hint that may miss some; ours may too; so both count.
    named = [...patchedFiles(tool, args), ...(derivedPaths ?? [])];
  } else return null;
  const paths = named.map((path) => absolutePath(path, workingDirectory));
  const known = paths.filter((path) => path !== undefined);
  return { paths: known, complete: known.length === paths.length };
}

/**
 * Why this change of files is refused; null if it is not.
 *
 * INVARIANT (the guard's own files): policy, trail, keys, plugin and the host's configuration are
 * out of reach of the file tools whatever the policy allows. A shell has the agent's rights and is
 * not stopped by this; that needs a sandbox or another user.
 */
export async function refuseWrite(
  targets: FileTargets,
  places: ProtectedPlaces,
  resolvePath: ResolvePath,
): Promise<string | null> {
  if (!targets.complete) return "a path in this call cannot be resolved";
  const denied = await resolveAll(places.denied, resolvePath);
  const workspaces = await resolveAll(places.workspaces, resolvePath);
  const state = places.openClawState === undefined ? null : await resolvePath(places.openClawState);
  for (const target of targets.paths) {
    const real = await resolvePath(target);
    if (real === null) return "a path in this call cannot be resolved";
    if (denied.some((place) => isInside(real, place))) return "this path is protected by proclaw";
    if (state !== null && isInside(real, state) && !workspaces.some((one) => one !== state && isInside(real, one))) {
      return "this path is protected by proclaw";
    }
  }
  return null;
}

async function resolveAll(paths: readonly string[], resolvePath: ResolvePath): Promise<readonly string[]> {
  // A place that cannot be resolved still counts by its name.
  return Promise.all(paths.map(async (path) => (await resolvePath(path)) ?? path));
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

const LOOKALIKE_NAME = /[ '\u2018\u2019]|[^\x20-\x7e]/;

/**
 * Whether OpenClaw could open another file than the one that was decided: where `read` and `edit`
 * miss a name with spaces, quotes or accents, they try look-alikes of it (no-break spaces, curly
 * quotes, other Unicode forms), so that a file under a deny rule could be read by another spelling.
 */
export async function opensLookalike(tool: string, args: JsonObject): Promise<boolean> {
  const path = args["path"];
  if ((tool !== "read" && tool !== "edit") || typeof path !== "string" || !LOOKALIKE_NAME.test(basename(path))) {
    return false;
  }
  try {
    await lstat(path);
    return false;
  } catch {
    return true;
  }
}
