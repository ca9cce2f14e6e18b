import type {
  Decision,
  DecisionRequest,
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
  /** Paths and what they are taken to resolve to, or null for none: `--assume-lexical-paths`. */
  readonly assumedPaths: ((request: DecisionRequest) => readonly (readonly [string, string])[]) | null;
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
    const { assumedPaths } = this.#options;
    const given: unknown = request.facts.paths;
    // A wrong shape is the engine's to refuse.
    if (assumedPaths === null || (given !== undefined && !isMembers(given))) return request;
    const assumed = assumedPaths(request);
    if (assumed.length === 0) return request;
    // What the call itself states is better than what we assume.
    const paths = Object.fromEntries([...assumed, ...Object.entries(given ?? {})]) as Record<string, string>;
    return { ...request, facts: { ...request.facts, paths } };
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

function isMembers(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
