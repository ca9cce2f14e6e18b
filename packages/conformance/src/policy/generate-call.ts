import type { Facts, JsonObject, JsonValue } from "@proclaw/core";
import type { Random } from "./random.ts";
import * as words from "./vocabulary.ts";

/** A random request for a decision; what is hostile about it is on purpose. */
export interface GeneratedCall {
  readonly call: unknown;
  readonly context: unknown;
  readonly facts: Facts;
  readonly now: number;
}

/** A random call of the shared vocabulary, aimed at one of the policy's rules more often than not. */
export function generateCall(random: Random, policy: JsonObject): GeneratedCall {
  const rules = policy["rules"] as readonly JsonObject[];
  const aim = random.chance(0.7) ? random.pick(rules) : null;
  const args = generateArgs(random, aim);
  return {
    call: hostile(random, 0.02, { tool: generateTool(random, aim), args }, [
      null,
      [],
      "t",
      { tool: "t" },
      { tool: 1, args: {} },
      { tool: "t", args: [] },
      { tool: "t", args: null },
      { tool: "t", args: { x: "\ud800" } },
      { tool: "t", args: { "\udc00": 1 } },
      { tool: "t", args: { x: nest(64) } },
      { tool: "t", args: { x: nest(63) } },
      { tool: "t", args: {}, call_id: 5 },
    ]),
    context: hostile(random, 0.01, generateContext(random), [
      [],
      { agent_id: 5 },
      { session_id: {} },
      { principal: "ann" },
      { principal: { roles: "nurse" } },
      { principal: { sub: 5 } },
      { variables: [] },
    ]),
    facts: generateFacts(random, args),
    now: Date.UTC(2026, random.below(12), 1 + random.below(28), random.below(24), random.pick([0, 0, 15, 30, 59]), 0),
  };
}

function hostile(random: Random, probability: number, honest: unknown, others: readonly unknown[]): unknown {
  return random.chance(probability) ? random.pick(others) : honest;
}

function nest(depth: number): JsonValue {
  let value: JsonValue = [];
  for (let i = 1; i < depth; i++) value = [value];
  return value;
}

function generateTool(random: Random, aim: JsonObject | null): string {
  const wanted = aim?.["tool"];
  if (wanted === undefined || random.chance(0.1)) return random.pick(words.TOOLS);
  const pattern = typeof wanted === "string" ? wanted : random.pick(wanted as readonly string[]);
  return pattern.replaceAll("*", () => random.pick(["", "read", "a", "."]));
}

function generateArgs(random: Random, aim: JsonObject | null): JsonObject {
  const args: Record<string, JsonValue> = {};
  for (const [name, constraint] of Object.entries((aim?.["constraints"] as JsonObject | undefined) ?? {})) {
    if (name === "time_window" || name === "network" || random.chance(0.1)) continue;
    const value = random.chance(0.7) ? satisfying(random, constraint) : anyValue(random);
    place(args, name, value, random);
  }
  const more = random.chance(0.6) ? 0 : 1 + random.below(3);
  for (let i = 0; i < more; i++) {
    place(args, random.pick([...words.ARGUMENTS, "z", "file_path", "time_window"]), anyValue(random), random);
  }
  // What was put under a name into an array is no JSON, and goes.
  return JSON.parse(JSON.stringify(args)) as JsonObject;
}

/** Puts a value where a constraint would look for it. */
function place(args: Record<string, JsonValue>, name: string, value: JsonValue, random: Random): void {
  const path = name.startsWith("/") ? name.slice(1).split("/") : name.replace(/^args\./, "").split(".");
  let at = args;
  for (const step of path.slice(0, -1)) {
    const inner = Object.hasOwn(at, step) ? at[step] : undefined;
    if (typeof inner === "object" && inner !== null) at = inner as Record<string, JsonValue>;
    else {
      if (inner !== undefined && random.chance(0.5)) return;
      const fresh: Record<string, JsonValue> = (step === "tags" ? ["a", "b"] : {}) as Record<string, JsonValue>;
      set(at, step, fresh);
      at = fresh;
    }
  }
  // A copy: what is placed may be an operand of the policy, and more may be placed into it.
  set(at, path.at(-1) as string, structuredClone(value));
}

function set(object: Record<string, JsonValue>, name: string, value: JsonValue): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

function anyValue(random: Random, depth = 2): JsonValue {
  switch (random.below(depth === 0 ? 6 : 9)) {
    case 0:
      return random.pick(words.NUMBERS);
    case 1:
      return random.pick<JsonValue>([true, false, null]);
    case 2:
      return random.pick(words.PATHS);
    case 3:
      return random.pick([...words.URLS, ...words.ADDRESSES]);
    case 4:
    case 5:
      return random.chance(0.06) ? random.pick([...words.SENSITIVE, "a".repeat(70_000)]) : random.pick(words.STRINGS);
    case 6:
      return Array.from({ length: random.below(3) }, () => anyValue(random, depth - 1));
    case 7:
      return Object.fromEntries(
        random.some(["k", "source", "level", "__proto__"], 0, 2).map((name) => [name, anyValue(random, depth - 1)]),
      );
    default:
      return random.pick<JsonValue>([["a", "b"], [], {}, { k: "a" }, ["a"], [1, 2], [null]]);
  }
}

