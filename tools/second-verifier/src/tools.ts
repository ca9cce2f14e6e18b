import { spawnSync } from "node:child_process";

/**
 * The commands that are still missing after an attempt to install them. As root on Debian a command
 * that cannot be had is an error: there a suite that did not run is a failure.
 */
export function ensureTools(commands: readonly string[]): string[] {
  const missing = commands.filter((command) => !exists(command));
  if (missing.length === 0 || process.getuid?.() !== 0 || !exists("apt-get")) return missing;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-q"], { env, stdio: "inherit" });
  spawnSync("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...missing], { env, stdio: "inherit" });
  const still = missing.filter((command) => !exists(command));
  if (still.length > 0) throw new Error(`could not install ${still.join(" and ")}`);
  return [];
}

function exists(command: string): boolean {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;
}
