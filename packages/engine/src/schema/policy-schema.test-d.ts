/*
 * The zod shapes and the hand-written types have the same keys. `isolatedDeclarations` wants the
 * types written by hand, and a forgotten optional key is noticed by nothing else.
 */
import type { ToolFacts } from "@proclaw/core";
import type { OperatorsDocument, PolicyDocument, RateLimitDocument, RuleDocument } from "../policy.ts";
import type { operatorsKeys, policyShape, rateLimitShape, ruleShape, toolShape } from "./shapes.ts";

type Same<A extends PropertyKey, B extends PropertyKey> = [Exclude<A, B>, Exclude<B, A>] extends [never, never]
  ? true
  : false;

type Checks = [
  Same<keyof typeof policyShape, keyof PolicyDocument>,
  Same<keyof typeof ruleShape, keyof RuleDocument>,
  Same<keyof typeof rateLimitShape, keyof RateLimitDocument>,
  Same<keyof typeof toolShape, keyof ToolFacts>,
  Same<operatorsKeys, keyof OperatorsDocument>,
];

export const sameKeys: Checks = [true, true, true, true, true];
