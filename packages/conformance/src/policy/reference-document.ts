import type { JsonObject, JsonValue } from "@proclaw/core";
import { refuseCommand } from "./reference-command.ts";

/** The policy cannot load; everything is denied. */
export class LoadError extends Error {}

/** One operator of a constraint, after reading the bare forms. */
export interface Operator {
  readonly name: string;
  readonly operand: JsonValue;
}

export interface Condition {
  /** Names from the arguments downwards; array indexes only in JSON Pointers. */
  readonly path: readonly string[];
  /** A JSON Pointer walks arrays too, a dotted path does not. */
  readonly pointer: boolean;
  readonly operators: readonly Operator[];
}

export interface RateLimit {
  readonly limit: number;
  readonly per_ms: number;
  readonly algorithm: "token_bucket" | "sliding_window";
}

export interface Rule {
  readonly id: string;
  readonly name: string;
  readonly effect: "allow" | "deny" | "require_approval";
  readonly tools: readonly string[];
  readonly roles: readonly string[] | null;
  readonly agents: readonly string[] | null;
  readonly principals: readonly string[] | null;
  readonly sessions: readonly string[] | null;
  readonly conditions: readonly Condition[];
  readonly windows: readonly JsonValue[] | null;
  readonly network: JsonValue | undefined;
  readonly rateLimit: RateLimit | null;
  readonly audit: boolean;
  readonly reason: string | null;
  readonly data: readonly string[];
  readonly otherArgs: boolean;
}

export interface Document {
  readonly audit: boolean;
  readonly timezone: string;
  readonly variables: JsonObject;
  readonly roles: JsonObject;
  readonly tools: JsonObject;
  readonly internalDomains: readonly string[];
  readonly rules: readonly Rule[];
  /** Name of the `default: true` rule. */
  readonly defaultName: string | null;
  /** `default: true, allow: true`, which only a policy in audit mode may have. */
  readonly defaultAllows: boolean;
}

const TOP_LEVEL = "version name description mode timezone extends variables roles tools rules internal_domains".split(
  " ",
);
const RULE_KEYS =
  "name id tool effect allow roles agents principals sessions constraints time_window rate_limit mode reason data other_args description tags default".split(
    " ",
  );
const TOOL_KEYS = "network timeout sandbox reversible undo harmless_args aliases subject hosts output payload".split(
  " ",
);
export const OPERATORS: readonly string[] =
  "equals not one_of none_of regex search glob prefix suffix contains gt gte lt lte length type present absent path url cidr email time_of_day command every some".split(
    " ",
  );
