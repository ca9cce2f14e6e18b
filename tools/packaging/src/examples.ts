import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { npmInstall } from "./consumer.ts";
import type { PackedPackage } from "./pack.ts";

interface ExampleManifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface Example {
  readonly name: string;
  /** A copy, installed from the tarballs. */
  readonly folder: string;
  readonly scripts: readonly string[];
}

/**
 * Copies an example and installs it with plain npm. Its own package.json stays as it is but for the
 * versions of our packages, which become the tarballs.
 */
export function installExample(source: string, folder: string, all: readonly PackedPackage[]): Example {
  cpSync(source, folder, { recursive: true, filter: (path) => !/[\\/](node_modules|trail|notes)$/.test(path) });
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as ExampleManifest;
  const tarballs = Object.fromEntries(all.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const packed = (dependencies: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(dependencies).map(([name, version]) => [name, tarballs[name] ?? version]));
  const copy = {
    ...manifest,
    dependencies: packed(manifest.dependencies),
    devDependencies: packed(manifest.devDependencies),
    overrides: tarballs,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(copy, null, 2));
  npmInstall(folder);
  return { name: folder.slice(dirname(folder).length + 1), folder, scripts: Object.keys(manifest.scripts) };
}

/** Runs a script of an example on the given Node and says what it printed. */
export function runScript(example: Example, script: string, node: string): string {
  const env = {
    ...process.env,
    NO_COLOR: "1",
    // `npm` and `node` of the script are found here first.
    PATH: [dirname(node), process.env["PATH"]].join(delimiter),
    XDG_STATE_HOME: join(example.folder, ".state"),
  };
  return execFileSync("npm", ["run", "--silent", script], {
    cwd: example.folder,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** What the README says a script prints: the lines of its `text` blocks. */
export function promisedLines(example: Example): string[] {
  const readme = readFileSync(join(example.folder, "README.md"), "utf8");
  return [...readme.matchAll(/^```text\n([\s\S]*?)^```$/gm)].flatMap(([, text = ""]) => text.trimEnd().split("\n"));
}

/** Tests that `node --test` says have passed; a run without a test passes too. */
export function passedTests(printed: string): number {
  return Number(/^(?:#|ℹ) pass (\d+)$/m.exec(printed)?.[1] ?? 0);
}

/** Type-checks the JavaScript of an example that asks for it (`@ts-check`). */
export function checkExampleTypes(
  example: Example,
  compiler: { readonly tsc: string; readonly node: string; readonly typeRoots: string },
): void {
  const files = readdirSync(example.folder).filter(
    (name) => name.endsWith(".mjs") && readFileSync(join(example.folder, name), "utf8").startsWith("// @ts-check"),
  );
  if (files.length === 0) return;
  const options = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    allowJs: true,
    target: "es2024",
    types: ["node"],
    typeRoots: [compiler.typeRoots],
    module: "nodenext",
    moduleResolution: "nodenext",
  };
  writeFileSync(join(example.folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files }));
  execFileSync(compiler.node, [compiler.tsc, "-p", "."], { cwd: example.folder, stdio: ["ignore", "pipe", "inherit"] });
}
