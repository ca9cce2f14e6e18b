export {
  POLICY_SCHEMA_ID,
  policyJsonSchema,
  policySchema,
  ruleSchema,
  toolsFileJsonSchema,
  toolsFileSchema,
} from "./schema/policy-schema.ts";
