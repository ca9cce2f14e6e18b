import { clonePlainObject, MAX_CALL_BYTES } from "@proclaw/core";
import type { CallContext, JsonValue } from "@proclaw/core";
import { isAbsolute } from "node:path";

/** The host's answer to "who calls": asked once a call. */
export type ContextSource = () => CallContext | PromiseLike<CallContext>;

const isString = (value: JsonValue): boolean => typeof value === "string";
const isObject = (value: JsonValue): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

const MEMBERS: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  agent_id: isString,
  session_id: isString,
  principal: isPrincipal,
  variables: isObject,
  working_directory: (value) => typeof value === "string" && isAbsolute(value),
  now: (value) => typeof value === "string" && parseTime(value) !== null,
  trace_id: isString,
  span_id: isString,
};

function isPrincipal(value: JsonValue): boolean {
  if (!isObject(value)) return false;
  return Object.entries(value as Record<string, JsonValue>).every(([name, member]) => {
    if (name === "sub") return isString(member);
    return name === "roles" && Array.isArray(member) && member.every(isString);
  });
}

/**
 * A frozen copy of what the host said, or the name of the member that has a wrong shape. An unknown
 * member is a wrong shape too: `principle` for `principal` would silently make everybody unknown.
 */
export function snapshotContext(
  value: unknown,
): { readonly ok: true; readonly context: CallContext } | { readonly ok: false; readonly member: string | null } {
  let snapshot;
  try {
    snapshot = clonePlainObject(value, MAX_CALL_BYTES);
  } catch {
    return { ok: false, member: null };
  }
  for (const [name, member] of Object.entries(snapshot)) {
    if (!Object.hasOwn(MEMBERS, name) || MEMBERS[name]?.(member) !== true) return { ok: false, member: name };
  }
  return { ok: true, context: snapshot };
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the Unix epoch of an RFC 3339 time; null if it is none. */
export function parseTime(text: string): number | null {
  const time = RFC_3339.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
