import { pathToFileURL, fileURLToPath } from "node:url";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { assertContract } from "@proclaw/core";
import type { AuditSource } from "@proclaw/core";
import { CliError, fileFault } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";

/**
 * Store URL schemes and the packages that read them: a closed table. Such a package exports
 * `openSource(url: string): Promise<AuditSource>`, and its source writes nothing.
 */
const PEERS: Readonly<Record<string, string>> = {
  postgres: "@proclaw/audit-postgres",
  postgresql: "@proclaw/audit-postgres",
  s3: "@proclaw/audit-s3",
};

/** Opens a trail to read: a folder, a `file:` URL, or a URL of an optional store. Reading writes nothing. */
export async function openSource(io: CliIo, store: string): Promise<AuditSource> {
  const folder = folderOf(io, store);
  if (folder !== null) return openFolder(store, folder);
  const scheme = schemeOf(store) ?? "";
  const peer = Object.hasOwn(PEERS, scheme) ? PEERS[scheme] : undefined;
  if (peer === undefined) {
    throw new CliError("invalid_option", `no store has the scheme \`${scheme}:\``, {
      hint: `known are a folder, file:, ${Object.keys(PEERS).join(":, ")}:`,
    });
  }
  return openPeer(peer, scheme, store);
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
function schemeOf(store: string): string | null {
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
  if (!isFolder) throw new CliError("unreadable_evidence", `cannot read trail \`${shown}\`: it is not a folder`);
  const { openFileSource } = await import("@proclaw/audit");
  return openFileSource(folder);
}

async function openPeer(peer: string, scheme: string, store: string): Promise<AuditSource> {
  let loaded: { readonly openSource?: unknown };
  try {
    loaded = (await import(peer)) as { readonly openSource?: unknown };
  } catch (error) {
    // Only "this very package is not there": a fault inside an installed one must not hide behind an install hint.
    if (!isMissing(error, peer)) throw error;
    throw new CliError("missing_peer", `reading \`${scheme}:\` needs the package \`${peer}\``, {
      hint: `npm install ${peer}`,
      cause: error,
    });
  }
  if (typeof loaded.openSource !== "function") {
    throw new CliError("incompatible_contract", `the installed \`${peer}\` exports no openSource`, {
      hint: `npm install ${peer}@latest`,
    });
  }
  const source = await (loaded.openSource as (url: string) => Promise<AuditSource>)(store);
  assertContract(source, "AuditSource");
  return source;
}

function isMissing(error: unknown, peer: string): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return code === "ERR_MODULE_NOT_FOUND" && typeof message === "string" && message.includes(`'${peer}'`);
}
