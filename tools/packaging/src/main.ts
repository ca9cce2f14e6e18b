/**
 * `check:packages`: packs every public package and uses the tarballs as a stranger would. Installed
 * alone with plain npm into an empty folder; imported and required on the oldest and the newest Node
 * we promise; types resolved under nodenext and bundler by three TypeScript versions; publint and
 * attw on the tarball; the list of files compared with what is meant to be in it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { installAlone, resolveTypes, useEntries } from "./consumer.ts";
import { strayFiles } from "./files.ts";
import { packAll, type PackedPackage } from "./pack.ts";

const ROOT = join(import.meta.dirname, "../../..");
const OWN = join(import.meta.dirname, "../node_modules");

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) {
  process.stdout.write("usage: check:packages [--only PACKAGE[,PACKAGE]] [--keep]\n");
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
  for (const pack of all) {
    if (wanted !== undefined && !wanted.includes(pack.name)) continue;
    checkPackage(pack, all);
  }
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
  }
  for (const compiler of compilers) {
    for (const resolution of ["nodenext", "bundler"] as const) {
      attempt(`${pack.name}: types by ${compiler.name} under ${resolution}`, () =>
        resolveTypes(pack, folder, compiler, resolution),
      );
    }
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
    failures.push(`${what}: ${basename(failure.message.split("\n")[0] ?? "")}${said ? `\n${said}` : ""}`);
    process.stdout.write(`FAILED ${what}\n`);
    return false;
  }
}
