import { readFile } from "node:fs/promises";
import { ProclawError } from "@proclaw/core";
import type { Logger, PolicyDecisionPoint, ToolCatalogue } from "@proclaw/core";
import { createDecisionPoint, loadPlan, planSha256 } from "@proclaw/engine";
import { compilePolicyFile } from "./compile-policy.ts";

/** Where the policy comes from: its source, or a plan with the digest that `proclaw compile` printed. */
export type PolicySource =
  | { readonly policyFile: string; readonly planFile?: never; readonly planSha256?: never }
  | { readonly policyFile?: never; readonly planFile: string; readonly planSha256: string };

/** @throws ProclawError `invalid_policy` or `invalid_option` */
export async function loadPolicy(
  source: PolicySource,
  tools: ToolCatalogue | undefined,
  compileTimeoutMs: number,
  logger: Logger,
): Promise<PolicyDecisionPoint> {
  const { policyFile, planFile, planSha256: expected } = source as Readonly<Record<string, unknown>>;
  if (typeof policyFile === "string" && planFile === undefined && expected === undefined) {
    const { plan, warnings } = await compilePolicyFile(policyFile, tools, compileTimeoutMs);
    if (warnings !== "") logger.info(warnings);
    return createDecisionPoint(loadPlan(plan));
  }
  if (policyFile !== undefined || typeof planFile !== "string" || typeof expected !== "string") {
    throw new ProclawError("invalid_option", "name either `policyFile`, or `planFile` and `planSha256`");
  }
  return createDecisionPoint(await loadPlanFile(planFile, expected));
}

/** INVARIANT (a plan decides, so it is trusted like the policy): a plan file counts only with its digest. */
async function loadPlanFile(file: string, expected: string): Promise<ReturnType<typeof loadPlan>> {
  let data: unknown;
  try {
    data = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "is not JSON" : "cannot be read";
    throw new ProclawError("invalid_policy", `the plan \`${file}\` ${why}`, { cause: error });
  }
  const plan = loadPlan(data);
  if (planSha256(plan) !== expected.toLowerCase()) {
    throw new ProclawError("invalid_policy", `the plan \`${file}\` has another digest than \`planSha256\` says`);
  }
  return plan;
}
