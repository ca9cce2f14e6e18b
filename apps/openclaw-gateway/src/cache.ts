import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { installFailure } from "./failure.ts";
import { run } from "./process-tree.ts";

/** The release that all facts in docs/openclaw.md were measured on. */
export const OPENCLAW_VERSION = "2026.9.6";

const INSTALL_TIMEOUT_MS = 600_000;

/** Folder outside the workspace: OpenClaw is 647 MB, and nobody who works on ProClaw must have it. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env["PROCLAW_CACHE_DIR"];
  if (own !== undefined && own !== "") return own;
  const xdg = env["XDG_CACHE_HOME"];
  return join(xdg !== undefined && xdg !== "" ? xdg : join(homedir(), ".cache"), "proclaw-dev");
}

export interface OpenClawInstall {
  readonly folder: string;
  /** False: it was in the cache. */
  readonly fresh: boolean;
}

/** OpenClaw as npm installs it, exact version, no install scripts; once per cache. */
export async function installOpenClaw(cache: string, onInstall: () => void): Promise<OpenClawInstall> {
  const folder = join(cache, `openclaw-${OPENCLAW_VERSION}`);
  if (existsSync(join(folder, "node_modules", "openclaw", "openclaw.mjs"))) return { folder, fresh: false };
  onInstall();
  mkdirSync(cache, { recursive: true });
  // Installed aside and renamed: an interrupted install is never taken for a whole one.
  const aside = mkdtempSync(join(cache, "installing-"));
  try {
    await npmInstall(aside, { openclaw: OPENCLAW_VERSION }, `openclaw ${OPENCLAW_VERSION}`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return { folder, fresh: true };
}

/** Installs `dependencies` (name to version or `file:` URL) into `folder` with plain npm. */
export async function npmInstall(
  folder: string,
  dependencies: Readonly<Record<string, string>>,
  what: string,
): Promise<void> {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }, null, 2));
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  const result = await run("npm", args, { cwd: folder, timeoutMs: INSTALL_TIMEOUT_MS });
  if (result.code !== 0) throw installFailure(what, result.stderr + result.stdout);
}
