import { assertContract } from "@proclaw/core";
import type { AuditSource } from "@proclaw/core";
import { CliError } from "./cli-error.ts";

/**
 * Store URL schemes and the packages that read them: a closed table. Such a package exports
 * `openSource(url: string): Promise<AuditSource>`, and its source writes nothing. For `proclaw
 * doctor` it exports `openDoctor(url)` too.
 */
const PEERS: Readonly<Record<string, string>> = {
  postgres: "@proclaw/audit-postgres",
  postgresql: "@proclaw/audit-postgres",
  s3: "@proclaw/audit-s3",
};

/** Opens the store of a URL through the optional package that knows its scheme. */
export async function openPeerStore(scheme: string, store: string): Promise<AuditSource> {
  const open = await loadPeer<AuditSource>(scheme, "openSource");
  const source = await open(store);
  assertContract(source, "AuditSource");
  return source;
}

/**
 * A function that the optional package of a scheme exports by this name: takes a URL.
 *
 * @param load how packages are imported; a test makes one that is not there
 */
export async function loadPeer<T>(
  scheme: string,
  name: string,
  load: (peer: string) => Promise<unknown> = (peer) => import(peer),
): Promise<(url: string) => Promise<T>> {
  const peer = Object.hasOwn(PEERS, scheme) ? PEERS[scheme] : undefined;
  if (peer === undefined) {
    throw new CliError("invalid_option", `no store has the scheme \`${scheme}:\``, {
      hint: `known are a folder, file:, ${Object.keys(PEERS).join(":, ")}:`,
    });
  }
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = (await load(peer)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    // Only "this very package is not there": a fault inside an installed one must not hide behind an install hint.
    if (!isMissing(error, peer)) throw error;
    throw new CliError("missing_peer", `\`${scheme}:\` needs the package \`${peer}\``, {
      hint: `npm install ${peer}`,
      cause: error,
    });
  }
  const found = loaded[name];
  if (typeof found !== "function") {
    throw new CliError("incompatible_contract", `the installed \`${peer}\` exports no ${name}`, {
      hint: `npm install ${peer}@latest`,
    });
  }
  return found as (url: string) => Promise<T>;
}

function isMissing(error: unknown, peer: string): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return code === "ERR_MODULE_NOT_FOUND" && typeof message === "string" && message.includes(`'${peer}'`);
}
