import { ProclawError } from "@proclaw/core";
import type { CallContext, DecisionRequest, Facts, JsonObject, JsonValue, Principal, ToolCall } from "@proclaw/core";
import { parseInstant } from "@proclaw/engine";
import { decodeUtf8, parseStrictJson } from "./strict-json.ts";

/**
 * UTF-8 bytes of one call as text. A call may have 1 MiB of canonical JSON, which escapes (`\u0041`)
 * can stretch six times; context and facts come on top.
 */
export const MAX_CALL_LINE_BYTES: number = 8 * 1024 * 1024;

/** A call as it was written, or why it is none. */
export type ReadCall =
  | { readonly ok: true; readonly request: DecisionRequest }
  | { readonly ok: false; readonly code: "invalid_call" | "argument_too_large"; readonly why: string };

/** Members of a call and of the objects in it whose members are ours; those of `args` are the tool's. */
const KNOWN_MEMBERS = {
  "the call": ["tool", "args", "context", "facts", "call_id", "parent_call_id"],
  "`context`": [
    "agent_id",
    "session_id",
    "principal",
    "variables",
    "working_directory",
    "now",
    "trace_id",
    "span_id",
  ] satisfies readonly (keyof CallContext)[],
  "`context.principal`": ["sub", "roles"] satisfies readonly (keyof Principal)[],
  "`facts`": ["paths"] satisfies readonly (keyof Facts)[],
} as const;

/** The first member of a call that nobody knows; null if there is none. */
export function unknownMember(call: JsonObject): UnknownMember | null {
  const { context, facts } = own(call);
  const principal = isObject(context) && Object.hasOwn(context, "principal") ? context["principal"] : undefined;
  const places: readonly (readonly [keyof typeof KNOWN_MEMBERS, JsonValue | undefined])[] = [
    ["the call", call],
    ["`context`", context],
    ["`context.principal`", principal],
    ["`facts`", facts],
  ];
  for (const [where, value] of places) {
    const known: readonly string[] = KNOWN_MEMBERS[where];
    const name = isObject(value) ? Object.keys(value).find((key) => !known.includes(key)) : undefined;
    if (name !== undefined) return { where, name, known };
  }
  return null;
}

interface UnknownMember {
  /** What it is a member of, in words. */
  readonly where: string;
  readonly name: string;
  readonly known: readonly string[];
}

/**
 * Reads `{"tool", "args", "context"?, "facts"?, "call_id"?, "parent_call_id"?}`. What the members
 * of `context` and `facts` must look like is the engine's to judge; here only their names are looked
 * at, and `now` is read, since deciding has no clock.
 *
 * @param clock serves where the call says no `now`
 */
export function readCall(bytes: Uint8Array, clock: () => number): ReadCall {
  let value: JsonValue;
  try {
    value = parseStrictJson(decodeUtf8(bytes));
  } catch (error) {
    if (ProclawError.is(error, "not_json")) return refuse(error.message);
    if (ProclawError.is(error, "too_large")) return refuse(error.message, "argument_too_large");
    throw error;
  }
  if (!isObject(value)) return refuse("the call is not a JSON object");
  // INVARIANT (no silent member): a member we do not know may be one the caller relies on.
  const unknown = unknownMember(value);
  if (unknown !== null) return refuse(`${unknown.where} has an unknown member`);
  const { tool, args, context, facts, call_id, parent_call_id } = own(value);
  if (typeof tool !== "string") return refuse("`tool` is not a string");
  if (!isObject(args)) return refuse("`args` is not an object");
  if (context !== undefined && !isObject(context)) return refuse("`context` is not an object");
  if (facts !== undefined && !isObject(facts)) return refuse("`facts` is not an object");
  if (call_id !== undefined && typeof call_id !== "string") return refuse("`call_id` is not a string");
  if (parent_call_id !== undefined && typeof parent_call_id !== "string") {
    return refuse("`parent_call_id` is not a string");
  }
  const now = timeOf(context, clock);
  if (now === null) return refuse("`context.now` is not an RFC 3339 time");
  const call: ToolCall = {
    tool,
    args,
    ...(call_id === undefined ? {} : { call_id }),
    ...(parent_call_id === undefined ? {} : { parent_call_id }),
  };
  return { ok: true, request: { call, context: context ?? {}, facts: facts ?? {}, now } };
}

function timeOf(context: JsonObject | undefined, clock: () => number): number | null {
  if (context === undefined || !Object.hasOwn(context, "now")) return clock();
  const now = context["now"];
  return typeof now === "string" ? (parseInstant(now) ?? null) : null;
}

/** Own members only: JSON.parse makes objects that inherit from Object.prototype. */
function own(value: JsonObject): {
  readonly [K in "tool" | "args" | "context" | "facts" | "call_id" | "parent_call_id"]?: JsonValue;
} {
  return Object.assign(Object.create(null) as Record<string, JsonValue>, value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(why: string, code: "invalid_call" | "argument_too_large" = "invalid_call"): ReadCall {
  return { ok: false, code, why };
}
