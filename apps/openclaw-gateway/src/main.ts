import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cacheFolder, installOpenClaw, OPENCLAW_VERSION } from "./cache.ts";
import { SUITE_CASES } from "./cases/bypasses.ts";
import type { CaseRun, CaseTools, GatewayCase } from "./cases/case.ts";
import { CASES, CONTRAST_CASES } from "./cases/enforcement.ts";
import { Failure } from "./failure.ts";
import { installPlugin } from "./plugin-install.ts";
import { createReport, type Report } from "./report.ts";
import { runSuite } from "./suite/run-suite.ts";
import { checkTypes } from "./types.ts";

const USAGE = `usage: pnpm demo:openclaw [options]

Runs a real OpenClaw ${OPENCLAW_VERSION} agent with ProClaw's plugin, installed from packed tarballs,
against a scripted model: an allowed call runs, a denied one does not, and the trail verifies.

options:
  --contrast    also run the denied command without ProClaw, to see that it would have run
  --suite       also run the cases of known ways around a plugin, on two gateways (with and without
                ProClaw) and by single turns, and --contrast and --types; about ten minutes
  --overhead    also measure /tools/invoke on two gateways side by side
  --write-docs  write the table of --suite and the numbers of --overhead to docs/openclaw.md
  --only-gateway  leave the single turns out
  --types       also compile the adapter's types against OpenClaw's
  --keep DIR    keep everything the run wrote in the empty folder DIR
  --json        print one JSON object at the end, and nothing else, on standard output
  --help        show this

environment:
  PROCLAW_CACHE_DIR   where OpenClaw is installed once (647 MB); default: the user's cache folder
`;

const ROOT = resolve(import.meta.dirname, "..", "..", "..");

interface Options {
  readonly contrast: boolean;
  readonly suite: boolean;
  readonly overhead: boolean;
  readonly writeDocs: boolean;
  readonly onlyGateway: boolean;
  readonly types: boolean;
  readonly keep: string | undefined;
  readonly json: boolean;
}

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options === null) {
    process.stdout.write(USAGE);
    return 0;
  }
  requireNode();
  const report = createReport(options.json);
  const work = makeWorkFolder(options.keep);
  try {
    const cache = cacheFolder();
    const openclaw = await report.step(`OpenClaw ${OPENCLAW_VERSION}`, () =>
      installOpenClaw(cache, () => report.note(`installing into ${cache} (once, about a minute)`)),
    );
    const plugin = await report.step("ProClaw from its tarballs", () => installPlugin(ROOT, work, report.note));
    if (options.types) {
      const types = await report.step("types against OpenClaw's own", () =>
        checkTypes(ROOT, openclaw.folder, join(work, "types")),
      );
      report.check({
        what: "the adapter's types fit OpenClaw's",
        ok: types.ok,
        ...(types.ok ? {} : { seen: types.output }),
      });
    }
    if (options.suite || options.overhead) {
      const docs = options.writeDocs ? join(ROOT, "docs", "openclaw.md") : null;
      const { suite, overhead } = options;
      const folder = join(work, "suite");
      await runSuite({ folder, openclaw: openclaw.folder, plugin, report, cases: suite, overhead, docs });
    }
    const single = [...CASES, ...(options.contrast ? CONTRAST_CASES : []), ...(options.suite ? SUITE_CASES : [])];
    for (const one of options.onlyGateway ? [] : single) {
      await runCase(one, report, { folder: join(work, one.id), openclaw: openclaw.folder, plugin });
    }
    if (options.keep !== undefined) report.note(`kept in ${work}`);
    return report.finish();
  } finally {
    if (options.keep === undefined) rmSync(work, { recursive: true, force: true });
  }
}

async function runCase(one: GatewayCase, report: Report, tools: CaseTools): Promise<void> {
  mkdirSync(tools.folder, { recursive: true });
  const { turns, checks }: CaseRun = await report.step(one.title, () => one.run(tools));
  for (const turn of turns) report.turn(one.id, turn);
  for (const check of checks) report.check(check);
}

function readOptions(argv: readonly string[]): Options | null {
  let values;
  try {
    ({ values } = parseArgs({
      args: argv.filter((argument) => argument !== "--"),
      options: {
        contrast: { type: "boolean", default: false },
        suite: { type: "boolean", default: false },
        overhead: { type: "boolean", default: false },
        "write-docs": { type: "boolean", default: false },
        "only-gateway": { type: "boolean", default: false },
        types: { type: "boolean", default: false },
        keep: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message.split("\n")[0] : "wrong arguments"} (see --help)`);
  }
  if (values.help) return null;
  const { contrast, suite, overhead, types, keep, json } = values;
  const [writeDocs, onlyGateway] = [values["write-docs"], values["only-gateway"]];
  if ((writeDocs || onlyGateway) && !suite && !overhead)
    throw new Failure("this needs --suite or --overhead (see --help)");
  return { contrast: contrast || suite, suite, overhead, writeDocs, onlyGateway, types: types || suite, keep, json };
}

function requireNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if ((major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26) return;
  throw new Failure(
    `OpenClaw ${OPENCLAW_VERSION} needs Node 24.16 or later, or 26.1 or later; this is ${process.versions.node} (\`pnpm demo:openclaw\` brings the right one)`,
  );
}

function makeWorkFolder(keep: string | undefined): string {
  if (keep === undefined) return mkdtempSync(join(tmpdir(), "proclaw-openclaw-"));
  const folder = resolve(keep);
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) throw new Failure(`\`${keep}\` is not empty`);
  return folder;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 2;
}
