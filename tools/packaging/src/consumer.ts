import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PackedPackage } from "./pack.ts";

/**
 * An empty folder into which plain npm installs one package and nothing but the tarballs of its own
 * dependencies. The overrides stand in for a registry that has our packages.
 */
export function installAlone(pack: PackedPackage, all: readonly PackedPackage[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  const tarballs = Object.fromEntries(
    all.filter((other) => pack.own.includes(other.name)).map((other) => [other.name, `file:${other.tarball}`]),
  );
  const manifest = {
    name: "consumer",
    private: true,
    type: "module",
    dependencies: { [pack.name]: `file:${pack.tarball}` },
    overrides: tarballs,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  npmInstall(folder);
}

export function npmInstall(folder: string): void {
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/**
 * Asks the command for a store whose package is optional and not installed: it must end with 2 and
 * say how to install it.
 */
export function missingPeer(bin: string, node: string, folder: string): void {
  const { status, stderr, stdout } = spawnSync(node, ["--no-warnings", bin, "audit", "verify", "s3://x/y"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status !== 2) throw new Error(`exit status ${status}, not 2`);
  if (stdout !== "") throw new Error("the complaint belongs on standard error");
  if (!stderr.includes("npm install @proclaw/audit-s3")) throw new Error(`no install command in: ${stderr}`);
  if (/\n\s+at /.test(stderr)) throw new Error("a stack trace");
}

/** Imports every entry as an ES module and requires it from CommonJS; both must give the same names. */
export function useEntries(pack: PackedPackage, folder: string, node: string): void {
  const script = `
    import { createRequire } from "node:module";
    const require = createRequire(import.meta.url);
    for (const entry of ${JSON.stringify(pack.entries)}) {
      const imported = Object.keys(await import(entry)).sort().join();
      const required = Object.keys(require(entry)).filter((name) => name !== "__esModule").sort().join();
      if (imported !== required) throw new Error(entry + ": import gives " + imported + ", require gives " + required);
    }`;
  writeFileSync(join(folder, "use.mjs"), script);
  execFileSync(node, ["--no-warnings", "use.mjs"], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
}

/** Type-checks an import of every entry, libraries included, under one way of resolving modules. */
export function resolveTypes(
  pack: PackedPackage,
  folder: string,
  compiler: { readonly tsc: string; readonly node: string; readonly typeRoots: string },
  moduleResolution: "nodenext" | "bundler",
): void {
  const lines = pack.entries.map((entry, i) => `import * as entry${i} from "${entry}";\nvoid entry${i};`);
  writeFileSync(join(folder, "types.ts"), lines.join("\n") + "\n");
  const options = {
    noEmit: true,
    strict: true,
    skipLibCheck: false,
    target: "es2022",
    lib: ["es2024", "esnext.disposable"],
    types: ["node"],
    typeRoots: [compiler.typeRoots],
    module: moduleResolution === "nodenext" ? "nodenext" : "esnext",
    moduleResolution,
  };
  const config = join(folder, `tsconfig.${moduleResolution}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions: options, files: ["types.ts"] }));
  execFileSync(compiler.node, [compiler.tsc, "-p", config], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
}
