import { canonicalJson, type JsonObject, type JsonValue, MAX_CALL_BYTES, MAX_JSON_DEPTH } from "@proclaw/core";
import { parseInstant } from "../instant.ts";
import { utf8Length } from "./values.ts";

export type CallProblem = "invalid_call" | "argument_too_large";

/** Shape of call, context and facts; whatever is not as the contract says is a bad call. */
export function hasValidShape(call: unknown, context: unknown, facts: unknown, now: unknown): boolean {
  return (
    isCall(call) &&
    isContext(context) &&
    isFacts(facts) &&
    typeof now === "number" &&
    Number.isFinite(now) &&
    Math.abs(now) <= 8.64e15
  );
}

type Members = Readonly<Record<string, unknown>>;

function isCall(value: unknown): boolean {
  if (!isPlain(value)) return false;
  return (
    typeof value["tool"] === "string" &&
    value["tool"] !== "" &&
    value["tool"].isWellFormed() &&
    isPlain(value["args"]) &&
    isText(value["call_id"]) &&
    isText(value["parent_call_id"])
  );
}

function isContext(value: unknown): boolean {
  if (!isPlain(value)) return false;
  return (
    isText(value["agent_id"]) &&
    isText(value["session_id"]) &&
    isText(value["working_directory"]) &&
    isText(value["trace_id"]) &&
    isText(value["span_id"]) &&
    (value["now"] === undefined || (typeof value["now"] === "string" && parseInstant(value["now"]) !== undefined)) &&
    (value["principal"] === undefined || isPrincipal(value["principal"])) &&
    (value["variables"] === undefined || isPlain(value["variables"]))
  );
}

function isPrincipal(value: unknown): boolean {
  if (!isPlain(value) || !isText(value["sub"])) return false;
  const roles = value["roles"];
  if (roles === undefined) return true;
  if (!Array.isArray(roles)) return false;
  for (const role of roles) if (typeof role !== "string") return false;
  return true;
}

function isFacts(value: unknown): boolean {
  return isPlain(value) && (value["paths"] === undefined || isPlain(value["paths"]));
}

function isText(value: unknown): boolean {
  return value === undefined || (typeof value === "string" && value.isWellFormed());
}

/** An object that is neither an array nor an instance of a class. */
function isPlain(value: unknown): value is Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Also the Object.prototype of another realm.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** What a walk through the arguments found out. */
export interface Measure {
  /** Characters of the longest string. */
  longest: number;
  /** Never less than the UTF-8 bytes of the canonical text. */
  bytes: number;
  problem: CallProblem | null;
}

/** The bound is at most about six times the truth for text, so beyond this nothing need be counted. */
const QUICK = 1 / 32;

/** Walks the arguments once: plain JSON data, within the sizes of the policy language. */
export function measure(tool: string, args: JsonObject): Measure {
  const found: Measure = { longest: 0, bytes: tool.length * 3, problem: null };
  walk(args, 0, found);
  if (found.problem === null && found.bytes > MAX_CALL_BYTES) {
    const exact =
      found.bytes * QUICK > MAX_CALL_BYTES || utf8Length(tool) + utf8Length(canonicalJson(args)) > MAX_CALL_BYTES;
    if (exact) found.problem = "argument_too_large";
  }
  return found;
}

function walk(value: JsonValue, depth: number, found: Measure): void {
  switch (typeof value) {
    case "string":
      countText(value, found);
      return;
    case "number":
      found.bytes += 25;
      if (!Number.isFinite(value)) found.problem = "invalid_call";
      return;
    case "boolean":
      found.bytes += 6;
      return;
    case "object":
      break;
    default:
      found.problem = "invalid_call";
      return;
  }
  found.bytes += 5;
  if (value === null) return;
  // Also ends the walk through a cycle, and through a small graph that unfolds into a large tree.
  if (depth >= MAX_JSON_DEPTH || found.bytes > MAX_CALL_BYTES * 16) found.problem ??= "argument_too_large";
  if (found.problem !== null) return;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && found.problem === null; i++) walk(value[i] as JsonValue, depth + 1, found);
    return;
  }
  if (!isPlain(value)) {
    found.problem = "invalid_call";
    return;
  }
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    countText(key, found);
    walk(value[key] as JsonValue, depth + 1, found);
    if (found.problem !== null) return;
  }
}

function countText(text: string, found: Measure): void {
  // A control character takes six bytes (`\u0000`).
  found.bytes += text.length * 6 + 4;
  if (text.length > found.longest) found.longest = text.length;
  if (!text.isWellFormed()) found.problem ??= "invalid_call";
}

/** Arguments under their canonical names; null if a name and its alias are both there. */
export function canonicalArgs(args: JsonObject, aliases: ReadonlyMap<string, string>): JsonObject | null {
  let renamed = false;
  for (const key in args) {
    if (aliases.has(key) && Object.hasOwn(args, key)) {
      renamed = true;
      break;
    }
  }
  if (!renamed) return args;
  const canonical = new Map<string, JsonValue>();
  for (const key of Object.keys(args)) {
    const name = aliases.get(key) ?? key;
    if (canonical.has(name)) return null;
    canonical.set(name, args[key] as JsonValue);
  }
  return Object.fromEntries(canonical);
}
