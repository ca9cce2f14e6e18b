import { assertContract, clonePlainObject, ProclawError } from "@proclaw/core";
import type {
  AuditTrail,
  Clock,
  HostCapabilities,
  Logger,
  PolicyDecisionPoint,
  RateLimiter,
  ToolCatalogue,
  ToolFacts,
} from "@proclaw/core";
import type { Sanitizer } from "@proclaw/redact";
import type { ContextSource } from "./call-context.ts";
import { durationMs } from "./duration.ts";
import type { FactSource } from "./facts.ts";
import { GUARD_EXECUTES } from "./obligations.ts";
import type { ReturnOutput } from "./payload.ts";
import { createPathResolver } from "./platform/path-resolver.ts";
import { createMemoryRateLimiter } from "./rate-limit/memory-rate-limiter.ts";
import { Recorder } from "./recorder.ts";
import { safeLogger } from "./safe-logger.ts";
import { systemClock } from "./system-clock.ts";

export interface GuardOptions {
  readonly decisionPoint: PolicyDecisionPoint;
  /** Open, and closed by whoever opened it. */
  readonly trail: AuditTrail;
  readonly sanitizer: Sanitizer;
  /** Who calls: owned by the host, asked once a call. If it throws, the call is denied. */
  readonly context: ContextSource;
  /** What the host knows of its tools; where the policy speaks too, the stricter holds. */
  readonly tools?: ToolCatalogue;
  /** What the host can do with a permit from `authorize`. Default: everything. */
  readonly capabilities?: HostCapabilities;
  /** Default: in memory, so limits start full with the process. */
  readonly rateLimiter?: RateLimiter;
  /** Default: paths on this machine's file system. */
  readonly facts?: FactSource;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /**
   * What the caller gets back where no output limit applies. `as_is` (default): what the tool
   * returned. `sanitized`: a frozen copy without secrets and card numbers; output that is not JSON
   * is withheld. The trail only ever gets the sanitized form.
   */
  readonly returnOutput?: ReturnOutput;
  /** Time limit of a tool for which nobody states one, in milliseconds. Default 30 000. */
  readonly defaultTimeoutMs?: number;
  /** Longest wait for context, facts, limiter or trail, each, in milliseconds. Default 5 000. */
  readonly stepTimeoutMs?: number;
  /** A permit from `authorize` that is not settled for so long is recorded as `unobserved`. Default 600 000. */
  readonly settleWithinMs?: number;
}

/** The parts of a guard, checked and completed. */
export interface GuardParts {
  readonly decisionPoint: PolicyDecisionPoint;
  readonly sanitizer: Sanitizer;
  readonly recorder: Recorder;
  readonly context: ContextSource;
  readonly tools: ReadonlyMap<string, ToolFacts>;
  readonly capabilities: HostCapabilities;
  readonly rateLimiter: RateLimiter;
  readonly facts: FactSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly returnOutput: ReturnOutput;
  readonly defaultTimeoutMs: number;
  readonly stepTimeoutMs: number;
  readonly settleWithinMs: number;
}

/** @throws ProclawError `incompatible_contract` or `invalid_option` */
export function guardParts(options: GuardOptions): GuardParts {
  const rateLimiter = options.rateLimiter ?? createMemoryRateLimiter();
  assertContract(options.decisionPoint, "PolicyDecisionPoint");
  assertContract(options.trail, "AuditTrail");
  assertContract(rateLimiter, "RateLimiter");
  if (typeof options.context !== "function") throw new ProclawError("invalid_option", "`context` is not a function");
  const returnOutput: unknown = options.returnOutput ?? "as_is";
  if (returnOutput !== "as_is" && returnOutput !== "sanitized") {
    throw new ProclawError("invalid_option", "`returnOutput` is neither `as_is` nor `sanitized`");
  }
  const stepTimeoutMs = durationMs(options.stepTimeoutMs ?? 5_000, "stepTimeoutMs");
  const clock = options.clock ?? systemClock;
  const logger = safeLogger(options.logger, options.sanitizer);
  return {
    decisionPoint: options.decisionPoint,
    sanitizer: options.sanitizer,
    recorder: new Recorder({
      trail: options.trail,
      sanitizer: options.sanitizer,
      clock,
      logger,
      deadlineMs: stepTimeoutMs,
    }),
    context: options.context,
    tools: readCatalogue(options.tools ?? {}),
    capabilities: options.capabilities ?? GUARD_EXECUTES,
    rateLimiter,
    facts: options.facts ?? createPathResolver(),
    clock,
    logger,
    returnOutput,
    defaultTimeoutMs: durationMs(options.defaultTimeoutMs ?? 30_000, "defaultTimeoutMs"),
    stepTimeoutMs,
    settleWithinMs: durationMs(options.settleWithinMs ?? 600_000, "settleWithinMs"),
  };
}

function readCatalogue(catalogue: ToolCatalogue): ReadonlyMap<string, ToolFacts> {
  const tools = new Map(Object.entries(clonePlainObject(catalogue)) as unknown as [string, ToolFacts][]);
  for (const [name, { timeout, payload }] of tools) {
    if (timeout !== undefined) durationMs(timeout, `tools, \`${name}\``);
    if (payload === "ref" || payload === "sealed") {
      throw new ProclawError("invalid_option", `tool \`${name}\`: payload mode \`${payload}\` is not available yet`);
    }
  }
  return tools;
}
