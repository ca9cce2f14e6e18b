import type { JsonObject, JsonValue } from "@proclaw/core";
import type { Random } from "./random.ts";
import * as words from "./vocabulary.ts";

/** A random policy as its YAML would parse; always one that loads. */
export function generatePolicy(random: Random): JsonObject {
  const policy: Record<string, JsonValue> = {};
  if (random.chance(0.3)) policy["version"] = 1;
  if (random.chance(0.1)) policy["mode"] = random.pick(["audit", "enforce"]);
  if (random.chance(0.3))
    policy["timezone"] = random.pick(["Europe/Madrid", "Asia/Kolkata", "America/New_York", "UTC"]);
  if (random.chance(0.5))
    policy["variables"] = { typed: { type: random.pick(["string", "number"]) }, v: { type: "string" } };
  if (random.chance(0.5))
    policy["roles"] = { nurse: { inherits: ["staff"] }, staff: { inherits: ["person"] }, person: {} };
  if (random.chance(0.2)) policy["internal_domains"] = ["corp.example"];
  if (random.chance(0.6)) policy["tools"] = generateTools(random);
  const count = 1 + random.below(6);
  const rules: JsonValue[] = Array.from({ length: count }, (_, index) => generateRule(random, index));
  if (random.chance(0.3)) {
    rules.push({ name: "otherwise", default: true, allow: policy["mode"] === "audit" && random.chance(0.5) });
  }
  policy["rules"] = rules;
  return policy;
}

/** Facts on tools, as a policy or a host states them. */
export function generateTools(random: Random): JsonObject {
  const tools: Record<string, JsonValue> = {};
  for (const name of random.some(words.TOOLS, 1, 3)) {
    const tool: Record<string, JsonValue> = {};
    if (random.chance(0.6)) tool["network"] = random.pick(["none", "internal", "external"]);
    if (random.chance(0.2)) tool["reversible"] = random.chance(0.5);
    if (random.chance(0.1)) tool["undo"] = "other";
    if (random.chance(0.4)) tool["harmless_args"] = random.some(["x", "y", "path", "meta", "tags"], 0, 3);
    if (random.chance(0.3)) tool["aliases"] = { file_path: "path" };
    if (random.chance(0.2)) tool["hosts"] = ["x"];
    if (random.chance(0.2)) tool["timeout"] = random.pick<JsonValue>(["5s", "300ms", "1m"]);
    tools[name] = tool;
  }
  return tools;
}

function generateRule(random: Random, index: number): JsonObject {
  const effect = random.pick(["allow", "allow", "allow", "deny", "require_approval"]);
  const restricts = effect !== "allow";
  const rule: Record<string, JsonValue> = { name: `rule ${index}`, id: `${random.pick(["a", "b", "c"])}-${index}` };
  rule["tool"] = random.chance(0.3) ? random.some(words.TOOL_PATTERNS, 1, 3) : random.pick(words.TOOL_PATTERNS);
  if (effect === "require_approval" || random.chance(0.5)) rule["effect"] = effect;
  else rule["allow"] = !restricts;
  if (random.chance(0.15)) rule["roles"] = random.some(words.ROLES, 1, 2);
  if (random.chance(0.15)) rule["agents"] = random.some(words.AGENTS, 1, 2);
  if (random.chance(0.1)) rule["principals"] = random.some(words.PRINCIPALS, 1, 1);
  if (random.chance(0.1)) rule["sessions"] = random.some(words.SESSIONS, 1, 1);
  if (random.chance(0.7)) rule["constraints"] = generateConstraints(random, restricts);
  if (random.chance(0.1)) rule["time_window"] = random.pick(words.WINDOWS);
  if (restricts && random.chance(0.15)) rule["mode"] = "audit";
  if (!restricts && random.chance(0.3)) rule["other_args"] = random.pick(["allow", "deny"]);
  if (effect !== "deny" && random.chance(0.3)) rule["data"] = random.some(["payment_card", "secret"], 1, 2);
  if (effect !== "deny" && random.chance(0.15)) {
    rule["rate_limit"] = {
      limit: 1 + random.below(9),
      per: random.pick(["1m", "1s", "2h"]),
      by: random.pick(["agent", "session", "tool"]),
    };
  }
  return rule;
}

function generateConstraints(random: Random, restricts: boolean): JsonObject {
  const constraints: [string, JsonValue][] = random
    .some(words.ARGUMENTS, 1, 3)
    .map((name) => [name, generateConstraint(random, restricts, 2)]);
  if (random.chance(0.1)) constraints.push(["time_window", random.pick(words.WINDOWS)]);
  if (random.chance(0.15)) constraints.push(["network", random.pick(words.ZONES)]);
  return Object.fromEntries(constraints);
}

function generateConstraint(random: Random, restricts: boolean, depth: number): JsonValue {
  if (random.chance(0.4)) return generateBare(random);
  // Paths are the only way to a missing fact, so they come more often than by chance.
  const names = random.chance(0.1) ? ["path"] : random.some(Object.keys(OPERANDS), 1, random.chance(0.2) ? 3 : 1);
  const members: [string, JsonValue][] = names.map((name) => [
    name,
    (OPERANDS[name] as Operand)(random, restricts, depth),
  ]);
  if (names.includes("regex") && (restricts || random.chance(0.5))) members.push(["search", random.chance(0.5)]);
  return Object.fromEntries(members);
}

