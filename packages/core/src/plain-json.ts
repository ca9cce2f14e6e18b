import { ProclawError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";

/**
 * A deep copy of `value` as plain, frozen JSON data that shares nothing with it. Members whose
 * value is `undefined` are dropped, as `JSON.stringify` does; anything else that is not JSON throws
 * `not_json`. Each property is read exactly once, so a getter or proxy cannot show one value to the
 * decision and another to the tool.
 */
export function clonePlainJson(value: unknown): JsonValue {
  return clone(value, 0);
}

/** {@link clonePlainJson} for a value that must be an object. */
export function clonePlainObject(value: unknown): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProclawError("not_json", "expected a JSON object");
  }
  return clone(value, 0) as JsonObject;
}

function clone(value: unknown, depth: number): JsonValue {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw notJson("a lone surrogate");
      return value;
    case "number":
      if (!Number.isFinite(value)) throw notJson("a number that is not finite");
      return value;
    case "boolean":
      return value;
    case "object": {
      if (value === null) return null;
      if (depth >= MAX_JSON_DEPTH) throw notJson(`nesting deeper than ${MAX_JSON_DEPTH}`);
      return Object.freeze(Array.isArray(value) ? cloneArray(value, depth + 1) : cloneObject(value, depth + 1));
    }
    default:
      throw notJson(`a value of type ${typeof value}`);
  }
}

function cloneArray(value: readonly unknown[], depth: number): JsonValue[] {
  const copy: JsonValue[] = [];
  const length = value.length;
  for (let i = 0; i < length; i++) copy.push(clone(value[i], depth));
  return copy;
}

function cloneObject(value: object, depth: number): Record<string, JsonValue> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !isForeignPlain(prototype)) {
    throw notJson("an instance of a class");
  }
  const members = value as Readonly<Record<string, unknown>>;
  const copy: Record<string, JsonValue> = {};
  for (const key of Object.keys(value)) {
    if (!key.isWellFormed()) throw notJson("a lone surrogate in a key");
    const member = members[key];
    if (member === undefined) continue;
    const copied = clone(member, depth);
    // Plain assignment to `__proto__` would set the prototype instead of a member.
    if (key === "__proto__") {
      Object.defineProperty(copy, key, { value: copied, enumerable: true, configurable: true, writable: true });
    } else copy[key] = copied;
  }
  return copy;
}

/** `Object.prototype` of another realm (a vm context): a prototype that has none itself and bears the same constructor name. */
function isForeignPlain(prototype: unknown): boolean {
  return (
    typeof prototype === "object" &&
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, "hasOwnProperty") &&
    Object.hasOwn(prototype, "isPrototypeOf")
  );
}

function notJson(what: string): ProclawError {
  return new ProclawError("not_json", `${what} is not plain JSON`);
}
