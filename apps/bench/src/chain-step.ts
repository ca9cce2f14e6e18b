import { table, type Measured } from "./measure.ts";
import type { BenchContext } from "./part.ts";
import { runScript } from "./run-script.ts";

/** The parts of `@proclaw/audit` that make a record are its own, so its bench measures them. */
const SCRIPT = new URL("../../../packages/audit/src/seal.bench.ts", import.meta.url);

/** Making the next record of a chain, without writing it. */
export async function chainStepSection(bench: BenchContext): Promise<string> {
  const { bytes, measured, faster } = (await runScript(SCRIPT, ["--json", String(bench.pick(31, 3))])) as {
    readonly bytes: number;
    readonly measured: readonly Measured[];
    readonly faster: number;
  };
  return [
    "### The chain step, without writing",
    `An event to its canonical line of ${bytes} bytes and its leaf hash. Both make the same bytes and the same leaf of 1 000 events first. Times are CPU; \`seal\` is ${faster.toFixed(2)} times as fast (goal: at least 2.5).`,
    table(measured, "µs CPU"),
  ].join("\n\n");
}
