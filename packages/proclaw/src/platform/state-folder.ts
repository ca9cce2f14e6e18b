import { mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { ProclawError } from "@proclaw/core";

/**
 * Where ProClaw keeps its state: `$PROCLAW_STATE_DIR`, else `$XDG_STATE_HOME/proclaw`, else
 * `~/.local/state/proclaw`. Relative paths in `XDG_STATE_HOME` are ignored, as its specification
 * demands.
 */
export function defaultStateFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { PROCLAW_STATE_DIR: own, XDG_STATE_HOME: xdg } = env;
  if (own !== undefined && own !== "") return resolve(own);
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "proclaw");
  return join(homedir(), ".local/state/proclaw");
}

/**
 * Makes the folder with mode 0700 if it is not there.
 *
 * INVARIANT (the state is the owner's alone): whoever can write here can replace the signing key. A
 * folder that others may enter, or that is another user's, is refused, not repaired: it may be
 * somebody's on purpose.
 *
 * @throws ProclawError `invalid_option`; the message says what to do
 */
export async function openStateFolder(folder: string): Promise<void> {
  let mode: number;
  let uid: number;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = await stat(folder);
    if (!found.isDirectory())
      throw new ProclawError("invalid_option", `the state folder \`${folder}\` is not a folder`);
    ({ mode, uid } = found);
  } catch (error) {
    if (ProclawError.is(error)) throw error;
    throw new ProclawError("invalid_option", `the state folder \`${folder}\` cannot be made`, { cause: error });
  }
  // Windows has no such modes; there a home folder is its user's by its access list.
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8);
    throw new ProclawError(
      "invalid_option",
      `others may enter the state folder \`${folder}\` (mode ${octal}): run \`chmod 700 ${folder}\` or name another`,
    );
  }
  // Root may enter a folder that is another user's alone, who could then replace the key.
  const user = process.geteuid?.();
  if (user !== undefined && uid !== user) {
    throw new ProclawError(
      "invalid_option",
      `the state folder \`${folder}\` is user ${uid}'s, and this process is user ${user}'s: name another, or change its owner`,
    );
  }
}
