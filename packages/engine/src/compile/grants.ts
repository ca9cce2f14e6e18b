import type { Effect } from "@proclaw/core";
import type { Place } from "../diagnostics.ts";
import type { RateLimitPlan, RulePlan } from "../plan/types.ts";
import { DATA_CLASSES, RATE_LIMIT_DIMENSIONS } from "../policy.ts";
import { readDuration } from "./duration.ts";
import { type Members, optional, type Reader } from "./reader.ts";

export function readData(
  reader: Reader,
  members: Members,
  place: Place,
  effect: Effect | undefined,
): RulePlan["data"] | undefined {
  if (members["data"] === undefined) return [];
  const at = place.at("data");
  if (effect === "deny")
    return reader.invalid(at, "a deny rule lets no data pass", "`data` belongs to allow and approval rules");
  return reader.each(members["data"], at, "`data`", (item, place) =>
    reader.oneOf(item, place, "data class", DATA_CLASSES),
  );
}

export function readRateLimit(
  reader: Reader,
  members: Members,
  place: Place,
  effect: Effect | undefined,
): RateLimitPlan | null | undefined {
  if (members["rate_limit"] === undefined) return null;
  const at = place.at("rate_limit");
  if (effect === "deny")
    return reader.invalid(at, "a deny rule has no rate limit", "`rate_limit` belongs to allow and approval rules");
  const limit = reader.mapping(members["rate_limit"], at, "`rate_limit`");
  if (limit === undefined) return undefined;
  reader.knownKeys(limit, at, ["limit", "per", "by", "algorithm"], "`rate_limit`");
  for (const key of ["limit", "per"]) {
    if (limit[key] === undefined) reader.findings.error(at, "missing_key", `\`rate_limit\` has no \`${key}\``);
  }
  const count =
    limit["limit"] === undefined
      ? undefined
      : reader.integer(limit["limit"], at.at("limit"), "`limit`", 1, 1_000_000_000);
  const perMs = limit["per"] === undefined ? undefined : readDuration(reader, limit["per"], at.at("per"), "`per`");
  const by = optional(limit, "by", (v) => reader.oneOf(v, at.at("by"), "`by`", RATE_LIMIT_DIMENSIONS), null);
  const algorithm = optional(
    limit,
    "algorithm",
    (v) => reader.oneOf(v, at.at("algorithm"), "`algorithm`", ["token_bucket", "sliding_window"] as const),
    "token_bucket" as const,
  );
  if (count === undefined || perMs === undefined || by === undefined || algorithm === undefined) return undefined;
  return { limit: count, perMs, by, algorithm };
}
