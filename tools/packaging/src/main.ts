/**
 * `check:packages`: packs every public package and uses the tarballs as a stranger would. Installed
 * alone with plain npm into an empty folder; imported and required on the oldest and the newest Node
 * we promise; types resolved under nodenext and bundler by three TypeScript versions; publint and
 * attw on the tarball; the list of files compared with what is meant to be in it; the size of every
 * entry within its limit. Then the projects under examples/, installed from the tarballs.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installAlone, missingPeer, resolveTypes, useEntries } from "./consumer.ts";
import { checkExampleTypes, installExample, passedTests, promisedLines, runScript, type Example } from "./examples.ts";
import { strayFiles } from "./files.ts";
import { packAll, type PackedPackage } from "./pack.ts";
import { followReadme } from "./readme.ts";
import { reachableBytes, SIZE_LIMITS, sizeProblem } from "./sizes.ts";

const ROOT = join(import.meta.dirname, "../../..");
const OWN = join(import.meta.dirname, "../node_modules");

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    sizes: { type: "boolean", default: false },
    files: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) {
  process.stdout.write("usage: check:packages [--only PACKAGE|EXAMPLE[,…]] [--sizes] [--files] [--keep]\n");
  process.exit(0);
}

const nodes = [process.execPath, join(OWN, "node-22-linux-x64/bin/node")].filter((node) => existsSync(node));
const compilers = ["typescript-7", "typescript-6", "typescript-5"].map((name) => ({
  name,
  tsc: existsSync(join(OWN, name, "bin/tsc")) ? join(OWN, name, "bin/tsc") : join(OWN, name, "lib/tsc.js"),
  node: process.execPath,
  typeRoots: join(OWN, "@types"),
}));

const work = mkdtempSync(join(tmpdir(), "proclaw-packages-"));
const failures: string[] = [];
let passed = 0;
try {
  const all = packAll(ROOT, join(work, "tarballs"));
  const wanted = values.only?.split(",");
  const isWanted = (name: string): boolean => wanted === undefined || wanted.includes(name);
  if (values.sizes) printSizes(all);
  if (values.files) for (const { name, files } of all) process.stdout.write(`${name}\n  ${files.join("\n  ")}\n`);
  checkSizes(all);
  for (const pack of all) if (isWanted(pack.name)) checkPackage(pack, all);
  for (const name of readdirSync(join(ROOT, "examples"))) {
    if (existsSync(join(ROOT, "examples", name, "package.json")) && isWanted(name)) checkExample(name, all);
  }
  if (isWanted("README")) checkReadme(all);
} finally {
  if (values.keep) process.stdout.write(`kept ${work}\n`);
  else rmSync(work, { recursive: true, force: true });
}
if (nodes.length < 2) process.stdout.write("not run here: the oldest Node (only packed for linux-x64)\n");
for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`);
process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
if (failures.length > 0 || passed === 0) process.exitCode = 1;

function checkPackage(pack: PackedPackage, all: readonly PackedPackage[]): void {
  const folder = join(work, "consumers", pack.name.replace("/", "__"));
  attempt(`${pack.name}: files`, () => {
    const stray = strayFiles(pack.files);
    if (stray.length > 0) throw new Error(stray.join("; "));
  });
  attempt(`${pack.name}: publint`, () =>
    tool(join(OWN, "publint/src/cli.js"), ["--strict", "--pack", "false", pack.tarball], pack.folder),
  );
  attempt(`${pack.name}: attw`, () =>
    tool(join(OWN, "@arethetypeswrong/cli/dist/index.js"), [pack.tarball, "--profile", "esm-only", "--quiet"], work),
  );
  const installed = attempt(`${pack.name}: npm install of ${pack.own.length + 1} tarballs`, () =>
    installAlone(pack, all, folder),
  );
  if (!installed) return;
  for (const node of nodes) {
    const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    attempt(`${pack.name}: import and require on Node ${version}`, () => useEntries(pack, folder, node));
    if (Object.keys(pack.entryFiles).some((entry) => entry.endsWith(" bin proclaw"))) {
      const bin = join(folder, "node_modules", pack.name, "dist/bin.js");
      attempt(`${pack.name}: a missing peer on Node ${version}`, () => missingPeer(bin, node, folder));
    }
  }
  for (const compiler of compilers) {
    for (const resolution of ["nodenext", "bundler"] as const) {
      attempt(`${pack.name}: types by ${compiler.name} under ${resolution}`, () =>
        resolveTypes(pack, folder, compiler, resolution),
      );
    }
  }
}

function checkSizes(all: readonly PackedPackage[]): void {
  const sizes = sizesOf(all);
  attempt("sizes: every entry is within its limit", () => {
    const problems = [...sizes]
      .map(([entry, bytes]) => sizeProblem(entry, bytes))
      .filter((problem) => problem !== null);
    const gone = Object.keys(SIZE_LIMITS).filter((entry) => !sizes.has(entry));
    problems.push(...gone.map((entry) => `\`${entry}\` has a limit and does not exist`));
    if (problems.length > 0) throw new Error(problems.join("; "));
  });
}

function sizesOf(all: readonly PackedPackage[]): Map<string, number> {
  return new Map(
    all.flatMap(({ folder, entryFiles }) =>
      Object.entries(entryFiles).map(([entry, file]) => [entry, reachableBytes(join(folder, file))] as const),
    ),
  );
}

function printSizes(all: readonly PackedPackage[]): void {
  for (const [entry, bytes] of sizesOf(all)) {
    const limit = SIZE_LIMITS[entry]?.limit;
    process.stdout.write(`${entry.padEnd(36)} ${String(bytes).padStart(8)}  limit ${limit ?? "none"}\n`);
  }
}

function checkExample(name: string, all: readonly PackedPackage[]): void {
  const label = `examples/${name}`;
  let example: Example | undefined;
  attempt(`${label}: npm install from the tarballs`, () => {
    example = installExample(join(ROOT, "examples", name), join(work, "examples", name), all);
  });
  if (example === undefined) return;
  const installed = example;
  const [newest] = compilers;
  if (newest !== undefined) attempt(`${label}: types`, () => checkExampleTypes(installed, newest));
  for (const node of nodes) {
    const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    for (const script of installed.scripts) {
      attempt(`${label}: npm run ${script} on Node ${version}`, () => {
        const printed = runScript(installed, script, node);
        if (script === "test" && passedTests(printed) < 25) throw new Error("fewer than 25 tests ran");
        if (script !== "start") return;
        const missing = promisedLines(installed).filter((line) => !printed.split("\n").includes(line));
        if (missing.length > 0) throw new Error(`the README promises, and nobody printed: ${missing.join(" / ")}`);
      });
    }
  }
}

function checkReadme(all: readonly PackedPackage[]): void {
  for (const node of nodes) {
    const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    attempt(`README: tarballs, agent and verify on Node ${version}`, () => {
      const said = followReadme(join(ROOT, "README.md"), join(work, `readme-${version}`), all, node);
      for (const promised of ["3 results for ibuprofen 400", "no_matching_rule", "INTACT"]) {
        if (!said.includes(promised)) throw new Error(`\`${promised}\` is not in what was printed: ${said}`);
      }
    });
  }
}

function tool(script: string, args: readonly string[], cwd: string): void {
  execFileSync(process.execPath, [script, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
}

function attempt(what: string, check: () => void): boolean {
  try {
    check();
    passed++;
    process.stdout.write(`ok ${what}\n`);
    return true;
  } catch (error) {
    const failure = error as Error & { readonly stdout?: Buffer | null };
    const said = failure.stdout?.toString("utf8").trim();
    failures.push(`${what}: ${failure.message.split("\n")[0] ?? ""}${said ? `\n${said}` : ""}`);
    process.stdout.write(`FAILED ${what}\n`);
    return false;
  }
}
