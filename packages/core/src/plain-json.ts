import { ProclawError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";

/**
 * A deep copy of `value` as plain, frozen JSON data that shares nothing with it. Members whose
 * value is `undefined` are dropped, as `JSON.stringify` does; anything else that is not JSON throws
 * `not_json`. Each property is read exactly once, so a getter or proxy cannot show one value to the
 * decision and another to the tool.
 *
 * @param maxSize throws `too_large` beyond this size: characters of all strings and keys, plus one
 *   a value, which is never more than the UTF-8 bytes of the canonical text. It also ends the walk
 *   through a small graph of shared arrays that would unfold into billions.
 */
export function clonePlainJson(value: unknown, maxSize: number = Number.POSITIVE_INFINITY): JsonValue {
  return clone(value, 0, { left: maxSize });
}

/** {@link clonePlainJson} for a value that must be an object. */
export function clonePlainObject(value: unknown, maxSize: number = Number.POSITIVE_INFINITY): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProclawError("not_json", "expected a JSON object");
  }
  return clone(value, 0, { left: maxSize }) as JsonObject;
}

interface Budget {
  left: number;
}

function spend(budget: Budget, size: number): void {
  budget.left -= size;
  if (budget.left < 0) throw new ProclawError("too_large", "the value is larger than its limit");
}

function clone(value: unknown, depth: number, budget: Budget): JsonValue {
  spend(budget, typeof value === "string" ? value.length + 1 : 1);
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
      return Object.freeze(
        Array.isArray(value) ? cloneArray(value, depth + 1, budget) : cloneObject(value, depth + 1, budget),
      );
    }
    default:
      throw notJson(`a value of type ${typeof value}`);
  }
}

function cloneArray(value: readonly unknown[], depth: number, budget: Budget): JsonValue[] {
  const copy: JsonValue[] = [];
  const length = value.length;
  for (let i = 0; i < length; i++) copy.push(clone(value[i], depth, budget));
  return copy;
}

function cloneObject(value: object, depth: number, budget: Budget): Record<string, JsonValue> {
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
    spend(budget, key.length);
    const copied = clone(member, depth, budget);
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
