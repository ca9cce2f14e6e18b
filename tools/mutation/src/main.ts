/**
 * Mutation testing of the engine: changes the sources that decide, one place at a time, and demands
 * that a test notices. `--depth proof` runs every mutant and writes docs/proof/mutation.md; `--depth
 * ci` runs a seeded sample and demands only that no mutant of it survives without a reason.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "@proclaw/conformance";
import { instrument, type Mutant } from "./instrument.ts";
import { type Judged, judgeSurvivors, staleReasons } from "./reasons.ts";
import { renderReport } from "./report.ts";
import { runMutants } from "./run-mutants.ts";
import { State } from "./state.ts";
import { filesOf, PARTS, ROOT } from "./targets.ts";
import type { Result } from "./worker.ts";

const HELP = `usage: node --conditions @proclaw/source tools/mutation/src/main.ts [--depth ci|proof] [--files TEXT[,TEXT]] [--sample N] [--seed N] [--state FILE] [--compiler]

  --depth ci     a sample of the mutants (default)
  --depth proof  all mutants; writes docs/proof/mutation.md
  --files        only sources whose path holds one of the texts; writes nothing
  --sample N     how many mutants at depth ci (default 80)
  --seed N       which ones
  --compiler     the compiler's sources too, for which no score is demanded yet
  --state FILE   remembers what was killed, and takes it as killed where the source is the same
`;

/** The share of the decision path's mutants that are not equivalent and that some test must notice. */
const LEAST_SCORE = 0.95;

const { values } = parseArgs({
  options: {
    depth: { type: "string", default: "ci" },
    files: { type: "string" },
    sample: { type: "string", default: "80" },
    seed: { type: "string", default: "20261122" },
    state: { type: "string" },
    compiler: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help || (values.depth !== "ci" && values.depth !== "proof")) {
  process.stdout.write(HELP);
  process.exit(values.help ? 0 : 2);
}
const whole = values.depth === "proof" && values.files === undefined;
const DECIDING = PARTS[0];
const texts = values.files?.split(",");

const judged: Judged[] = [];
let ignored = 0;
for (const part of PARTS) {
  if (part !== DECIDING && !values.compiler && texts === undefined) continue;
  const files = filesOf(part).filter((file) => texts?.some((text) => file.includes(text)) ?? true);
  if (files.length === 0) continue;
  const instrumented = await instrument(files);
  ignored += instrumented.ignored;
  const chosen = values.depth === "ci" && texts === undefined ? sample(instrumented.mutants) : instrumented.mutants;
  const state = new State(values.state, instrumented.mutants);
  const results = new Map<number, Result>();
  for (const { id } of chosen) {
    const known = state.killed(id);
    if (known !== undefined) results.set(id, known);
  }
  const start = performance.now();
  const record = (id: number, result: Result): void => {
    results.set(id, result);
    state.set(id, result);
    if (results.size % 50 !== 0 && results.size !== chosen.length) return;
    state.save();
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    process.stdout.write(`${part.name}: ${results.size} of ${chosen.length} mutants, ${seconds} s\n`);
  };
  const left = chosen.filter(({ id }) => !results.has(id));
  if (left.length > 0)
    await runMutants(
      instrumented,
      left.map(({ id }) => id),
      record,
    );
  judged.push(...judgeSurvivors(part, chosen, results));
}

const open = judged.filter((one) => one.standing === "survived");
for (const { mutant } of open) {
  process.stdout.write(`survived: ${mutant.file}:${mutant.line} ${mutant.original} → ${mutant.replacement}\n`);
}
for (const part of PARTS) {
  const own = judged.filter((one) => one.part === part.name && one.standing !== "equivalent");
  if (own.length === 0) continue;
  const killed = own.filter((one) => one.standing !== "survived").length;
  const score = killed / own.length;
  // A sample may by chance hold more of the few that survive.
  const least = part === DECIDING ? LEAST_SCORE - (whole ? 0 : 0.05) : 0;
  process.stdout.write(`${part.name}: ${killed} of ${own.length} killed (${(score * 100).toFixed(1)} %)\n`);
  if (score < least) {
    process.stderr.write(`the score of the ${part.name} is below ${least * 100} %\n`);
    process.exitCode = 1;
  }
}
if (whole) {
  const stale = staleReasons(judged);
  for (const one of stale) process.stderr.write(`a reason for no survivor: ${one}\n`);
  if (stale.length > 0) process.exitCode = 1;
  const file = join(ROOT, "docs/proof/mutation.md");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, renderReport(judged, ignored));
}

function sample(mutants: readonly Mutant[]): readonly Mutant[] {
  return createRandom(Number(values.seed))
    .some(mutants, Number(values.sample), Number(values.sample))
    .sort((a, b) => a.id - b.id);
}
