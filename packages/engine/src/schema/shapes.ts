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
const word = z
  .string()
  .regex(/^[A-Za-z0-9_@%:,./][A-Za-z0-9_@%+=:,./-]*$/)
  .describe("one literal word of a command");
const option = z
  .string()
  .regex(/^[-+][A-Za-z0-9_@%+=:,./-]*$/)
  .describe("one literal option of a command; --name= stands for every value");
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
  equals: json.describe("equal to this value, deeply; any text stands for itself"),
  get not(): z.ZodType {
    return constraint.describe("does not satisfy this bare value or these operators");
  },
  one_of: z.array(json).min(1).describe("one of these values"),
  none_of: z.array(json).min(1).describe("none of these values"),
  regex: text.describe("matches, over the whole value unless search is true; no look-around, no back-references"),
  search: z
    .boolean()
    .describe("with regex: whether a part of the value may match; deny and approval rules must say it"),
  glob: text.describe("matches: * and ? do not cross a slash, ** does"),
  prefix: z.string().describe("begins with"),
  suffix: z.string().describe("ends with"),
  contains: json.describe("contains this text, or is a list with this element"),
  gt: number.describe("a number above"),
  gte: number.describe("a number from"),
  lt: number.describe("a number below"),
  lte: number.describe("a number up to"),
  length: z
    .union([z.int().min(0), z.strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).optional() })])
    .describe("characters of a text or items of a list: a number, or min and max"),
  type: oneOrMore(z.enum(JSON_TYPES)).describe("of this JSON type"),
  present: z.boolean().describe("the argument is there"),
  absent: z.boolean().describe("the argument is not there"),
  path: z
    .strictObject({
      within: texts.optional().describe("absolute folders, or a variable that holds one"),
      not_within: texts.optional().describe("absolute folders, or a variable that holds one"),
      extensions: texts.optional().describe("ends of the file's name, such as .md"),
    })
    .describe("a file's path: judged by its text and by where it really leads"),
  url: z
    .strictObject({
      schemes: texts.optional().describe("such as https"),
      hosts: texts.optional().describe("exact names, or *.example.org for every name below"),
      ports: oneOrMore(z.int().min(0).max(65_535)).optional(),
      paths: texts.optional().describe("globs"),
      zones: oneOrMore(z.enum(URL_ZONES)).optional().describe("where the host's address lies"),
      userinfo: z.boolean().optional().describe("true: a user name in the URL is not refused"),
    })
    .describe("an absolute URL; all that is named must hold"),
  cidr: texts.describe("an IP address in one of these ranges"),
  email: z.strictObject({ domains: texts }).describe("an address at one of these domains"),
  time_of_day: oneOrMore(hours).describe("a time, or a date and time, within these hours"),
  command: z
    .strictObject({
      programs: oneOrMore(word).describe("literally the first word; in deny rules its file name is enough"),
      subcommands: oneOrMore(word).optional().describe("literally the second word"),
      options: oneOrMore(option)
        .optional()
        .describe("allow rules: the words with - or + in front that may follow; none if left out"),
      operands: z.boolean().optional().describe("allow rules: true lets any other words follow; none if left out"),
      allow_wrappers: z
        .boolean()
        .optional()
        .describe("true: programs may name shells, interpreters, env, sudo, … and so allow all they can run"),
    })
    .describe("a command of plain words: no quotes, expansions, operators; a first version, and no sandbox"),
  get every(): z.ZodType {
    return constraint.describe("a list that is not empty, and every item satisfies this");
  },
  get some(): z.ZodType {
    return constraint.describe("a list, and some item satisfies this");
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
  limit: z.int().min(1).max(1_000_000_000).describe("how many calls"),
  per: duration,
  by: z.enum(RATE_LIMIT_DIMENSIONS).optional().describe("whose calls share a limit; all calls of the rule, if absent"),
  algorithm: z.enum(["token_bucket", "sliding_window"]).optional().describe("token_bucket if absent"),
};

export const ruleShape: Shape<RuleDocument> = {
  name: text.describe("the rule's own name; it stands in decisions and in the trail"),
  id: text.optional().describe("the name, if absent"),
  description: text.optional(),
  tags: texts.optional(),
  default: z.literal(true).optional().describe("names the ordinary outcome: default: true, allow: false"),
  tool: texts.optional().describe("names, and globs such as fs.*; every rule but the default rule needs it"),
  effect: z.enum(["allow", "deny", "require_approval"]).optional().describe("allow if absent"),
  allow: z.boolean().optional().describe("short for effect: allow and effect: deny"),
  roles: texts.optional().describe("the caller has one of these roles, or one that inherits it"),
  agents: texts.optional().describe("the agent is one of these"),
  principals: texts.optional().describe("the call is on behalf of one of these"),
  sessions: texts.optional().describe("the session is one of these"),
  constraints: constraints.optional(),
  time_window: windows.optional(),
  rate_limit: z.strictObject(rateLimitShape).optional().describe("how often the rule may grant"),
  mode: z.literal("audit").optional().describe("deny and approval rules only: the rule has no part in the verdict"),
  reason: text.optional().describe("told to the model"),
  data: oneOrMore(z.enum(DATA_CLASSES)).optional().describe("data classes that this rule lets pass"),
  other_args: z
    .enum(["deny", "allow"])
    .optional()
    .describe("whether arguments without a condition may be there; deny if absent"),
};

export const toolShape: Shape<ToolFacts> = {
  network: zone.optional(),
  timeout: duration.optional(),
  sandbox: text.optional().describe("a profile of the sandbox; none is no confinement"),
  reversible: z.boolean().optional().describe("false, and no undo: every call needs approval"),
  undo: text.optional().describe("the tool that undoes this one"),
  harmless_args: z.array(text).optional().describe("arguments that need no condition"),
  aliases: z.record(text, text).optional().describe("by alias: the canonical argument"),
  subject: text.optional().describe("the argument that names the data subject"),
  hosts: z.array(text).optional().describe("arguments that hold a host or an address"),
  output: z
    .strictObject({ max_bytes: z.int().min(0).optional(), keep_fields: z.array(text).optional() })
    .optional()
    .describe("what of the output may pass back"),
  payload: z
    .enum(["inline", "ref", "sealed", "omitted"])
    .optional()
    .describe("how the trail keeps arguments and results"),
};

export const policyShape: Shape<PolicyDocument> = {
  version: z.literal(1).optional(),
  name: text.optional().describe("the policy's id in the trail"),
  description: text.optional(),
  mode: z.enum(["enforce", "audit"]).optional().describe("audit: calls pass, and the trail says what would have been"),
  timezone: text.optional().describe("IANA name, such as Europe/Madrid; UTC if absent"),
  extends: texts.optional().describe("files, and built-in templates as template:<name>"),
  variables: z
    .record(text, z.strictObject({ type: z.enum(JSON_TYPES), description: text.optional() }))
    .optional()
    .describe("names that stand as ${name} in rules; the host gives their values"),
  roles: z
    .record(text, z.strictObject({ inherits: texts.optional(), description: text.optional() }))
    .optional()
    .describe("by name"),
  internal_domains: texts.optional().describe("domains whose names count as internal"),
  tools: z.record(text, z.strictObject(toolShape)).optional().describe("what is known of each tool, by exact name"),
  rules: z.array(z.strictObject(ruleShape)).describe("their order has no effect; what no rule allows is denied"),
};
