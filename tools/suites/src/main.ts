/**
 * Runs the suites and prints suite → seconds → run or not run. `--depth ci` (fixed seed, small
 * counts) is what `.ci/run` calls; `--depth proof` runs the full counts and writes seed, counts and
 * versions into docs/proof.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, styleText } from "node:util";
import type { Depth, Environment, SuiteResult } from "./suite.ts";
import { SUITES } from "./suites.ts";

const ROOT = join(import.meta.dirname, "../../..");
const CI_SEED = 20_261_122;
/** `.ci/run` must stay below this. */
const CI_LIMIT_SECONDS = 25 * 60;

const HELP = `usage: node tools/suites/src/main.ts [--depth ci|proof] [--only NAME[,NAME]] [--seed N] [--since EPOCH_SECONDS]

  --depth ci      fixed seed, counts that fit into ${CI_LIMIT_SECONDS / 60} minutes (default)
  --depth proof   full counts; writes docs/proof/suites.md
  --only          these suites only: ${SUITES.map((suite) => suite.name).join(", ")}
  --seed N        seed of everything random at depth proof
  --since S       when the whole run began, so that its limit covers what came before
`;

const { values } = parseArgs({
  options: {
    depth: { type: "string", default: "ci" },
    only: { type: "string" },
    seed: { type: "string" },
    since: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (values.depth !== "ci" && values.depth !== "proof") {
  process.stderr.write(`unknown depth \`${values.depth}\`\n\n${HELP}`);
  process.exit(2);
}
const depth: Depth = values.depth;
const environment: Environment = {
  depth,
  seed: depth === "ci" ? CI_SEED : Number(values.seed ?? Math.floor(Math.random() * 2 ** 31)),
  isDebianRoot: existsSync("/etc/debian_version") && process.getuid?.() === 0,
};
const wanted = values.only?.split(",");
const unknown = wanted?.filter((name) => !SUITES.some((suite) => suite.name === name)) ?? [];
if (unknown.length > 0) {
  process.stderr.write(`no suite \`${unknown.join(", ")}\`\n\n${HELP}`);
  process.exit(2);
}

const began = values.since === undefined ? Date.now() : Number(values.since) * 1000;
const results: SuiteResult[] = [];
for (const suite of SUITES) {
  if (wanted !== undefined && !wanted.includes(suite.name)) continue;
  if (suite.depths !== undefined && !suite.depths.includes(depth)) continue;
  const reason = suite.unavailable?.(environment) ?? null;
  if (reason !== null) {
    results.push({ name: suite.name, state: environment.isDebianRoot ? "failed" : "not run", seconds: 0, reason });
    continue;
  }
  const [program = "", ...args] = suite.command(environment);
  process.stdout.write(`\n${styleText("bold", `── ${suite.name}`)}: ${suite.shows}\n`);
  const start = performance.now();
  const { status, error } = spawnSync(program, args, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PATH: `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`,
      PROCLAW_DEPTH: depth,
      PROCLAW_SEED: String(environment.seed),
      TURBO_TELEMETRY_DISABLED: "1",
    },
  });
  const seconds = (performance.now() - start) / 1000;
  const failure = error?.message ?? (status === 0 ? undefined : `exit status ${status}`);
  results.push({
    name: suite.name,
    state: failure === undefined ? "passed" : "failed",
    seconds,
    ...(failure === undefined ? {} : { reason: failure }),
  });
}

const total = (Date.now() - began) / 1000;
const table = results
  .map(
    (r) => `${r.name.padEnd(12)} ${r.seconds.toFixed(1).padStart(7)} s  ${r.state}${r.reason ? ` (${r.reason})` : ""}`,
  )
  .join("\n");
process.stdout.write(`\nsuite        seconds   state (depth ${depth}, seed ${environment.seed})\n${table}\n`);
process.stdout.write(`${"all".padEnd(12)} ${total.toFixed(1).padStart(7)} s\n`);

if (depth === "proof") {
  mkdirSync(join(ROOT, "docs/proof"), { recursive: true });
  const head = `# Last full run of the suites\n\nWritten by \`npx -y pnpm@12.21.0 proof\`. Seed ${environment.seed}, Node ${process.versions.node}, ${process.platform} ${process.arch}.\n`;
  writeFileSync(join(ROOT, "docs/proof/suites.md"), `${head}\n\`\`\`\n${table}\n\`\`\`\n`);
}
const failed = results.filter((result) => result.state === "failed").length;
if (depth === "ci" && total > CI_LIMIT_SECONDS) {
  process.stderr.write(`the run took ${total.toFixed(0)} s, more than its limit of ${CI_LIMIT_SECONDS} s\n`);
  process.exitCode = 1;
}
if (failed > 0) process.exitCode = 1;
