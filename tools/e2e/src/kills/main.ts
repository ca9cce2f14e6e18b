/**
 * Kills a busy guard many times on one trail folder and judges after every kill. Exit status 0 only
 * if every restart verified, no tool ran without its durable decision, and nothing acknowledged was lost.
 *
 * options: --kills N, --seed N, --keep
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { judge, type Judgment } from "./judge.ts";
import { startAndKill } from "./kill.ts";
import { preparePlan, readKeys } from "./prepare.ts";
import { random } from "./random.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    keep: { type: "boolean", default: false },
  },
});
const kills = Number(values.kills);
const next = random(Number(values.seed));
const folder = await mkdtemp(join(tmpdir(), "proclaw-kills-"));
const began = performance.now();
try {
  const plan = await preparePlan(folder);
  let last: Judgment | null = null;
  for (let run = 0; run < kills; run++) {
    // Every fifth dies while it starts, and so perhaps while it recovers what its predecessor left.
    const delay = run > 0 && run % 5 === 4 ? -(20 + next() * 250) : next() * 150;
    await startAndKill(folder, plan, `r${run}`, delay);
    last = await judge(folder, await readKeys(folder));
    if (last.faults.length > 0) {
      process.stdout.write(`kill ${run + 1} (${delay.toFixed(0)} ms, seed ${values.seed}):\n`);
      for (const fault of last.faults.slice(0, 20)) process.stdout.write(`  ${fault}\n`);
      process.exitCode = 1;
      break;
    }
    if ((run + 1) % 20 === 0) {
      process.stdout.write(
        `${run + 1} kills: ${last.records} records, ${last.effects} effects, ${last.acknowledged} acknowledged, ` +
          `${last.recovered} recovered, ${((performance.now() - began) / 1000).toFixed(0)} s\n`,
      );
    }
  }
  if (last === null || last.effects === 0 || last.recovered === 0) {
    process.stdout.write("the guards did not work or nothing was ever interrupted: this run shows nothing\n");
    process.exitCode = 1;
  }
  if (process.exitCode === undefined) process.stdout.write(`${kills} passed, 0 failed\n`);
} finally {
  if (values.keep) process.stdout.write(`kept ${folder}\n`);
  else await rm(folder, { recursive: true, force: true });
}
