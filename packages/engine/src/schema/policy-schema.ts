import type { ToolCatalogue } from "@proclaw/core";
import { z } from "zod";
import type { PolicyDocument, RuleDocument } from "../policy.ts";
import { policyShape, ruleShape, toolShape } from "./shapes.ts";

/** Shape of one rule. */
export const ruleSchema: z.ZodType<RuleDocument> = z.strictObject(ruleShape) as unknown as z.ZodType<RuleDocument>;

/** Shape of a policy. Passing it does not mean that the policy loads: `compile` says that. */
export const policySchema: z.ZodType<PolicyDocument> = z.strictObject(
  policyShape,
) as unknown as z.ZodType<PolicyDocument>;

/** Shape of a `--tools` file. */
export const toolsFileSchema: z.ZodType<{ tools: ToolCatalogue }> = z.strictObject({
  tools: z.record(z.string(), z.strictObject(toolShape)),
}) as unknown as z.ZodType<{ tools: ToolCatalogue }>;

/** JSON Schema (draft 2020-12) of a policy, for editors. */
export function policyJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(policySchema, { io: "input" });
}

/** JSON Schema of a `--tools` file. */
export function toolsFileJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(toolsFileSchema, { io: "input" });
}
