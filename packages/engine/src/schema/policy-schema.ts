import type { ToolCatalogue } from "@proclaw/core";
import { z } from "zod";
import { POLICY_VERSION, type PolicyDocument, type RuleDocument } from "../policy.ts";
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

/**
 * The address of the JSON Schema, with the version of the policy language that it describes. What is
 * published there never changes but for keys that the same version gains.
 */
export const POLICY_SCHEMA_ID: string = `https://proclaw.dev/schema/policy/v${POLICY_VERSION}.json`;

/** JSON Schema (draft 2020-12) of a policy, for editors; the file `schema/policy.v1.json` is its text. */
export function policyJsonSchema(): Record<string, unknown> {
  const { $schema, ...shape } = z.toJSONSchema(policySchema, { io: "input" });
  return {
    $schema,
    $id: POLICY_SCHEMA_ID,
    title: `ProClaw policy, version ${POLICY_VERSION}`,
    ...shape,
  };
}

/** JSON Schema of a `--tools` file. */
export function toolsFileJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(toolsFileSchema, { io: "input" });
}
