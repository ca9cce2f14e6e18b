import type { JsonObject, JsonValue } from "@proclaw/core";

/** A link to an older log. */
export interface Predecessor {
  readonly log: string;
  readonly size: number;
  /** Root hash, hex. */
  readonly root: string;
}

/** Whether `body.predecessor` of `log.open` is a link, or null. */
export function isPredecessor(value: JsonValue | undefined): boolean {
  return value === null || predecessorIn(value) !== null;
}

/** The link to an older log in `log.open`, or null if there is none or it is malformed. */
export function predecessorIn(value: JsonValue | undefined): Predecessor | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { log, size, root, ...more } = value as JsonObject;
  if (typeof log !== "string" || typeof size !== "number" || typeof root !== "string") return null;
  if (!Number.isSafeInteger(size) || size < 1 || !/^[0-9a-f]{64}$/.test(root)) return null;
  return Object.keys(more).length === 0 ? { log, size, root } : null;
}
