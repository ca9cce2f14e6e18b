/**
 * Kills a busy guard many times, again and again on the same trail, and judges after every kill. Exit status 0 only
 * if every restart verified (under the trail's first key, however often that was changed), no tool ran without its
 * durable decision, and nothing acknowledged was lost.
 *
 * options: --kills N, --seed N, --keep
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { judge, type Judgment } from "./judge.ts";
import { startAndKill } from "./kill.ts";
import { beginRotation, preparePlan, readFirstKey } from "./prepare.ts";
import { random } from "./random.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    keep: { type: "boolean", default: false },
  },
});
/** Kills on one trail; then a new folder, because every judgment reads the whole trail again. */
const KILLS_PER_TRAIL = 50;

const kills = Number(values.kills);
if (!Number.isSafeInteger(kills) || kills < 1) {
  process.stderr.write("kills: `--kills` is not a count\n");
  process.exit(2);
}
const next = random(Number(values.seed));
const began = performance.now();
const sum = { kills: 0, rotations: 0, records: 0, effects: 0, acknowledged: 0, recovered: 0 };
while (sum.kills < kills && process.exitCode === undefined) {
  const folder = await mkdtemp(join(tmpdir(), "proclaw-kills-"));
  try {
    await killOnOneTrail(folder, Math.min(KILLS_PER_TRAIL, kills - sum.kills));
  } finally {
    if (values.keep) process.stdout.write(`kept ${folder}\n`);
    else await rm(folder, { recursive: true, force: true });
  }
}
if (process.exitCode === undefined && (sum.effects === 0 || sum.recovered === 0)) {
  process.stdout.write("the guards did not work or nothing was ever interrupted: this run shows nothing\n");
  process.exitCode = 1;
}
if (process.exitCode === undefined) process.stdout.write(`${kills} passed, 0 failed\n`);

async function killOnOneTrail(folder: string, count: number): Promise<void> {
  const plan = await preparePlan(folder);
  let last: Judgment | null = null;
  for (let run = 0; run < count; run++) {
    // Every fifth dies while it starts, and so perhaps while it recovers what its predecessor left.
    const delay = run > 0 && run % 5 === 4 ? -(20 + next() * 250) : next() * 150;
    // Every seventh is to change the signing key while it starts.
    if (run % 7 === 3 && (await beginRotation(folder))) sum.rotations++;
    await startAndKill(folder, plan, `r${run}`, delay);
    last = await judge(folder, await readFirstKey(folder));
    sum.kills++;
    if (last.faults.length > 0) {
      process.stdout.write(`kill ${sum.kills} (${delay.toFixed(0)} ms, seed ${values.seed}):\n`);
      for (const fault of last.faults.slice(0, 20)) process.stdout.write(`  ${fault}\n`);
      process.exitCode = 1;
      return;
    }
  }
  sum.records += last?.records ?? 0;
  sum.effects += last?.effects ?? 0;
  sum.acknowledged += last?.acknowledged ?? 0;
  sum.recovered += last?.recovered ?? 0;
  process.stdout.write(
    `${sum.kills} kills: ${sum.records} records, ${sum.effects} effects, ${sum.acknowledged} acknowledged, ` +
      `${sum.recovered} recovered, ${sum.rotations} key changes, ${((performance.now() - began) / 1000).toFixed(0)} s\n`,
  );
}
