import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openFileSigner } from "@proclaw/audit";
import { median } from "./measure.ts";
import { embed, type BenchContext, type BenchResult, type Plot } from "./part.ts";
import { runScript } from "./run-script.ts";
import { inScratchFolder } from "./scratch-folder.ts";
import { svgChart } from "./svg-chart.ts";
import { VERIFY_MODES, type VerifyMode, type VerifyRun } from "./verify-modes.ts";

const WRITE = new URL("./write-trail.ts", import.meta.url);
const RUN = new URL("./verify-run.ts", import.meta.url);

const MODES = Object.keys(VERIFY_MODES) as VerifyMode[];
/** Threads share out whole logs, so a trail needs some. */
const LOGS = 4;
const WRITERS = 2;

interface Trail {
  readonly directory: string;
  readonly records: number;
  readonly runs: Readonly<Record<VerifyMode, VerifyRun[]>>;
}

/** How fast a trail is verified and in how much memory, against its length. */
export async function benchVerify(bench: BenchContext): Promise<BenchResult> {
  const lengths = bench.pick([10_000, 30_000, 100_000, 300_000, 1_000_000], [2000, 10_000]);
  return await inScratchFolder(async (scratch) => {
    const keyFile = join(scratch, "key.pem");
    await openFileSigner(keyFile, { name: "bench" });
    const trails: Trail[] = [];
    for (const length of lengths) {
      bench.say(`writing a trail of ${counted(length)} records`);
      const directory = join(scratch, `trail-${length}`);
      await writeTrail(directory, keyFile, length);
      trails.push({ directory, records: 0, runs: { hashes: [], tree: [], fast: [], parallel: [], strict: [] } });
    }
    const [shortest] = trails;
    if (shortest === undefined) throw new Error("no trails");
    bench.say("a changed byte must be found");
    await demandRefusals(shortest.directory, join(scratch, "damaged"));
    const rounds = await measure(bench, trails, shortest.directory);
    return resultOf(
      trails.map((trail) => ({ ...trail, records: recordsOf(trail.runs.fast) })),
      rounds,
    );
  });
}

async function writeTrail(directory: string, keyFile: string, records: number): Promise<void> {
  const args = [directory, keyFile, String(LOGS / WRITERS), String(Math.round(records / LOGS))];
  await Promise.all(Array.from({ length: WRITERS }, () => runScript(WRITE, args)));
}

/** Candidates that do not find a fault are not compared; the limit verifies nothing, and is none. */
async function demandRefusals(intact: string, damaged: string): Promise<void> {
  cpSync(intact, damaged, { recursive: true });
  const [log = ""] = readdirSync(join(damaged, "logs"));
  const segments = join(damaged, "logs", log, "segments");
  const file = join(segments, readdirSync(segments)[0] ?? "");
  const bytes = readFileSync(file);
  const at = bytes.indexOf("noon", bytes.length >> 1);
  if (at < 0) throw new Error("the trail does not hold the text that is to be changed");
  bytes[at] = 0x4e;
  writeFileSync(file, bytes);
  for (const mode of MODES) {
    const { refused } = await verify(mode, damaged, intact);
    if ((refused === null) !== (mode === "hashes"))
      throw new Error(`${VERIFY_MODES[mode]} on a changed byte: ${refused}`);
  }
}

async function verify(mode: VerifyMode, directory: string, warmUp: string): Promise<VerifyRun> {
  return (await runScript(RUN, [mode, directory, warmUp])) as VerifyRun;
}

/** All trails in all ways, round after round, for about two minutes; at least once. Returns the number of rounds. */
async function measure(bench: BenchContext, trails: readonly Trail[], warmUp: string): Promise<number> {
  const budgetMs = bench.pick(120_000, 0);
  const started = performance.now();
  for (let round = 0; ; round++) {
    const roundStarted = performance.now();
    for (const trail of trails) {
      bench.say(`round ${round + 1}, ${trail.directory.replace(/.*-/, "")} records`);
      for (let i = 0; i < MODES.length; i++) {
        const mode = MODES[(i + round) % MODES.length] ?? "fast";
        const run = await verify(mode, trail.directory, warmUp);
        if (run.refused !== null) throw new Error(`${VERIFY_MODES[mode]} refuses an intact trail: ${run.refused}`);
        const other = MODES.flatMap((one) => trail.runs[one])[0] ?? run;
        if (JSON.stringify(run.ends) !== JSON.stringify(other.ends)) {
          throw new Error(`answers differ: ${VERIFY_MODES[mode]} read ${JSON.stringify(run.ends)}`);
        }
        trail.runs[mode].push(run);
      }
    }
    const now = performance.now();
    if (now - started + (now - roundStarted) > budgetMs) return round + 1;
  }
}

