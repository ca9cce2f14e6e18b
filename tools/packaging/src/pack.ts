import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { NEVER } from "./files.ts";

/** As in README; npx finds it in its cache. */
const PNPM = "pnpm@12.21.0";

export interface PackedPackage {
  readonly name: string;
  readonly folder: string;
  readonly tarball: string;
  /** Entry specifiers, such as `@proclaw/engine/yaml`. */
  readonly entries: readonly string[];
  /** File of each entry, and of each command (`proclaw bin proclaw`), below `folder`. */
  readonly entryFiles: Readonly<Record<string, string>>;
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
  readonly bin?: Readonly<Record<string, string>>;
}

/** Builds all packages, packs each public one into `destination`, and says what is in the tarballs. */
export function packAll(root: string, destination: string): PackedPackage[] {
  mkdirSync(destination, { recursive: true });
  const run = (program: string, args: readonly string[], cwd = root): string =>
    execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  for (const name of readdirSync(join(root, "packages"))) removeStale(join(root, "packages", name));
  // turbo looks for a pnpm on the PATH, which npx provides. Its cache would bring stale files back.
  run("npx", ["-y", PNPM, "build", "--force", "--output-logs=errors-only"]);

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
      entries: Object.keys(exportedFiles(manifest)),
      entryFiles: {
        ...exportedFiles(manifest),
        ...Object.fromEntries(
          Object.entries(manifest.bin ?? {}).map(([name, file]) => [`${manifest.name} bin ${name}`, file]),
        ),
      },
      own: [...ownOf(manifest.name)].sort(),
      files: listed.map((file) => file.replace(/^package\//, "")).sort(),
    };
  });
}

/** Removes built files that have no source any more, or none that should be built: no build does that. */
function removeStale(folder: string): void {
  const dist = join(folder, "dist");
  if (!existsSync(dist)) return;
  for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const source = file.replace(/\.(d\.ts|js)(\.map)?$/, ".ts");
    if (source === file) continue;
    if (!existsSync(join(folder, "src", source)) || NEVER.test(file)) rmSync(join(dist, file));
  }
}

/** From entry specifier to the file that Node loads for it. */
function exportedFiles({ name, exports }: Manifest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(exports).flatMap(([key, target]) => {
      const file = (target as { readonly default?: unknown }).default;
      return typeof file === "string" ? [[key === "." ? name : `${name}/${key.slice(2)}`, file]] : [];
    }),
  );
}
