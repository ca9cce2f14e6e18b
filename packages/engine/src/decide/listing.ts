import type { JsonObject, JsonValue } from "@proclaw/core";
import type { ConditionPlan } from "../plan/types.ts";
import { isObject } from "./values.ts";

/** By member: null where a condition addresses the value, else what it addresses inside. */
export type Listing = ReadonlyMap<string, Listing | null>;

export function listingOf(conditions: readonly ConditionPlan[]): Listing {
  type Growing = Map<string, Growing | null>;
  const root: Growing = new Map();
  for (const { path } of conditions) {
    let node: Growing = root;
    for (let i = 0; i < path.length; i++) {
      const step = path[i] as string;
      const known = node.get(step);
      if (known === null) break;
      if (i === path.length - 1) node.set(step, null);
      else {
        const next: Growing = known ?? new Map();
        node.set(step, next);
        node = next;
      }
    }
  }
  return root;
}

/** JSON Pointer to the first value that no condition addresses and that is not harmless; undefined: all are listed. */
export function firstUnlisted(
  args: JsonObject,
  listing: Listing,
  harmless: ReadonlySet<string> | undefined,
): string | undefined {
  for (const key in args) {
    if (!Object.hasOwn(args, key)) continue;
    const inner = listing.get(key);
    if (inner === null || harmless?.has(key) === true) continue;
    const found = inner === undefined ? "" : unlistedInside(args[key] as JsonValue, inner);
    if (found !== undefined) return `/${escapeToken(key)}${found}`;
  }
  return undefined;
}

function unlistedInside(value: JsonValue, listing: Listing): string | undefined {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const inner = listing.get(String(i));
      if (inner === null) continue;
      const found = inner === undefined ? "" : unlistedInside(value[i] as JsonValue, inner);
      if (found !== undefined) return `/${i}${found}`;
    }
    return undefined;
  }
  // A value that is neither object nor array stands where the conditions expect one.
  return isObject(value) ? firstUnlisted(value, listing, undefined) : "";
}

export function escapeToken(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}
