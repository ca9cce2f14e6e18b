export {
  policyJsonSchema,
  policySchema,
  ruleSchema,
  toolsFileJsonSchema,
  toolsFileSchema,
} from "./schema/policy-schema.ts";
