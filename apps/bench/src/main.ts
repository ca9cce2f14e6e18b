/** `bench`: runs every benchmark and writes docs/benchmarks.md. `--only decide,guard,append` runs some and prints. */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchAppend } from "./append.ts";
import { benchDecide } from "./decide.ts";
import { benchGuard } from "./guard.ts";

/** What a reader must know of a comparison. */
const ABOUT_DECIDE =
  "The hand-written candidate knows this one workload: it does nothing but what these rules need. `decide` also " +
  "checks the shape and size of the call, scans the arguments for cards and secrets (about 0.45 µs of each figure), " +
  "and returns a decision with reason and obligations. Both give the same answer for each of the 1 024 calls.\n\n";

const BENCHES = {
  decide: { title: "Deciding", run: async () => ABOUT_DECIDE + (await benchDecide()) },
  guard: { title: "The guard, without the flush", run: benchGuard },
  append: { title: "Appending to the trail", run: benchAppend },
} as const;

const { values } = parseArgs({ options: { only: { type: "string" } } });
const wanted = values.only?.split(",");
const parts: string[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted !== undefined && !wanted.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  parts.push(`## ${bench.title}\n\n${await bench.run()}`);
}
const text = `# Benchmarks

Written by \`npx -y pnpm@12.21.0 bench\`. Candidates run interleaved in one process and their answers are compared first; ratios are medians of the ratios within a round and are what counts, absolute times are noise on shared machines. Node ${process.versions.node}, ${process.platform} ${process.arch}, load average ${loadavg()[0]?.toFixed(2)}.

${parts.join("\n\n")}
`;
process.stdout.write(text);
if (wanted === undefined) writeFileSync(join(import.meta.dirname, "../../../docs/benchmarks.md"), text);
