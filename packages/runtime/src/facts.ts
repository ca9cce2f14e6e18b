import { canonicalJson } from "@proclaw/core";
import type { CallContext, FactRequirements, Facts, JsonObject, JsonValue } from "@proclaw/core";

/** Where the guard gets facts about the outside world from. */
export interface FactSource {
  /**
   * The absolute path that each path resolves to now. A path that cannot be resolved is left out:
   * the decision then denies with `missing_fact`.
   */
  resolvePaths(paths: readonly string[], context: CallContext): Promise<Readonly<Record<string, string>>>;
}

/** More paths than this in one call are not looked up, and so denied. */
const MAX_PATHS = 256;

/** The strings for which the plan asks for resolved paths; null if there are too many. */
export function pathsToResolve({ paths }: FactRequirements, args: JsonObject): readonly string[] | null {
  const found = new Set<string>();
  for (const pointer of paths) select(args, pointer.split("/").slice(1).map(unescape), found);
  return found.size > MAX_PATHS ? null : [...found];
}

/** RFC 6901 section 4. */
function unescape(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}

function select(value: JsonValue | undefined, tokens: readonly string[], found: Set<string>): void {
  if (found.size > MAX_PATHS) return;
  const [token, ...rest] = tokens;
  if (token === undefined) {
    if (typeof value === "string") found.add(value);
  } else if (token === "*" && Array.isArray(value)) {
    for (const element of value as readonly JsonValue[]) select(element, rest, found);
  } else if (typeof value === "object" && value !== null && Object.hasOwn(value, token)) {
    select((value as JsonObject)[token], rest, found);
  }
}

/** Whether two sets of facts say the same. */
export function sameFacts(a: Facts, b: Facts): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
