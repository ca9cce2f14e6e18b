import type { Plan } from "@proclaw/engine";
import { CliError } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";
import { readSmallFile } from "./files.ts";
import { loadPolicyFile, loadToolsFile, printDiagnostics } from "./policy-file.ts";
import type { PolicyOptions } from "./program.ts";
import { decodeUtf8, parseStrictJson } from "./strict-json.ts";

/**
 * The plan that `--policy` (with `--tools`) or `--plan` (with `--plan-sha256`) names. Throws
 * `invalid_policy` if it cannot load, after the findings went to standard error.
 */
export async function loadPlanFor(io: CliIo, options: PolicyOptions): Promise<Plan> {
  if (options.plan !== undefined) return loadPlanFile(io, options.plan, options.planSha256);
  if (options.planSha256 !== undefined) throw new CliError("invalid_option", "--plan-sha256 goes with --plan");
  if (options.policy === undefined) {
    throw new CliError("invalid_option", "no policy is named", { hint: "pass --policy FILE" });
  }
  return compilePolicy(io, options.policy, options.tools);
}

/** Compiles a policy file; errors go to standard error and end in `invalid_policy`. */
export async function compilePolicy(io: CliIo, file: string, toolsFile: string | undefined): Promise<Plan> {
  const tools = await loadToolsFile(io, toolsFile);
  const { result, sources } = await loadPolicyFile(io, file, tools);
  if (result.ok) return result.plan;
  const errors = result.diagnostics.filter(({ severity }) => severity === "error");
  await printDiagnostics(io, io.stderr, errors, sources);
  throw new CliError("invalid_policy", `policy \`${file}\` cannot be loaded`, {
    hint: `see all findings with \`proclaw lint ${file}\``,
  });
}

async function loadPlanFile(io: CliIo, file: string, expected: string | undefined): Promise<Plan> {
  // INVARIANT (a plan decides, so it is trusted like the policy): a plan file counts only with its digest.
  if (expected === undefined) {
    throw new CliError("invalid_option", "--plan needs --plan-sha256", {
      hint: "pass the digest that `proclaw compile` printed",
    });
  }
  const bytes = await readSmallFile(io, file, "plan", "invalid_policy");
  const { loadPlan, planSha256 } = await import("@proclaw/engine");
  const plan = loadPlan(parseStrictJson(decodeUtf8(bytes)));
  if (planSha256(plan) !== expected.toLowerCase()) {
    throw new CliError("invalid_policy", `plan \`${file}\` has another digest than --plan-sha256 says`);
  }
  return plan;
}
