import { canonicalJson } from "@proclaw/core";
import type { CallContext, FactRequirements, Facts, JsonObject, JsonValue, ToolFacts } from "@proclaw/core";

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
export function pathsToResolve(
  requirements: FactRequirements,
  args: JsonObject,
  tool: ToolFacts | undefined,
): readonly string[] | null {
  const found = new Set<string>();
  for (const pointer of requirements.paths) {
    const tokens = pointer.split("/").slice(1).map(unescape);
    select(args, tokens, found);
    // The call may bear the alias of an argument that the plan knows by its canonical name.
    for (const [alias, canonical] of Object.entries(tool?.aliases ?? {})) {
      if (canonical === tokens[0]) select(args, [alias, ...tokens.slice(1)], found);
    }
    if (found.size > MAX_PATHS) return null;
  }
  return [...found];
}

/** RFC 6901 section 4. */
function unescape(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}

function select(value: JsonValue | undefined, tokens: readonly string[], found: Set<string>): void {
  if (value === undefined || found.size > MAX_PATHS) return;
  const [token, ...rest] = tokens;
  if (token === undefined) {
    if (typeof value === "string") found.add(value);
    // A path argument may hold a list of paths.
    else if (typeof value === "object" && value !== null) select(value, ["*"], found);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (token === "*") {
    for (const member of Object.values(value)) select(member, rest, found);
  } else if (Object.hasOwn(value, token)) {
    select((value as JsonObject)[token], rest, found);
  }
}

/** Whether two sets of facts say the same. */
export function sameFacts(a: Facts, b: Facts): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
