import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** As in README; npx finds it in its cache. */
const PNPM = "pnpm@12.21.0";

export interface PackedPackage {
  readonly name: string;
  readonly folder: string;
  readonly tarball: string;
  /** Entry specifiers, such as `@proclaw/engine/yaml`. */
  readonly entries: readonly string[];
  /** Names of our own packages among the dependencies, direct and indirect. */
  readonly own: readonly string[];
  /** Files in the tarball, without the leading `package/`. */
  readonly files: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** Builds all packages, packs each public one into `destination`, and says what is in the tarballs. */
export function packAll(root: string, destination: string): PackedPackage[] {
  mkdirSync(destination, { recursive: true });
  const run = (program: string, args: readonly string[], cwd = root): string =>
    execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  // turbo looks for a pnpm on the PATH, which npx provides.
  run("npx", ["-y", PNPM, "build", "--output-logs=errors-only"]);

  const manifests = new Map<string, { folder: string; manifest: Manifest }>();
  for (const name of readdirSync(join(root, "packages"))) {
    const folder = join(root, "packages", name);
    if (!existsSync(join(folder, "package.json"))) continue;
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
    if (manifest.private !== true) manifests.set(manifest.name, { folder, manifest });
  }

  const ownOf = (name: string, seen = new Set<string>()): Set<string> => {
    for (const dependency of Object.keys(manifests.get(name)?.manifest.dependencies ?? {})) {
      if (!manifests.has(dependency) || seen.has(dependency)) continue;
      seen.add(dependency);
      ownOf(dependency, seen);
    }
    return seen;
  };

  return [...manifests.values()].map(({ folder, manifest }) => {
    const said = run("npx", ["-y", PNPM, "pack", "--json", "--pack-destination", destination], folder);
    const packed = JSON.parse(said.slice(said.indexOf("{"))) as { filename: string };
    const tarball = packed.filename.startsWith("/") ? packed.filename : join(destination, packed.filename);
    const listed = run("tar", ["-tzf", tarball]).trim().split("\n");
    return {
      name: manifest.name,
      folder,
      tarball,
      entries: Object.entries(manifest.exports)
        .filter(([, target]) => typeof target === "object")
        .map(([key]) => (key === "." ? manifest.name : `${manifest.name}/${key.slice(2)}`)),
      own: [...ownOf(manifest.name)].sort(),
      files: listed.map((file) => file.replace(/^package\//, "")).sort(),
    };
  });
}
