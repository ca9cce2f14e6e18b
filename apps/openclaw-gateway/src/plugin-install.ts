import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { npmInstall } from "./cache.ts";
import { buildPackages, packageClosure, packPackages } from "./tarballs.ts";

export interface InstalledPlugin {
  /** Folder with `openclaw.plugin.json`. */
  readonly folder: string;
  /** The `proclaw` command, installed from the same tarballs. */
  readonly command: string;
}

const ADAPTER = "@proclaw/adapter-openclaw";

/**
 * Builds, packs and installs the adapter as a user would get it: from tarballs, with plain npm, in a
 * folder outside the workspace.
 */
export async function installPlugin(
  root: string,
  folder: string,
  onStep: (what: string) => void,
): Promise<InstalledPlugin> {
  const closure = packageClosure(root, ADAPTER);
  onStep(`building ${closure.length} packages`);
  await buildPackages(root, closure);
  onStep("packing them");
  const tarballs = join(folder, "tarballs");
  const install = join(folder, "plugin");
  for (const path of [tarballs, install]) mkdirSync(path, { recursive: true });
  const packed = await packPackages(root, closure, tarballs);
  onStep("installing the tarballs with npm");
  // Named at the top, so that npm takes them for the ranges that the packages state of each other.
  const dependencies = Object.fromEntries([...packed].map(([name, file]) => [name, `file:${file}`]));
  await npmInstall(install, dependencies, "the packed ProClaw packages");
  return {
    folder: join(install, "node_modules", ...ADAPTER.split("/")),
    command: join(install, "node_modules", "proclaw", "dist", "bin.js"),
  };
}
