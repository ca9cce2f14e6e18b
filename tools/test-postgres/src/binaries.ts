import { spawnSync } from "node:child_process";
import { accessSync, chmodSync, constants, cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

/** Where the programs of one PostgreSQL are. */
export interface Binaries {
  readonly major: number;
  readonly from: "system" | "npm";
  /** `system`: the folder with `initdb` and `postgres`; `npm`: the package's folder. */
  readonly folder: string;
}

/**
 * The server of one major version: the system's, else the npm package for this platform; null if
 * there is neither.
 */
export function findBinaries(major: number): Binaries | null {
  for (const folder of systemFolders(major)) {
    if (majorOf(folder) === major) return { major, from: "system", folder };
  }
  const folder = npmFolder(major);
  return folder === null ? null : { major, from: "npm", folder };
}

function systemFolders(major: number): string[] {
  const debian = `/usr/lib/postgresql/${major}/bin`;
  const fromPath = (process.env["PATH"] ?? "").split(":").filter((folder) => existsSync(join(folder, "initdb")));
  const asked = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" });
  const configured = asked.status === 0 ? [asked.stdout.trim()] : [];
  return [debian, ...configured, ...fromPath].filter(
    (folder) => isProgram(join(folder, "initdb")) && isProgram(join(folder, "postgres")),
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function majorOf(folder: string): number | null {
  const { status, stdout } = spawnSync(join(folder, "postgres"), ["--version"], { encoding: "utf8" });
  const found = /\(PostgreSQL\) (\d+)/.exec(status === 0 ? stdout : "");
  return found === null ? null : Number(found[1]);
}

function npmFolder(major: number): string | null {
  const name = `postgres-${major}-${process.platform}-${process.arch}`;
  try {
    // Its `exports` hides package.json; the main entry lies one folder below the package's.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return null;
  }
}

/**
 * Makes the programs runnable for a user who may not read the checkout, and returns their folder.
 * An npm package is copied: its files are not executable, its symbolic links stand in
 * `pg-symlinks.json` (an install script would make them, and none runs here), and `node_modules` is
 * not ours to change.
 */
export function provideBinaries(binaries: Binaries, into: string): string {
  if (binaries.from === "system") return binaries.folder;
  const native = join(into, "native");
  cpSync(join(binaries.folder, "native"), native, { recursive: true, mode: constants.COPYFILE_FICLONE });
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(into, target);
    if (!existsSync(path)) symlinkSync(relative(dirname(target), source), path);
  }
  const programs = join(native, "bin");
  for (const name of readdirSync(programs)) chmodSync(join(programs, name), 0o755);
  return programs;
}
