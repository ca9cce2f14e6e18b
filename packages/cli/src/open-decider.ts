import type { DecisionRequest } from "@proclaw/core";
import type { Plan } from "@proclaw/engine";
import type { CliIo } from "./cli-io.ts";
import { Decider } from "./decider.ts";
import { loadPlanFor } from "./plan-source.ts";
import type { PolicyOptions } from "./program.ts";
import { painter } from "./style.ts";

/** More buckets than a guard needs, since one run may replay the calls of a whole fleet; about 100 MB at the very most. */
const LIMITER_MEMORY = { maxEntries: 1_000_000 };

/** A decider over the policy that the options name, with rate limits in memory. */
export async function openDecider(
  io: CliIo,
  options: PolicyOptions,
): Promise<{ readonly decider: Decider; readonly plan: Plan }> {
  const plan = await loadPlanFor(io, options);
  const { createDecisionPoint, lexicalPath, pathsToResolve } = await import("@proclaw/engine");
  const { createMemoryRateLimiter } = await import("@proclaw/runtime");
  if (plan.policy.mode === "audit") {
    const paint = painter(io.stderr, io.env);
    await io.stderr.write(`${paint("warn", "warning")}: the policy is in audit mode: it lets everything pass\n`);
  }
  const assumed = ({ call, context }: DecisionRequest): [string, string][] =>
    pathsToResolve(plan, call).flatMap((path): [string, string][] => {
      const resolved = lexicalPath(path, context.working_directory);
      // One that cannot be read is left out: the decision then says so.
      return resolved === null ? [] : [[path, resolved]];
    });
  const names = new Map(plan.rules.map((rule) => [rule.id, rule.name]));
  return {
    plan,
    decider: new Decider({
      point: createDecisionPoint(plan),
      limiter: createMemoryRateLimiter(LIMITER_MEMORY),
      ruleName: (id) => names.get(id) ?? null,
      clock: () => Date.now(),
      assumedPaths: options.assumeLexicalPaths === true ? assumed : null,
    }),
  };
}
