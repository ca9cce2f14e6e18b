/*
 * Reads a trail in one of the ways of verify-modes.ts and prints a `VerifyRun`:
 *
 *     node --conditions @proclaw/source apps/bench/src/verify-run.ts <mode> <folder> <warm-up folder>
 *
 * A process of its own for each, so that peak memory is this run's. The short trail that warms it up
 * is read first, outside of the times.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openFileSource } from "@proclaw/audit";
import { verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher, verifyTrailParallel } from "@proclaw/verify/node";
import type { VerifyReport } from "@proclaw/verify";
import { chainAndTree, hashesOnly } from "./chain-and-tree.ts";
import { VERIFY_MODES, type VerifyMode, type VerifyRun } from "./verify-modes.ts";

type Answer = Pick<VerifyRun, "refused" | "ends">;

async function read(mode: VerifyMode, directory: string): Promise<Answer> {
  const source = openFileSource(directory);
  const keys = [readFileSync(join(directory, "keys", "bench.vkey"), "utf8").trim()];
  const parts = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, keys };
  switch (mode) {
    case "hashes":
      return { refused: null, ends: await hashesOnly(source) };
    case "tree":
      return { refused: null, ends: await chainAndTree(source) };
    case "fast":
      return answerOf(await verifyTrail(source, parts));
    case "strict":
      return answerOf(await verifyTrail(source, { ...parts, strict: true }));
    case "parallel": {
      const worker = new URL("./verify-worker.ts", import.meta.url);
      return answerOf(await verifyTrailParallel(source, { keys, worker, argument: directory, workers: 2 }));
    }
    default:
      return mode satisfies never;
  }
}

function answerOf(report: VerifyReport): Answer {
  const isGood = report.verdict === "intact" && report.level === "L1";
  const refused = isGood ? null : `${report.verdict}, ${report.level}: ${report.first_bad?.message ?? "no reason"}`;
  return { refused, ends: report.logs.map(({ log, records, head }) => ({ log, records, head })) };
}

const [mode = "", directory = "", warmUp = ""] = process.argv.slice(2);
if (!Object.hasOwn(VERIFY_MODES, mode)) throw new Error(`no mode \`${mode}\``);
const startMiB = process.memoryUsage.rss() / 2 ** 20;
await read(mode as VerifyMode, warmUp);
const cpuBefore = process.cpuUsage();
const before = performance.now();
let answer: Answer;
try {
  answer = await read(mode as VerifyMode, directory);
} catch (error) {
  answer = { refused: error instanceof Error ? error.message : String(error), ends: [] };
}
const seconds = (performance.now() - before) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const run: VerifyRun = {
  ...answer,
  seconds,
  cpuSeconds: (user + system) / 1e6,
  startMiB,
  peakMiB: process.resourceUsage().maxRSS / 1024,
};
console.log(JSON.stringify(run));
