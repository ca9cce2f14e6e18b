import type { ToolFacts } from "@proclaw/core";
import { z } from "zod";
import {
  DATA_CLASSES,
  JSON_TYPES,
  NETWORK_ZONES,
  type OperatorsDocument,
  type PolicyDocument,
  RATE_LIMIT_DIMENSIONS,
  type RateLimitDocument,
  type RuleDocument,
  URL_ZONES,
  WEEKDAYS,
} from "../policy.ts";

/*
 * The shapes of a policy for editors and for programs that write policies. They say which keys there
 * are and of which types; what a policy means, and whether it can be loaded, only `compile` says.
 */
/** Exactly the keys of the hand-written type: one too many or too few does not compile. */
type Shape<T> = { readonly [K in keyof Required<T>]: z.ZodType };

const text = z.string().min(1);
const texts = z.union([text, z.array(text).min(1)]);
const oneOrMore = <T extends z.ZodType>(item: T): z.ZodUnion<[T, z.ZodArray<T>]> =>
  z.union([item, z.array(item).min(1)]);
const hours = z
  .string()
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/)
  .describe("HH:MM-HH:MM, from the first minute up to but not including the second");
const duration = z
  .string()
  .regex(/^[0-9]{1,9}(ms|s|m|h|d)$/)
  .describe("a duration with its unit, such as 500ms, 5s, 1m, 1h");
const json = z.json();
const number = z
  .union([z.number(), z.string().regex(/^\$\{[^}]+\}$/)])
  .describe("a number, or a variable that holds one");

const window = z.union([
  hours,
  z.strictObject({ days: oneOrMore(z.enum(WEEKDAYS)).optional(), hours: oneOrMore(hours).optional() }),
]);
const windows = oneOrMore(window).describe("when the rule holds");

const operators: Shape<OperatorsDocument> = {
  equals: json,
  get not(): z.ZodType {
    return constraint;
  },
  one_of: z.array(json).min(1),
  none_of: z.array(json).min(1),
  regex: text.describe("over the whole value, unless search is true"),
  search: z.boolean().describe("whether a part of the value may match; deny and approval rules must say it"),
  glob: text.describe("* and ? do not cross a slash, ** does"),
  prefix: z.string(),
  suffix: z.string(),
  contains: json,
  gt: number,
  gte: number,
  lt: number,
  lte: number,
  length: z.union([z.int().min(0), z.strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).optional() })]),
  type: oneOrMore(z.enum(JSON_TYPES)),
  present: z.boolean(),
  absent: z.boolean(),
  path: z.strictObject({ within: texts.optional(), not_within: texts.optional(), extensions: texts.optional() }),
  url: z.strictObject({
    schemes: texts.optional(),
    hosts: texts.optional(),
    ports: oneOrMore(z.int().min(0).max(65_535)).optional(),
    paths: texts.optional(),
    zones: oneOrMore(z.enum(URL_ZONES)).optional(),
    userinfo: z.boolean().optional(),
  }),
  cidr: texts,
  email: z.strictObject({ domains: texts }),
  time_of_day: oneOrMore(hours),
  get every(): z.ZodType {
    return constraint;
  },
  get some(): z.ZodType {
    return constraint;
  },
};

export const operatorsShape: z.ZodObject = z.strictObject(operators).partial();

const constraint: z.ZodType = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json).min(1), operatorsShape]),
);

const zone = z
  .union([z.enum(NETWORK_ZONES), z.array(text).min(1)])
  .describe("none, internal, external, or hosts and CIDRs");

const constraints = z
  .object({ network: zone.optional(), time_window: windows.optional() })
  .catchall(constraint)
  .describe("by argument: a bare value, or operators");

const rateLimitShape: Shape<RateLimitDocument> = {
  limit: z.int().min(1).max(1_000_000_000),
  per: duration,
  by: z.enum(RATE_LIMIT_DIMENSIONS).optional(),
  algorithm: z.enum(["token_bucket", "sliding_window"]).optional(),
};

export const ruleShape: Shape<RuleDocument> = {
  name: text,
  id: text.optional(),
  description: text.optional(),
  tags: texts.optional(),
  default: z.literal(true).optional(),
  tool: texts.optional().describe("names, and globs such as fs.*"),
  effect: z.enum(["allow", "deny", "require_approval"]).optional(),
  allow: z.boolean().optional(),
  roles: texts.optional(),
  agents: texts.optional(),
  principals: texts.optional(),
  sessions: texts.optional(),
  constraints: constraints.optional(),
  time_window: windows.optional(),
  rate_limit: z.strictObject(rateLimitShape).optional(),
  mode: z.literal("audit").optional(),
  reason: text.optional().describe("told to the model"),
  data: oneOrMore(z.enum(DATA_CLASSES)).optional(),
  other_args: z.enum(["deny", "allow"]).optional(),
};

export const toolShape: Shape<ToolFacts> = {
  network: zone.optional(),
  timeout: duration.optional(),
  sandbox: text.optional(),
  reversible: z.boolean().optional(),
  undo: text.optional(),
  harmless_args: z.array(text).optional(),
  aliases: z.record(text, text).optional(),
  subject: text.optional(),
  hosts: z.array(text).optional(),
  output: z.strictObject({ max_bytes: z.int().min(0).optional(), keep_fields: z.array(text).optional() }).optional(),
  payload: z.enum(["inline", "ref", "sealed", "omitted"]).optional(),
};

export const policyShape: Shape<PolicyDocument> = {
  version: z.literal(1).optional(),
  name: text.optional(),
  description: text.optional(),
  mode: z.enum(["enforce", "audit"]).optional(),
  timezone: text.optional().describe("IANA name; UTC if absent"),
  extends: texts.optional(),
  variables: z.record(text, z.strictObject({ type: z.enum(JSON_TYPES), description: text.optional() })).optional(),
  roles: z.record(text, z.strictObject({ inherits: texts.optional(), description: text.optional() })).optional(),
  internal_domains: texts.optional(),
  tools: z.record(text, z.strictObject(toolShape)).optional(),
  rules: z.array(z.strictObject(ruleShape)),
};
