import { ProclawError } from "@proclaw/core";
import type { OpenGuardOptions } from "./open-guard.ts";

/** Every option there is. The type makes it complete: a new option that is missing here does not compile. */
const KNOWN: Readonly<Record<keyof OpenGuardOptions, true>> = {
  policyFile: true,
  planFile: true,
  planSha256: true,
  compileTimeoutMs: true,
  store: true,
  stateDir: true,
  clock: true,
  context: true,
  tools: true,
  capabilities: true,
  rateLimiter: true,
  facts: true,
  logger: true,
  returnOutput: true,
  defaultTimeoutMs: true,
  stepTimeoutMs: true,
  settleWithinMs: true,
};

/** What this package is written for; an older Node lacks what it uses. */
const OLDEST_NODE = [22, 12] as const;

/**
 * Refuses what a caller without a type checker may pass. An option that is silently ignored could be
 * the one that protects.
 *
 * @throws ProclawError `invalid_option` or `unsupported_platform`
 */
export function checkOptions(options: unknown): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new ProclawError(
      "unsupported_platform",
      `proclaw needs Node ${OLDEST_NODE.join(".")} or newer, this is ${process.versions.node}`,
    );
  }
  if (typeof options !== "object" || options === null) {
    throw new ProclawError("invalid_option", "expected an object of options with `policyFile` and `context`");
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(KNOWN, name)) continue;
    const near = Object.keys(KNOWN).find((known) => isNear(known, name));
    const hint = near === undefined ? `known are ${Object.keys(KNOWN).join(", ")}` : `did you mean \`${near}\`?`;
    throw new ProclawError("invalid_option", `unknown option \`${name}\`: ${hint}`);
  }
  const { store, stateDir, policyFile, planFile, planSha256, context } = options as Readonly<Record<string, unknown>>;
  if (typeof context !== "function") {
    throw new ProclawError("invalid_option", "`context` is not a function that says who calls");
  }
  if (store !== undefined && typeof store !== "string" && (typeof store !== "object" || store === null)) {
    throw new ProclawError("invalid_option", "`store` is neither a folder, a `file:` URL nor an audit store");
  }
  if (stateDir !== undefined && typeof stateDir !== "string") {
    throw new ProclawError("invalid_option", "`stateDir` is not the path of a folder");
  }
  if (planFile !== undefined && planSha256 === undefined && policyFile === undefined) {
    throw new ProclawError(
      "invalid_option",
      "`planFile` without `planSha256`: a plan decides, so name the digest that `proclaw compile` printed",
    );
  }
}

/** One letter added, lost or changed, or two swapped (optimal string alignment distance of at most 1), case aside. */
function isNear(known: string, given: string): boolean {
  const [a, b] = [known.toLowerCase(), given.toLowerCase()];
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
