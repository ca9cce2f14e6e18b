import { readFile } from "node:fs/promises";
import { ProclawError } from "@proclaw/core";
import type { Logger, PolicyDecisionPoint, ToolCatalogue, ToolFacts } from "@proclaw/core";
import { createDecisionPoint, loadPlan, planSha256 } from "@proclaw/engine";
import type { Plan } from "@proclaw/engine";

/** Where the policy comes from: its source, or a plan with the digest that `proclaw compile` printed. */
export type PolicySource =
  | { readonly policyFile: string; readonly planFile?: never; readonly planSha256?: never }
  | { readonly policyFile?: never; readonly planFile: string; readonly planSha256: string };

export interface LoadedPolicy {
  readonly decisionPoint: PolicyDecisionPoint;
  /** What the guard has to know of the tools: what the host says, and what the policy says that no decision carries. */
  readonly tools: ToolCatalogue;
}

/** @throws ProclawError `invalid_policy` or `invalid_option` */
export async function loadPolicy(
  source: PolicySource,
  tools: ToolCatalogue,
  compileTimeoutMs: number,
  logger: Logger,
): Promise<LoadedPolicy> {
  const { policyFile, planFile, planSha256: expected } = source as Readonly<Record<string, unknown>>;
  if (typeof policyFile === "string" && planFile === undefined && expected === undefined) {
    // Whoever brings a plan need not load what starts processes.
    const { compilePolicyFile } = await import("./compile-policy.ts");
    const { plan, warnings } = await compilePolicyFile(policyFile, tools, compileTimeoutMs);
    if (warnings !== "") logger.info(warnings);
    return loaded(loadPlan(plan), tools);
  }
  if (policyFile !== undefined || typeof planFile !== "string" || typeof expected !== "string") {
    throw new ProclawError("invalid_option", "name either `policyFile`, or `planFile` and `planSha256`");
  }
  refuseCompileTimeFacts(tools);
  return loaded(await loadPlanFile(planFile, expected), tools);
}

/** From what keeps all of a payload in the trail to what keeps nothing. */
const PAYLOAD_MODES = ["inline", "ref", "sealed", "omitted"] as const;

/**
 * How a tool's payloads are kept is no part of a decision, so the policy's word on it reaches the
 * guard by way of the catalogue; the stricter holds.
 */
function loaded(plan: Plan, host: ToolCatalogue): LoadedPolicy {
  const tools = new Map<string, ToolFacts>(Object.entries(host));
  for (const [tool, { payload }] of Object.entries(plan.tools)) {
    const facts = tools.get(tool);
    if (payload === null || PAYLOAD_MODES.indexOf(payload) <= PAYLOAD_MODES.indexOf(facts?.payload ?? "inline"))
      continue;
    tools.set(tool, { ...facts, payload });
  }
  return { decisionPoint: createDecisionPoint(plan), tools: Object.fromEntries(tools) };
}

/** What the guard itself heeds; everything else of a catalogue went into the plan or has no effect. */
const GUARD_FACTS: ReadonlySet<string> = new Set(["timeout", "output", "sandbox", "payload"]);

/** A plan is compiled already: `reversible: false` stated now would silently protect nothing. */
function refuseCompileTimeFacts(tools: ToolCatalogue): void {
  for (const [tool, facts] of Object.entries(tools)) {
    const late = Object.keys(facts).find((name) => !GUARD_FACTS.has(name));
    if (late === undefined) continue;
    throw new ProclawError(
      "invalid_option",
      `\`tools\`, \`${tool}\`: \`${late}\` counts when the policy is compiled; pass it to \`proclaw compile --tools\``,
    );
  }
}

/** INVARIANT (a plan decides, so it is trusted like the policy): a plan file counts only with its digest. */
async function loadPlanFile(file: string, expected: string): Promise<Plan> {
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
