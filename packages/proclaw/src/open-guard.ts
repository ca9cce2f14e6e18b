import { clonePlainObject, eventFields, ProclawError } from "@proclaw/core";
import type { AuditTrail, JsonObject, Logger, PolicyDecisionPoint, ToolCatalogue } from "@proclaw/core";
import { createSanitizer } from "@proclaw/redact";
import { createDenyAllDecisionPoint, createGuard } from "@proclaw/runtime";
import type { Guard, GuardOptions } from "@proclaw/runtime";
import { checkOptions } from "./check-options.ts";
import { loadPolicy } from "./load-policy.ts";
import type { PolicySource } from "./load-policy.ts";
import { openTrailAt, unavailableTrail } from "./open-trail.ts";
import type { TrailPlace } from "./open-trail.ts";
import { firmLogger } from "./logging.ts";

const COMPILE_TIMEOUT_MS = 30_000;

/** Everything of a guard but the parts that the preset makes. */
export type GuardSettings = Omit<GuardOptions, "decisionPoint" | "trail" | "sanitizer"> & TrailPlace;

export type OpenGuardOptions = GuardSettings &
  PolicySource & {
    /** Longest time for compiling the policy, in milliseconds. Default 30 000. */
    readonly compileTimeoutMs?: number;
  };

/**
 * Opens a guard: compiles the policy in a child process (or takes a plan with its digest), opens the
 * trail, and records which policy is in force. `close()` closes the trail, too.
 *
 * INVARIANT (no allow before its policy is on record): the guard exists only after the `policy.load`
 * record is durable.
 *
 * @throws ProclawError `invalid_policy` (with file, line and column), `invalid_option`, or what
 *   opening the store throws
 */
export async function openGuard(options: OpenGuardOptions): Promise<Guard> {
  checkOptions(options);
  const { policyFile, planFile, planSha256, compileTimeoutMs = COMPILE_TIMEOUT_MS, ...settings } = options;
  const logger = firmLogger(settings.logger);
  const source = { policyFile, planFile, planSha256 } as PolicySource;
  // Read once: the policy is compiled with the same catalogue that the guard heeds.
  const host = readCatalogue(settings.tools);
  const { decisionPoint, tools } = await loadPolicy(source, host, compileTimeoutMs, logger);
  const trail = await openTrailAt(settings, logger);
  return compose({ ...settings, tools }, decisionPoint, trail, logger, { ...decisionPoint.identity, loaded: true });
}

function readCatalogue(tools: ToolCatalogue = {}): ToolCatalogue {
  try {
    return clonePlainObject(tools) as ToolCatalogue;
  } catch (error) {
    throw new ProclawError("invalid_option", "`tools` is not a plain JSON object", { cause: error });
  }
}

export interface DenyAllOptions extends Partial<GuardSettings> {
  /** Told to the model: lower case, no details of the machine. */
  readonly reason: string;
}

/**
 * Opens a guard that denies every call, for hosts that must come up whatever is wrong. Denials are
 * recorded (`policy_unavailable`) if the trail can be opened; if not, every call is denied with
 * `audit_unavailable`. Never rejects.
 */
export async function openDenyAllGuard(options: DenyAllOptions): Promise<Guard> {
  const { reason, store, stateDir, clock } = options;
  const logger = firmLogger(options.logger);
  // Only what cannot fail: an option that was wrong before must not be in the way of denying.
  const settings = { context: typeof options.context === "function" ? options.context : () => ({}) };
  const decisionPoint = createDenyAllDecisionPoint("policy_unavailable", reason);
  try {
    const place = {
      ...(store === undefined ? {} : { store }),
      ...(stateDir === undefined ? {} : { stateDir }),
      ...(clock === undefined ? {} : { clock }),
    };
    const trail = await openTrailAt(place, logger);
    return await compose(settings, decisionPoint, trail, logger, { loaded: false, reason });
  } catch (error) {
    logger.error(`the audit trail cannot be opened: ${ProclawError.is(error) ? error.message : "it failed"}`);
    return createGuard({ ...settings, decisionPoint, trail: unavailableTrail(), sanitizer: createSanitizer(), logger });
  }
}

/** {@link openGuard}, or if that fails a guard that denies everything; the logger is told why. Never rejects. */
export async function openGuardOrDenyAll(options: OpenGuardOptions): Promise<Guard> {
  try {
    return await openGuard(options);
  } catch (error) {
    const { policyFile: _policy, planFile: _plan, planSha256: _digest, ...settings } = { ...options };
    const why = ProclawError.is(error) ? error.message : "it failed";
    firmLogger(settings.logger).error(`the guard cannot be opened and denies every call: ${why}`);
    const reason = ProclawError.is(error, "invalid_policy")
      ? "the policy cannot be loaded"
      : "the guard could not be started";
    return openDenyAllGuard({ ...settings, reason });
  }
}

/** Puts the parts together and makes the `policy.load` record durable; closes the trail if that fails. */
async function compose(
  settings: Omit<GuardOptions, "decisionPoint" | "trail" | "sanitizer">,
  decisionPoint: PolicyDecisionPoint,
  trail: AuditTrail,
  logger: Logger,
  loaded: JsonObject,
): Promise<Guard> {
  try {
    const sanitizer = createSanitizer();
    const guard = createGuard({ ...settings, decisionPoint, trail, sanitizer, logger });
    await trail.append(sanitizer.sanitizeEvent(eventFields({ kind: "policy.load", body: loaded })));
    return closingTrail(guard, trail);
  } catch (error) {
    // Why it could not be composed matters more than that it could not be closed either.
    await trail.close().catch(() => {});
    throw error;
  }
}

function closingTrail(guard: Guard, trail: AuditTrail): Guard {
  const closeBoth = async (): Promise<void> => {
    try {
      await guard.close();
    } finally {
      await trail.close();
    }
  };
  let closing: Promise<void> | null = null;
  return Object.freeze({ ...guard, close: () => (closing ??= closeBoth()) });
}
