import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "./failure.ts";
import { run } from "./process-tree.ts";

const BUILD_TIMEOUT_MS = 300_000;

export interface WorkspacePackage {
  readonly name: string;
  readonly folder: string;
  /** Names of the workspace packages it depends on. */
  readonly needs: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly packageManager?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** `name` and every workspace package it needs, directly or not. */
export function packageClosure(root: string, name: string): readonly WorkspacePackage[] {
  const all = new Map<string, WorkspacePackage>();
  for (const entry of readdirSync(join(root, "packages"), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = join(root, "packages", entry.name);
    const manifest = readManifest(folder);
    const needs = Object.entries(manifest.dependencies ?? {}).flatMap(([dependency, range]) =>
      range.startsWith("workspace:") ? [dependency] : [],
    );
    all.set(manifest.name, { name: manifest.name, folder, needs });
  }
  const found = new Map<string, WorkspacePackage>();
  const visit = (wanted: string): void => {
    if (found.has(wanted)) return;
    const one = all.get(wanted);
    if (one === undefined) throw new Failure(`no package \`${wanted}\` in the workspace`);
    found.set(wanted, one);
    one.needs.forEach(visit);
  };
  visit(name);
  return [...found.values()];
}

/** Builds the packages of `closure` and no others (`--only`: not what they need for their tests). */
export async function buildPackages(root: string, closure: readonly WorkspacePackage[]): Promise<void> {
  const filters = closure.map((one) => `--filter=${one.name}`);
  await pnpm(
    root,
    ["exec", "turbo", "run", "build", "--only", "--output-logs=errors-only", ...filters],
    "build the packages",
  );
}

/** Packs the packages into `destination`; the answer maps names to tarball paths. */
export async function packPackages(
  root: string,
  closure: readonly WorkspacePackage[],
  destination: string,
): Promise<ReadonlyMap<string, string>> {
  const filters = closure.map((one) => `--filter=${one.name}`);
  const args = ["--recursive", ...filters, "pack", "--json", "--pack-destination", destination];
  const output = await pnpm(root, args, "pack the packages");
  const packed = JSON.parse(output.slice(output.search(/^[[{]/m))) as readonly {
    readonly name: string;
    readonly filename: string;
  }[];
  const tarballs = new Map(packed.map(({ name, filename }) => [name, filename]));
  const missing = closure.find((one) => !tarballs.has(one.name));
  if (missing !== undefined) throw new Failure(`cannot pack the packages: pnpm named no file for \`${missing.name}\``);
  return tarballs;
}

/** Runs the workspace's own pnpm: the one that runs us, else the pinned version through npx. */
async function pnpm(root: string, args: readonly string[], what: string): Promise<string> {
  const current = process.env["npm_execpath"];
  const [command, ...before] =
    current !== undefined && /pnpm[^/\\]*\.[cm]?js$/.test(current)
      ? [process.execPath, current]
      : ["npx", "-y", readManifest(root).packageManager ?? "pnpm"];
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
  const result = await run(command, [...before, ...args], { cwd: root, env, timeoutMs: BUILD_TIMEOUT_MS });
  if (result.code !== 0) {
    throw new Failure(`cannot ${what}:\n${(result.stdout + result.stderr).trim().split("\n").slice(-30).join("\n")}`);
  }
  return result.stdout;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}
