import { pathToFileURL, fileURLToPath } from "node:url";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { AuditSource } from "@proclaw/core";
import { CliError, fileFault } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";
import { openPeerStore } from "./peer-store.ts";

/** Opens a trail to read: a folder, a `file:` URL, or a URL of an optional store. Reading writes nothing. */
export async function openSource(io: CliIo, store: string): Promise<AuditSource> {
  const folder = folderOf(io, store);
  if (folder !== null) return openFolder(store, folder);
  return openPeerStore(schemeOf(store) ?? "", store);
}

/** Ids of all logs; none is an error, so that a wrong folder does not pass for an empty trail. */
export async function logsOf(source: AuditSource, store: string): Promise<readonly string[]> {
  const logs = await source.logs();
  if (logs.length === 0) {
    throw new CliError("unreadable_evidence", `there is no log in \`${store}\``, {
      hint: "STORE is the folder that holds `logs/`",
    });
  }
  return logs;
}

/** `C:\trail` is a Windows path: schemes have two letters or more. */
export function schemeOf(store: string): string | null {
  return /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(store)?.[1]?.toLowerCase() ?? null;
}

/** Absolute path of the folder that `store` means; null for a store that is none. */
export function folderOf(io: CliIo, store: string): string | null {
  const scheme = schemeOf(store);
  if (scheme === null) return resolve(io.cwd, store);
  if (scheme !== "file") return null;
  try {
    // Against the working folder, so that `file:trail` is the folder `trail` here and not `/trail`.
    return fileURLToPath(new URL(store, pathToFileURL(`${io.cwd}/`)));
  } catch (error) {
    throw new CliError("invalid_option", `\`${store}\` is no file: URL of a folder on this machine`, { cause: error });
  }
}

async function openFolder(shown: string, folder: string): Promise<AuditSource> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(folder)).isDirectory();
  } catch (error) {
    throw new CliError("unreadable_evidence", `cannot read trail \`${shown}\`: ${fileFault(error)}`, { cause: error });
  }
  if (!isFolder) {
    throw new CliError("unreadable_evidence", `cannot read trail \`${shown}\`: it is not a folder`, {
      hint: "STORE is the folder that holds `logs/`; an export can be compared with a trail, but not be verified alone",
    });
  }
  const { openFileSource } = await import("@proclaw/audit");
  return openFileSource(folder);
}
