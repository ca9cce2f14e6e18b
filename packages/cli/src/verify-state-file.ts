import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { VerifyState } from "@proclaw/verify";
import { CliError, fileFault, systemCode } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";
import { readSmallFile, writeWhole } from "./files.ts";
import { printable } from "./printable.ts";
import { decodeUtf8 } from "./strict-json.ts";

/** A state of another trail, or one that was forged, is refused by the verifier. */
export async function readState(io: CliIo, file: string): Promise<VerifyState> {
  const bytes = await readSmallFile(io, file, "state", "unreadable_evidence");
  try {
    return JSON.parse(decodeUtf8(bytes)) as VerifyState;
  } catch (cause) {
    throw new CliError("unreadable_evidence", `state file \`${file}\` is not JSON`, {
      cause,
      hint: "`proclaw audit verify --save-state` writes one",
    });
  }
}

export interface StatePlace {
  /** Absolute path of the trail; null: it is in no folder. */
  readonly folder: string | null;
  /** Files that this run reads. */
  readonly inputs: readonly string[];
  /** Whether a file that is no state may be replaced. */
  readonly force: boolean;
}

/**
 * Demands that a state can be written to `file`, before the trail is read.
 *
 * INVARIANT (verifying writes nothing into a trail): not under another name of its folder either, and
 * not with `force`.
 */
export async function assertStatePlace(io: CliIo, file: string, place: StatePlace): Promise<void> {
  const target = resolve(io.cwd, file);
  const at = join(await whole(dirname(target)), basename(target));
  const trail = place.folder === null ? null : await whole(place.folder);
  for (const path of [at, await whole(target)]) {
    if (trail === null || !isWithin(trail, path)) continue;
    throw new CliError("invalid_option", `the state \`${file}\` would be written into the trail itself`, {
      hint: "keep it where the owner of the trail cannot write, as an anchor",
    });
  }
  const there = await stat(target).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return null;
    throw cannotWrite(file, fileFault(error), error);
  });
  if (there === null) return;
  for (const input of place.inputs) {
    const source = await stat(resolve(io.cwd, input)).catch(() => null);
    if (source?.dev !== there.dev || source.ino !== there.ino) continue;
    throw new CliError("invalid_option", `\`${file}\` is a file that this command reads: it would be overwritten`, {
      hint: "name another file with --save-state",
    });
  }
  if (!there.isFile()) throw cannotWrite(file, "it is there and is not a file");
  if (!place.force && !(await isStateFile(target))) {
    throw new CliError("invalid_option", `\`${file}\` exists and is not a state`, {
      hint: "pass --force to replace it, or name another file",
    });
  }
}

/** Writes a state, and says which keys a resume takes besides those of this run. */
export async function saveState(
  io: CliIo,
  file: string,
  state: VerifyState | null,
  given: readonly string[],
): Promise<void> {
  if (state === null) {
    await io.stderr.write(`the state was not saved to ${printable(file)}: the trail is not intact\n`);
    return;
  }
  await writeWhole(io, file, `${JSON.stringify(state)}\n`, { what: "state", replace: true });
  // A state holds no chain of introductions: each of its checkpoints has to be signed by a key that is given.
  const needed = new Set(state.logs.flatMap(({ epochs }) => epochs.at(-1)?.key ?? []));
  const more = [...needed].filter((key) => !given.includes(key)).sort();
  if (more.length === 0) return;
  await io.stderr.write(
    `warning: the key has changed: --resume ${printable(file)} needs --key for ${more.length === 1 ? "this key" : "these keys"} too (the trail introduces ${more.length === 1 ? "it" : "them"} under the given ones):\n` +
      more.map((key) => `    ${printable(key)}\n`).join(""),
  );
}

/** By its form only: a state of another version may be replaced. */
async function isStateFile(path: string): Promise<boolean> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof value !== "object" || value === null) return false;
    return ["v", "strict", "logs"].every((member) => Object.hasOwn(value, member));
  } catch {
    return false;
  }
}

/** The path with symbolic links resolved as far as it exists. */
async function whole(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return dirname(path) === path ? path : join(await whole(dirname(path)), basename(path));
  }
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function cannotWrite(file: string, why: string, cause?: unknown): CliError {
  return new CliError("invalid_option", `cannot write state file \`${file}\`: ${why}`, { cause });
}