/** A value that has a good chance to satisfy a constraint. */
function satisfying(random: Random, constraint: JsonValue): JsonValue {
  if (typeof constraint === "string")
    return constraint.startsWith("^") ? random.pick(words.STRINGS) : inserted(random, constraint);
  if (Array.isArray(constraint)) return satisfying(random, random.pick(constraint as readonly JsonValue[]));
  if (typeof constraint !== "object" || constraint === null) return constraint;
  const [operator, operand] = random.pick(Object.entries<JsonValue>(constraint as JsonObject));
  switch (operator) {
    case "equals":
      return typeof operand === "string" ? inserted(random, operand) : operand;
    case "one_of":
      return satisfying(random, operand);
    case "every":
    case "some":
      return Array.from({ length: random.below(3) }, () => satisfying(random, operand));
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return random.pick(words.NUMBERS);
    case "path":
      return random.pick(words.PATHS);
    case "url":
      return random.pick(words.URLS);
    case "email":
      return random.pick(words.EMAILS);
    case "command":
      return random.chance(0.3) ? random.pick(words.COMMANDS) : namedCommand(random, operand as JsonObject);
    case "time_of_day":
      return random.pick(words.TIMES);
    case "cidr":
      return random.pick(words.ADDRESSES);
    case "glob":
      return random.pick([...words.STRINGS, ...words.PATHS]);
    case "prefix":
    case "suffix":
      return inserted(random, operand as string);
    case "contains":
      return [operand];
    default:
      return random.pick<JsonValue>([...words.STRINGS, ...words.NUMBERS]);
  }
}

/** The program and subcommand that a condition names, and words behind them that it may list. */
function namedCommand(random: Random, { programs, subcommands, options }: JsonObject): string {
  const one = (operand: JsonValue | undefined): string[] => {
    const word = Array.isArray(operand) ? random.pick(operand as readonly JsonValue[]) : operand;
    return typeof word === "string" ? [word] : [];
  };
  const rest = Array.from({ length: random.below(3) }, () => {
    const [word = ""] = random.chance(0.5) ? one(options) : [random.pick([...words.OPTIONS, "x", "a=b"])];
    return word.endsWith("=") ? `${word}${random.pick(["", "%H"])}` : word;
  });
  return [...one(programs), ...one(subcommands), ...rest].join(" ");
}

function inserted(random: Random, template: string): string {
  return template.replaceAll(/\$\{\w+\}/g, () => random.pick(VALUES));
}

const VALUES = ["a", "b", "ann"];
const HOST_PLACES = ["/srv/notes", "/srv//notes/", "/srv/../etc", "/", "srv"];

function generateContext(random: Random): JsonObject {
  const context: Record<string, JsonValue> = {};
  if (random.chance(0.7)) context["agent_id"] = random.pick(words.AGENTS);
  if (random.chance(0.7)) context["session_id"] = random.pick(words.SESSIONS);
  if (random.chance(0.7)) {
    const principal: Record<string, JsonValue> = {};
    if (random.chance(0.7)) principal["sub"] = random.pick(words.PRINCIPALS);
    if (random.chance(0.7)) principal["roles"] = random.some([...words.ROLES, "__proto__", "toString"], 0, 3);
    context["principal"] = principal;
  }
  if (random.chance(0.5)) context["working_directory"] = random.pick(["/srv/notes", "/"]);
  if (random.chance(0.9)) {
    const variables: Record<string, JsonValue> = {};
    for (const name of random.some(words.VARIABLES.slice(0, 4), 1, 4)) {
      variables[name] = random.chance(0.8)
        ? random.pick(name === "place" ? HOST_PLACES : VALUES)
        : random.pick<JsonValue>([5, null, ["a"], { k: "a" }, "../x", "a*", "${w}", "", ".", "/srv/notes", ".md"]);
    }
    context["variables"] = variables;
  }
  return context;
}

/** Where the strings among the arguments lead; now and then somewhere else, or nowhere. */
function generateFacts(random: Random, args: JsonObject): Facts {
  const paths: Record<string, string> = {};
  const visit = (value: JsonValue): void => {
    if (typeof value === "string" && value.length < 1_000) {
      if (random.chance(0.85))
        set(paths, value, random.chance(0.1) ? random.pick(["/etc/passwd", "/srv/notes/a.md"]) : resolve(value));
    } else if (typeof value === "object" && value !== null)
      Object.values<JsonValue>(value as JsonObject).forEach(visit);
  };
  visit(args);
  return { paths };
}

function resolve(path: string): string {
  const steps: string[] = [];
  for (const step of (path.startsWith("/") ? path : `/srv/notes/${path}`).split("/")) {
    if (step === "..") steps.pop();
    else if (step !== "" && step !== ".") steps.push(step);
  }
  return `/${steps.join("/")}`;
}