function resultOf(trails: readonly Trail[], rounds: number): BenchResult {
  const longest = trails.at(-1);
  if (longest === undefined) throw new Error("no trails");
  const start = median(
    trails.flatMap(({ runs }) => MODES.flatMap((mode) => runs[mode].map(({ startMiB }) => startMiB))),
  );
  const about = [
    `Trails of ${LOGS} logs with records of about 1.2 KB, written by the real writer and read from the page cache. Each figure is the median of ${rounds} run${rounds === 1 ? "" : "s"}, in turn, each in a process of its own that was warmed up with the shortest trail; threads begin cold, and their start counts. All ways read the same number of records and come to the same heads; all but the limit, which verifies nothing, find one changed byte.`,
    "*Chain + Merkle tree* is the least that tells whether a log is whole: lines, leaf hashes, each `prev`, the tree and the root of the last checkpoint (goal: 300 000 records/s/core). `verifyTrail` adds the shape and meaning of each record, decisions with their outcomes, checkpoints with their signatures, and the log of checkpoints; *strict* also proves that each line is canonical JSON.",
  ].join("\n\n");
  const markdown = [
    about,
    `### ${counted(longest.records)} records`,
    longestTable(longest),
    "### Records a second against length",
    lengthTable(trails, (runs) => counted(median(runs.map(rateOf)))),
    embed("verify-rate", "Records a second against the length of the trail; the figures are in the table above"),
    "### Peak resident memory against length, MiB",
    `The whole process; ${start.toFixed(0)} MiB of it are there before anything is read (Node, and the loader of TypeScript sources). Goal: at most 150 MB whatever the length.`,
    lengthTable(trails, (runs) => memoryOf(runs).toFixed(0)),
    embed("verify-memory", "Peak resident memory against the length of the trail; the figures are in the table above"),
  ].join("\n\n");
  return { markdown, plots: plotsOf(trails) };
}

function longestTable(trail: Trail): string {
  const base = trail.runs.hashes;
  const rows = MODES.map((mode) => {
    const runs = trail.runs[mode];
    const perCore = median(runs.map((run) => recordsOf([run]) / run.cpuSeconds));
    const ratio = median(runs.map(({ seconds }, round) => seconds / (base[round]?.seconds ?? Number.NaN)));
    const cells = [counted(median(runs.map(rateOf))), counted(perCore), `${ratio.toFixed(2)}×`];
    return `| ${VERIFY_MODES[mode]} | ${cells.join(" | ")} | ${memoryOf(runs).toFixed(0)} |`;
  });
  return [
    "| | records / s | records / s of CPU | time over the limit | peak MiB |",
    "|---|--:|--:|--:|--:|",
    ...rows,
  ].join("\n");
}

function lengthTable(trails: readonly Trail[], cell: (runs: readonly VerifyRun[]) => string): string {
  return [
    `| records | ${MODES.map((mode) => VERIFY_MODES[mode]).join(" | ")} |`,
    `|--:|${MODES.map(() => "--:|").join("")}`,
    ...trails.map(
      ({ records, runs }) => `| ${counted(records)} | ${MODES.map((mode) => cell(runs[mode])).join(" | ")} |`,
    ),
  ].join("\n");
}

function plotsOf(trails: readonly Trail[]): readonly Plot[] {
  const lengths = trails.map(({ records }) => records);
  // A trail of a million may have a few records more or less.
  const isShown = (tick: number): boolean => tick >= 0.9 * Math.min(...lengths) && tick <= 1.1 * Math.max(...lengths);
  const ticks = [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6].filter(isShown);
  const x = { label: "records in the trail", scale: "log", ticks } as const;
  const series = (value: (runs: readonly VerifyRun[]) => number) =>
    MODES.map((mode) => ({
      name: VERIFY_MODES[mode].replaceAll("`", ""),
      points: trails.map(({ records, runs }) => [records, value(runs[mode])] as const),
    }));
  return [
    {
      name: "verify-rate",
      svg: svgChart({
        title: "Verifying: records a second against length",
        x,
        y: { label: "thousand records / s", scale: "linear" },
        series: series((runs) => median(runs.map(rateOf)) / 1000),
      }),
    },
    {
      name: "verify-memory",
      svg: svgChart({
        title: "Verifying: peak resident memory against length",
        x,
        y: { label: "MiB", scale: "linear" },
        series: series(memoryOf),
        level: { name: "goal: at most 150 MB", y: 150e6 / 2 ** 20 },
      }),
    },
  ];
}

function recordsOf([run]: readonly VerifyRun[]): number {
  return run?.ends.reduce((sum, { records }) => sum + records, 0) ?? Number.NaN;
}

function rateOf(run: VerifyRun): number {
  return recordsOf([run]) / run.seconds;
}

function memoryOf(runs: readonly VerifyRun[]): number {
  return median(runs.map(({ peakMiB }) => peakMiB));
}

/** `1000000` as `1 000 000`. */
function counted(value: number): string {
  return value.toFixed(0).replaceAll(/\B(?=(?:\d{3})+$)/g, " ");
}
