import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chainStepSection } from "./chain-step.ts";
import type { BenchContext, BenchResult } from "./part.ts";
import { inScratchFolder } from "./scratch-folder.ts";
import { callersSection } from "./trail-callers.ts";
import { durableSection } from "./trail-durable.ts";

/** Writing the trail: one caller, many callers, and the chain step alone. */
export async function benchTrail(bench: BenchContext): Promise<BenchResult> {
  return await inScratchFolder(async (scratch) => {
    const folder = (name: string): string => {
      const path = join(scratch, name);
      mkdirSync(path);
      return path;
    };
    bench.say("a durable record against a bare write + fdatasync");
    const durable = await durableSection(bench, folder("durable"));
    const callers = await callersSection(bench, folder("callers"));
    bench.say("the chain step against `canonicalize` + createHash");
    const step = await chainStepSection(bench);
    return { markdown: [durable, callers.text, step].join("\n\n"), plots: callers.plots };
  });
}
