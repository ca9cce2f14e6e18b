import type {
  Decision,
  DecisionRequest,
  Facts,
  JsonValue,
  PolicyDecisionPoint,
  RateLimiter,
  RateLimitObligation,
  ReasonCode,
} from "@proclaw/core";
import { readCall } from "./call-line.ts";

export interface DeciderOptions {
  readonly point: PolicyDecisionPoint;
  readonly limiter: RateLimiter;
  /** Name of a rule, for its id. */
  readonly ruleName: (id: string) => string | null;
  /** Serves calls that say no `now`. */
  readonly clock: () => number;
  /** The resolved form of a path argument, or null: `--assume-lexical-paths`. */
  readonly resolvePath: ((path: string, workingDirectory: string | undefined) => string | null) | null;
}

/** What was asked, as far as it could be read, and the answer. */
export interface Answer {
  /** Null: no call could be read. */
  readonly request: DecisionRequest | null;
  readonly decision: Decision;
}

/**
 * Decides calls that arrive as text, the way the guard would: the policy first, then the rate
 * limits of what it allows, which count across all calls of one decider.
 */
export class Decider {
  readonly #options: DeciderOptions;
  #count = 0;

  constructor(options: DeciderOptions) {
    this.#options = options;
  }

  /**
   * @param bytes the call; null for one that is longer than anybody may send. Never throws for what
   *   is in it: a call that cannot be read, and one that makes something of ours fail, is denied.
   */
  answer(bytes: Uint8Array | null): Answer | Promise<Answer> {
    this.#count++;
    if (bytes === null) return this.#deny(null, "argument_too_large", "the call is longer than a call may be");
    const read = readCall(bytes, this.#options.clock);
    if (!read.ok) return this.#deny(null, read.code, read.why);
    let request = read.request;
    try {
      request = this.#withFacts(request);
      const decision = this.#options.point.decide(request);
      return this.#discharge(request, decision);
    } catch {
      return this.#deny(request, "internal_error", "deciding the call failed");
    }
  }

  #discharge(request: DecisionRequest, decision: Decision): Answer | Promise<Answer> {
    switch (decision.effect) {
      case "deny":
      case "require_approval":
        // Limits are taken after approval, which nobody gives here.
        return { request, decision };
      case "allow": {
        // Audit mode waives the limits too.
        if (decision.reason_code === "audit_mode") return { request, decision };
        const limits = decision.obligations.filter((duty) => duty.type === "rate_limit");
        return limits.length === 0 ? { request, decision } : this.#take(request, decision, limits);
      }
      default:
        return this.#deny(request, "internal_error", "the policy engine gave no known effect");
    }
  }

  async #take(request: DecisionRequest, decision: Decision, limits: readonly RateLimitObligation[]): Promise<Answer> {
    const id = request.call.call_id;
    // Prefixes keep a call id of the input apart from the numbers that stand in for missing ones.
    const callId = id === undefined ? `line:${this.#count}` : `id:${id}`;
    try {
      const answer = await this.#options.limiter.take({ callId, limits, now: request.now });
      if (answer.granted) return { request, decision };
      const rule_name = this.#options.ruleName(answer.ruleId);
      return {
        request,
        decision: {
          ...decision,
          effect: "deny",
          reason_code: "rate_limited",
          reason: "the rate limit of a rule is exhausted",
          rule_id: answer.ruleId,
          rule_name,
          determining_rules: [answer.ruleId],
          obligations: [],
          detail: { retry_after_ms: answer.retryAfterMs },
        },
      };
    } catch {
      return this.#deny(request, "rate_limited", "the rate limits cannot be counted");
    }
  }

  #withFacts(request: DecisionRequest): DecisionRequest {
    const { point, resolvePath } = this.#options;
    if (resolvePath === null || point.requirements(request.call.tool).paths.length === 0) return request;
    const given: unknown = request.facts.paths;
    // A wrong shape is the engine's to refuse.
    if (given !== undefined && (typeof given !== "object" || given === null || Array.isArray(given))) return request;
    const paths: Record<string, string> = {};
    const workingDirectory: unknown = request.context.working_directory;
    const root = typeof workingDirectory === "string" ? workingDirectory : undefined;
    // All strings and not only the arguments the plan names: an argument may bear an alias, and a
    // fact that nobody asks for does nothing.
    forEachString(request.call.args, 0, (text) => {
      const resolved = resolvePath(text, root);
      if (resolved !== null) set(paths, text, resolved);
    });
    // What the call itself states is better than what we assume.
    for (const [path, resolved] of Object.entries(given ?? {})) set(paths, path, resolved);
    const facts: Facts = { ...request.facts, paths };
    return { ...request, facts };
  }

  #deny(request: DecisionRequest | null, reason_code: ReasonCode, reason: string): Answer {
    const { policy_sha256, plan_sha256, mode } = this.#options.point.identity;
    return {
      request,
      decision: {
        effect: "deny",
        reason_code,
        reason,
        rule_id: null,
        rule_name: null,
        determining_rules: [],
        obligations: [],
        policy_sha256,
        plan_sha256,
        mode,
      },
    };
  }
}

/** Plain assignment to `__proto__` would set the prototype instead of a member. */
function set(target: Record<string, string>, key: string, value: string): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** As deep as the engine looks; beyond, it denies. */
const MAX_DEPTH = 64;

function forEachString(value: JsonValue, depth: number, visit: (text: string) => void): void {
  if (typeof value === "string") visit(value);
  else if (typeof value === "object" && value !== null && depth <= MAX_DEPTH) {
    for (const member of Object.values(value)) forEachString(member, depth + 1, visit);
  }
}