function generateBare(random: Random): JsonValue {
  switch (random.below(6)) {
    case 0:
      return random.pick(["${v}", "${w}", "${typed}", "${nowhere}", "${v}-${w}", "a${v}"]);
    case 1:
      return random.pick(words.WHOLE_PATTERNS);
    case 2:
      return random.pick<JsonValue>([...words.NUMBERS, true, false, null]);
    case 3:
      return random.some<JsonValue>([...words.STRINGS, ...words.NUMBERS, null, "${v}"], 1, 4);
    default:
      return random.pick(words.STRINGS);
  }
}

type Operand = (random: Random, restricts: boolean, depth: number) => JsonValue;

const anyValue: Operand = (random) =>
  random.pick<JsonValue>([
    ...words.STRINGS,
    ...words.NUMBERS,
    null,
    true,
    ["a", "b"],
    { k: "a" },
    [],
    {},
    "${v}",
    "${w}",
    "${typed}",
  ]);
const aNumber: Operand = (random) => random.pick<JsonValue>([...words.NUMBERS, "${w}"]);
const nested: Operand = (random, restricts, depth) =>
  depth === 0 ? random.pick(["a", "b"]) : generateConstraint(random, restricts, depth - 1);

const OPERANDS: Readonly<Record<string, Operand>> = {
  equals: anyValue,
  not: nested,
  one_of: (random) => random.some<JsonValue>([...words.STRINGS, 1, 2, null, ["a"], "${v}"], 1, 4),
  none_of: (random) => random.some<JsonValue>([...words.STRINGS, 1, 2, null, ["a"], "${v}"], 1, 4),
  regex: (random) => random.pick(words.PATTERNS),
  glob: (random) => random.pick(words.GLOBS),
  prefix: (random) => random.pick(["a", "", "/srv/", "${v}"]),
  suffix: (random) => random.pick(["b", ".md", "${w}"]),
  contains: (random) => random.pick<JsonValue>(["a", "b", 1, "${v}", { k: "a" }]),
  gt: aNumber,
  gte: aNumber,
  lt: aNumber,
  lte: aNumber,
  length: (random) => random.pick<JsonValue>([{ min: 1 }, { max: 2 }, { min: 1, max: 3 }, 1, 2]),
  type: (random) => {
    const types = random.some(["string", "number", "boolean", "null", "array", "object"], 1, 2);
    return types.length === 1 ? (types[0] as string) : types;
  },
  present: (random) => random.chance(0.5),
  absent: (random) => random.chance(0.5),
  every: nested,
  some: nested,
  path: (random) => {
    const operand: Record<string, JsonValue> = {};
    if (random.chance(0.7)) operand["within"] = random.some(words.PLACES, 1, 2);
    if (random.chance(0.4)) operand["not_within"] = random.some(words.PLACES, 1, 2);
    if (random.chance(0.3) || Object.keys(operand).length === 0)
      operand["extensions"] = random.some(words.EXTENSIONS, 1, 2);
    return operand;
  },
  url: (random) => {
    const operand: Record<string, JsonValue> = {};
    if (random.chance(0.6)) operand["hosts"] = random.some(["a.example", "*.a.example", "db"], 1, 2);
    if (random.chance(0.3)) operand["ports"] = random.some([443, 80, 8443], 1, 2);
    if (random.chance(0.2)) operand["paths"] = random.some(["/v1/*", "/**", "/x"], 1, 2);
    if (random.chance(0.2)) operand["userinfo"] = random.chance(0.5);
    if (random.chance(0.3)) operand["zones"] = random.some(["private", "loopback", "metadata", "public"], 1, 2);
    if (random.chance(0.4) || Object.keys(operand).length === 0)
      operand["schemes"] = random.some(["https", "http"], 1, 2);
    return operand;
  },
  email: (random) => ({ domains: random.some(["a.example", "*.a.example"], 1, 2) }),
  command: (random, restricts) => {
    const operand: Record<string, JsonValue> = {};
    const wraps = !restricts && random.chance(0.2);
    if (wraps) operand["allow_wrappers"] = true;
    const named = wraps || restricts ? [...words.PROGRAMS, ...words.WRAPPING_PROGRAMS] : words.PROGRAMS;
    operand["programs"] = random.chance(0.5) ? random.pick(named) : random.some(named, 1, 3);
    if (random.chance(0.4)) operand["subcommands"] = random.some(words.SUBCOMMANDS, 1, 2);
    if (!restricts && random.chance(0.5)) operand["options"] = random.some(words.OPTIONS, 1, 3);
    if (!restricts && random.chance(0.5)) operand["operands"] = random.chance(0.8);
    return operand;
  },
  time_of_day: (random) => (random.chance(0.5) ? random.pick(words.HOURS) : random.some(words.HOURS, 1, 2)),
  cidr: (random) => random.some(["10.0.0.0/8", "fd00::/8", "8.8.8.8/32"], 1, 2),
};