const TYPES = ["string", "number", "boolean", "null", "array", "object"];

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function member(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function refuseUnknownKeys(object: JsonObject, known: readonly string[], where: string): void {
  for (const key of Object.keys(object))
    if (!known.includes(key)) throw new LoadError(`unknown key ${key} in ${where}`);
}

function strings(value: JsonValue | undefined, where: string): readonly string[] | null {
  if (value === undefined) return null;
  const list = typeof value === "string" ? [value] : value;
  if (!isArray(list) || list.length === 0 || !list.every((item) => typeof item === "string")) {
    throw new LoadError(`${where}: expected a name or a list of names`);
  }
  return list;
}

export function readDocument(raw: JsonValue): Document {
  if (!isObject(raw)) throw new LoadError("expected a mapping");
  refuseUnknownKeys(raw, TOP_LEVEL, "the policy");
  const version = member(raw, "version") ?? 1;
  if (version !== 1) throw new LoadError("unknown version");
  const mode = member(raw, "mode") ?? "enforce";
  if (mode !== "enforce" && mode !== "audit") throw new LoadError("mode");
  const timezone = member(raw, "timezone") ?? "UTC";
  if (typeof timezone !== "string") throw new LoadError("timezone");
  try {
    Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch {
    throw new LoadError("unknown timezone");
  }
  const rawRules = member(raw, "rules");
  if (!isArray(rawRules)) throw new LoadError("rules: expected a list");
  const rules: Rule[] = [];
  const names = new Set<string>();
  let defaultName: string | null = null;
  let defaultAllows = false;
  for (const rawRule of rawRules) {
    if (!isObject(rawRule)) throw new LoadError("a rule is a mapping");
    refuseUnknownKeys(rawRule, RULE_KEYS, "a rule");
    const name = member(rawRule, "name");
    if (typeof name !== "string") throw new LoadError("a rule needs a name");
    if (names.has(name)) throw new LoadError(`duplicate name ${name}`);
    names.add(name);
    if (member(rawRule, "default") === true) {
      if (effectOf(rawRule) !== "deny" && mode !== "audit") throw new LoadError("default: true, allow: true");
      if (defaultName !== null) throw new LoadError("two default rules");
      defaultName = name;
      defaultAllows = effectOf(rawRule) !== "deny";
    } else rules.push(readRule(rawRule, name));
  }
  const tools = mapping(member(raw, "tools"), "tools");
  for (const tool of Object.values(tools)) readToolFacts(tool);
  return {
    audit: mode === "audit",
    timezone,
    variables: mapping(member(raw, "variables"), "variables"),
    roles: mapping(member(raw, "roles"), "roles"),
    tools,
    internalDomains: strings(member(raw, "internal_domains"), "internal_domains") ?? [],
    rules,
    defaultName,
    defaultAllows,
  };
}

function mapping(value: JsonValue | undefined, where: string): JsonObject {
  if (value === undefined) return {};
  if (!isObject(value)) throw new LoadError(`${where}: expected a mapping`);
  return value;
}

export function readToolFacts(tool: JsonValue): JsonObject {
  if (!isObject(tool)) throw new LoadError("tools: expected a mapping");
  refuseUnknownKeys(tool, TOOL_KEYS, "a tool");
  return tool;
}

/** `effect: …`, or `allow: true|false`; a seed rule with neither allows. "`effect` together with `allow`: load error" */
function effectOf(rule: JsonObject): "allow" | "deny" | "require_approval" {
  const effect = member(rule, "effect");
  const allow = member(rule, "allow");
  if (effect !== undefined && allow !== undefined) throw new LoadError("effect together with allow");
  if (allow !== undefined && typeof allow !== "boolean") throw new LoadError("allow");
  if (effect === undefined) return allow === false ? "deny" : "allow";
  if (effect !== "allow" && effect !== "deny" && effect !== "require_approval") throw new LoadError("effect");
  return effect;
}

function readRule(rule: JsonObject, name: string): Rule {
  const effect = effectOf(rule);
  const tools = strings(member(rule, "tool"), "tool");
  if (tools === null) throw new LoadError("a rule needs a tool");
  const constraints = mapping(member(rule, "constraints"), "constraints");
  const windows: JsonValue[] = [];
  let network: JsonValue | undefined;
  const conditions: Condition[] = [];
  for (const [key, raw] of Object.entries(constraints)) {
    if (key === "network") network = raw;
    else if (key === "time_window") windows.push(raw);
    else conditions.push({ ...readPath(key), operators: readConstraint(raw, effect !== "allow") });
  }
  const ruleWindow = member(rule, "time_window");
  if (ruleWindow !== undefined) windows.push(ruleWindow);
  const mode = member(rule, "mode") ?? "enforce";
  if (mode === "audit" && effect === "allow") throw new LoadError("mode: audit on an allow rule");
  const id = member(rule, "id");
  return {
    id: typeof id === "string" ? id : name,
    name,
    effect,
    tools,
    roles: strings(member(rule, "roles"), "roles"),
    agents: strings(member(rule, "agents"), "agents"),
    principals: strings(member(rule, "principals"), "principals"),
    sessions: strings(member(rule, "sessions"), "sessions"),
    conditions,
    windows: windows.length === 0 ? null : windows,
    network,
    rateLimit: readRateLimit(member(rule, "rate_limit")),
    audit: mode === "audit",
    reason: (member(rule, "reason") as string | undefined) ?? null,
    data: strings(member(rule, "data"), "data") ?? [],
    otherArgs: member(rule, "other_args") === "allow",
  };
}

function readRateLimit(raw: JsonValue | undefined): RateLimit | null {
  if (raw === undefined) return null;
  if (!isObject(raw)) throw new LoadError("rate_limit");
  return {
    limit: raw["limit"] as number,
    per_ms: milliseconds(raw["per"] as string | number),
    algorithm: (raw["algorithm"] as "sliding_window" | undefined) ?? "token_bucket",
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `5s`, `1m`, or milliseconds. */
export function milliseconds(raw: string | number): number {
  if (typeof raw === "number") return raw;
  const parts = /^(\d+)(ms|s|m|h|d)$/.exec(raw);
  if (parts === null) throw new LoadError("duration");
  return Number(parts[1]) * (UNITS[parts[2] as string] as number);
}

/** "dotted path or JSON Pointer"; `args.time_window` and `args.network` reach arguments of those names. */
function readPath(key: string): { path: readonly string[]; pointer: boolean } {
  if (key.startsWith("/")) {
    const path = key
      .slice(1)
      .split("/")
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    return { path, pointer: true };
  }
  const path = key.split(".");
  const reserved = path[0] === "args" && (path[1] === "time_window" || path[1] === "network");
  return { path: reserved ? path.slice(1) : path, pointer: false };
}

/** "How a bare constraint value is read" */
export function readConstraint(raw: JsonValue, restricts: boolean): readonly Operator[] {
  if (typeof raw === "string") return [readBareString(raw)];
  if (isArray(raw)) return [{ name: "one_of", operand: raw }];
  if (!isObject(raw)) return [{ name: "equals", operand: raw }];
  refuseUnknownKeys(raw, OPERATORS, "a constraint");
  if (Object.keys(raw).length === 0) throw new LoadError("an empty constraint");
  if (Object.hasOwn(raw, "search") && !Object.hasOwn(raw, "regex")) throw new LoadError("search without regex");
  return Object.entries(raw)
    .filter(([name]) => name !== "search")
    .map(([name, operand]) => readOperator(name, operand, raw, restricts));
}

function readOperator(name: string, operand: JsonValue, mappingOf: JsonObject, restricts: boolean): Operator {
  switch (name) {
    case "regex":
      if (typeof operand !== "string") throw new LoadError("regex: expected a string");
      if (operand.includes("${")) throw new LoadError("a pattern that contains a variable");
      refuseIrregular(operand);
      if (restricts && !Object.hasOwn(mappingOf, "search")) throw new LoadError("regex without search in a deny rule");
      return { name, operand: [operand, mappingOf["search"] === true] };
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      if (typeof operand !== "number" && !(typeof operand === "string" && WHOLE_VARIABLE.test(operand))) {
        throw new LoadError(`${name}: expected a number`);
      }
      return { name, operand };
    case "one_of":
    case "none_of":
      if (!isArray(operand)) throw new LoadError(`${name}: expected a list`);
      return { name, operand };
    case "present":
    case "absent":
      if (typeof operand !== "boolean") throw new LoadError(`${name}: expected true or false`);
      return { name, operand };
    case "type":
      if (!(isArray(operand) ? operand : [operand]).every((type) => TYPES.includes(type as string)))
        throw new LoadError("type: expected a JSON type");
      return { name, operand };
    case "command":
      refuseCommand(operand, restricts);
      return { name, operand };
    case "time_of_day":
      if (![operand].flat().every((hours) => typeof hours === "string" && HOURS.test(hours)))
        throw new LoadError("time_of_day: expected hours");
      return { name, operand };
    case "not":
    case "every":
    case "some":
      // Read for its load errors; read again where it is evaluated.
      readConstraint(operand, restricts);
      return { name, operand };
    default:
      return { name, operand };
  }
}

/** "a linear-time subset (no look-around, no back-reference)" */
function refuseIrregular(source: string): void {
  const bare = source.replaceAll(/\\[^1-9k]/gs, "");
  if (/\(\?<?[=!]|\\[1-9k]/.test(bare)) throw new LoadError("look-around or back-reference");
  try {
    RegExp(source, "us");
  } catch {
    throw new LoadError("a pattern that does not parse");
  }
}

const HOURS = /^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;
const WHOLE_VARIABLE = /^\$\{[^{}]+\}$/;
const LOOKS_LIKE_PATTERN = [".*", ".+", "\\d", "\\w", "\\s", "(?"];

function readBareString(text: string): Operator {
  if (WHOLE_VARIABLE.test(text)) return { name: "equals", operand: text };
  const starts = text.startsWith("^");
  const ends = text.endsWith("$");
  if (starts && ends && text.length > 1) {
    if (text.includes("${")) throw new LoadError("a pattern that contains a variable");
    refuseIrregular(text);
    return { name: "regex", operand: [text, false] };
  }
  if (starts || ends || LOOKS_LIKE_PATTERN.some((sign) => text.includes(sign)) || /\[[^\]]*\w-\w[^\]]*\]/.test(text)) {
    throw new LoadError("a bare string that looks like a pattern");
  }
  return { name: "equals", operand: text };
}
