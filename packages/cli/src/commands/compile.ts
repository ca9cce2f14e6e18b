import { canonicalJson } from "@proclaw/core";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { writeWhole } from "../files.ts";
import { compilePolicy } from "../plan-source.ts";
import { printable } from "../printable.ts";

export interface CompileOptions {
  readonly output: string;
  readonly tools?: string;
  readonly json?: boolean;
}

/** Compiles a policy; the file holds the plan's canonical bytes, so `sha256sum` prints its digest too. */
export async function compile(io: CliIo, file: string, options: CompileOptions): Promise<number> {
  const plan = await compilePolicy(io, file, options.tools);
  const { planSha256 } = await import("@proclaw/engine");
  const sha256 = planSha256(plan);
  await writeWhole(io, options.output, canonicalJson(plan), { what: "plan", replace: true });
  await io.stdout.write(
    options.json === true
      ? `${JSON.stringify({ v: 1, file: options.output, plan_sha256: sha256, policy_sha256: plan.policy.sha256 })}\n`
      : `${sha256}  ${printable(options.output)}\n`,
  );
  return EXIT.ok;
}
