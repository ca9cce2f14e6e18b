import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { importsOf } from "./imports.ts";
import type { Layer, PackageLayers } from "./table.ts";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Test tooling that a package's own tests may use beside what its sources may. */
const TEST_PACKAGES = ["conformance"];
const TEST_LIBRARIES = ["vitest", "fast-check", "@proclaw-private/test-postgres"];

/**
 * Compares every package below `root/packages` with the table: the dependencies it declares, and
 * what each entry point really reaches by imports. Returns one sentence per violation.
 */
export function checkLayers(root: string, table: Readonly<Record<string, PackageLayers>>): string[] {
  const violations: string[] = [];
  const folder = join(root, "packages");
  const present = readdirSync(folder).filter((name) => existsSync(join(folder, name, "package.json")));
  for (const name of present) {
    const layers = table[name];
    if (layers === undefined) violations.push(`packages/${name} has no line in the layer table`);
    else violations.push(...checkPackage(root, join(folder, name), name, layers));
  }
  for (const name of Object.keys(table)) {
    if (!present.includes(name)) violations.push(`the layer table names packages/${name}, which does not exist`);
  }
  return violations;
}

function checkPackage(root: string, folder: string, name: string, layers: PackageLayers): string[] {
  const violations: string[] = [];
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const every = union(Object.values(layers.entries));

  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (!allows(every, dependency)) violations.push(`packages/${name} declares ${dependency}, which its layer forbids`);
  }
  for (const dependency of Object.keys(manifest.devDependencies ?? {})) {
    const own = ownName(dependency);
    // A package above its own as devDependency makes a cycle, which stops turbo.
    if (own !== null && !every.packages.includes(own) && !TEST_PACKAGES.includes(own)) {
      violations.push(`packages/${name} declares ${dependency} for its tests, which its layer forbids`);
    }
  }
  const declared = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ]);

  const entries = entryFiles(manifest);
  for (const key of Object.keys(layers.entries)) {
    if (!entries.some((entry) => entry.key === key)) violations.push(`packages/${name} has no entry \`${key}\``);
  }
  const reached = new Set<string>();
  for (const { key, file } of entries) {
    const layer = layers.entries[key];
    if (layer === undefined) {
      violations.push(`packages/${name} exports \`${key}\`, which the layer table does not know`);
      continue;
    }
    const where = `entry \`${key}\` of packages/${name}`;
    violations.push(...checkReach(root, folder, file, where, layer, declared, layers.computedImports ?? [], reached));
  }
  // A child process' script or a worker is reached by path, not by import: it keeps the package's widest layer.
  for (const file of sources(join(folder, "src"))) {
    if (reached.has(file) || /\.(test|test-d|bench)\.ts$/.test(file) || file.includes(`${sep}fixtures${sep}`)) continue;
    const where = `packages/${name} (beside its entries)`;
    const wide: Layer = isTestSupport(file)
      ? {
          ...every,
          packages: [...every.packages, ...TEST_PACKAGES],
          libraries: [...every.libraries, ...TEST_LIBRARIES],
        }
      : every;
    const dev = new Set([...declared, ...TEST_LIBRARIES, ...Object.keys(manifest.devDependencies ?? {})]);
    const known = isTestSupport(file) ? dev : declared;
    violations.push(...checkReach(root, folder, file, where, wide, known, layers.computedImports ?? [], reached));
  }
  for (const file of sources(join(folder, "src")).filter((f) => /\.(test|test-d|bench)\.ts$/.test(f))) {
    for (const { specifier, line } of importsOf(file, readFileSync(file, "utf8"))) {
      const own = specifier === null ? null : ownName(specifier);
      if (own === null || own === name || every.packages.includes(own) || TEST_PACKAGES.includes(own)) continue;
      violations.push(`${relative(root, file)}:${line} imports ${specifier}: tests that need it live in tools/e2e`);
    }
  }
  return violations;
}

function checkReach(
  root: string,
  folder: string,
  start: string,
  where: string,
  layer: Layer,
  declared: ReadonlySet<string>,
  computedImports: readonly string[],
  reached: Set<string>,
): string[] {
  const violations: string[] = [];
  const seen = new Set<string>();
  const queue = [isAbsolute(start) ? start : join(folder, start)];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    reached.add(file);
    if (!existsSync(file)) {
      violations.push(`${where} reaches ${relative(root, file)}, which does not exist`);
      continue;
    }
    for (const { specifier, line } of importsOf(file, readFileSync(file, "utf8"))) {
      const at = `${relative(root, file)}:${line}`;
      if (specifier === null) {
        const allowed = computedImports.some((path) => join(folder, path) === file);
        if (!allowed) violations.push(`${at} imports a computed name (${where})`);
      } else if (specifier.startsWith(".")) {
        const target = join(dirname(file), specifier);
        if (!target.startsWith(join(folder, "src") + sep) && !target.endsWith(".json")) {
          violations.push(`${at} leaves its package by ${specifier}`);
        } else if (target.endsWith(".ts")) queue.push(target);
      } else if (isBuiltin(specifier)) {
        if (!specifier.startsWith("node:")) violations.push(`${at} imports ${specifier} without \`node:\``);
        if (!layer.node) violations.push(`${at} imports ${specifier}, which ${where} must not need`);
      } else {
        const dependency = packageName(specifier);
        if (!allows(layer, dependency)) violations.push(`${at} imports ${specifier}, which ${where} must not reach`);
        if (!declared.has(dependency))
          violations.push(`${at} imports ${specifier}, which package.json does not declare`);
      }
    }
  }
  return violations;
}

function entryFiles(manifest: Manifest): { key: string; file: string }[] {
  const entries: { key: string; file: string }[] = [];
  for (const [key, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === "string") continue; // data: package.json, a schema
    const source = target["@proclaw/source"];
    if (source !== undefined) entries.push({ key, file: source });
  }
  for (const target of Object.values(manifest.bin ?? {})) {
    entries.push({ key: "bin", file: target.replace(/^(\.\/)?dist\//, "src/").replace(/\.js$/, ".ts") });
  }
  return entries;
}

function isTestSupport(file: string): boolean {
  return file.includes(`${sep}testing${sep}`) || file.includes(`${sep}test-support${sep}`);
}

function sources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

function allows(layer: Layer, dependency: string): boolean {
  const own = ownName(dependency);
  return own === null ? layer.libraries.includes(dependency) : layer.packages.includes(own);
}

function ownName(specifier: string): string | null {
  if (specifier === "proclaw" || specifier.startsWith("proclaw/")) return "proclaw";
  return specifier.startsWith("@proclaw/") ? (specifier.split("/")[1] ?? null) : null;
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function union(layers: readonly Layer[]): Layer {
  return {
    packages: [...new Set(layers.flatMap((layer) => layer.packages))],
    libraries: [...new Set(layers.flatMap((layer) => layer.libraries))],
    node: layers.some((layer) => layer.node),
  };
}
