import type { JsonObject, JsonValue } from "@proclaw/core";

/** Arguments with another value at a path; null where something that is no object is in the way. */
export function withValue(args: JsonObject, path: readonly string[], value: JsonValue): JsonObject | null {
  const [first, ...rest] = path as readonly [string, ...string[]];
  if (rest.length === 0) return withMember(args, first, value);
  const inner = Object.hasOwn(args, first) ? args[first] : {};
  if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return null;
  const changed = withValue(inner as JsonObject, rest, value);
  return changed === null ? null : withMember(args, first, changed);
}

/** Arguments without what stands at a path; null where nothing does. */
export function without(args: JsonObject, path: readonly string[]): JsonObject | null {
  const [first, ...rest] = path as readonly [string, ...string[]];
  if (!Object.hasOwn(args, first)) return null;
  if (rest.length === 0) return Object.fromEntries(Object.entries(args).filter(([key]) => key !== first));
  const inner = args[first];
  if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return null;
  const changed = without(inner as JsonObject, rest);
  return changed === null ? null : withMember(args, first, changed);
}

/** What stands at a path of objects; undefined for nothing. */
export function valueAt(args: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = args;
  for (const step of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, step))
      return undefined;
    value = (value as JsonObject)[step];
  }
  return value;
}

/** As own members, whatever their names. */
function withMember(args: JsonObject, key: string, value: JsonValue): JsonObject {
  return Object.fromEntries([...Object.entries(args).filter(([known]) => known !== key), [key, value]]);
}
