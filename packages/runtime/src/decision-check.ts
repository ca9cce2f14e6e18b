import { clonePlainObject, REASON_CODES } from "@proclaw/core";
import type { Decision, Effect, JsonObject, JsonValue, Obligation, PolicyIdentity, ReasonCode } from "@proclaw/core";

const MAX_DECISION_SIZE = 1_048_576;
const REASONS: ReadonlySet<unknown> = new Set(REASON_CODES);
const EFFECTS: ReadonlySet<unknown> = new Set<Effect>(["allow", "deny", "require_approval"]);

const isString = (value: unknown): value is string => typeof value === "string";
const isStringOrNull = (value: unknown): boolean => value === null || isString(value);
const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every(isString);
const isPositive = (value: unknown): boolean => typeof value === "number" && value > 0;

/**
 * A frozen copy of what a decision point answered, or null if that is no decision.
 *
 * INVARIANT (unknown is denial): an effect or reason outside the closed unions, a shape that does
 * not fit, an allow for a reason that allows nothing: none of them is a decision.
 */
export function checkDecision(value: unknown): Decision | null {
  let decision: JsonObject;
  try {
    decision = clonePlainObject(value, MAX_DECISION_SIZE);
  } catch {
    return null;
  }
  const { effect, reason_code, reason, rule_id, rule_name, determining_rules, obligations, mode, would_have } =
    decision;
  const sound =
    EFFECTS.has(effect) &&
    REASONS.has(reason_code) &&
    isString(reason) &&
    isStringOrNull(rule_id) &&
    isStringOrNull(rule_name) &&
    isStrings(determining_rules) &&
    Array.isArray(obligations) &&
    obligations.every(isWellFormedObligation) &&
    isString(decision["policy_sha256"]) &&
    isString(decision["plan_sha256"]) &&
    (mode === "enforce" || mode === "audit") &&
    (would_have === undefined || isWouldHave(would_have)) &&
    (effect !== "allow" || reason_code === "allowed_by_rule" || (reason_code === "audit_mode" && mode === "audit"));
  return sound ? (decision as unknown as Decision) : null;
}

function isWouldHave(value: JsonValue): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { effect, reason_code } = value as JsonObject;
  return EFFECTS.has(effect) && REASONS.has(reason_code);
}

/** An obligation of an unknown type is well-formed: it is refused later as one that nobody can discharge. */
function isWellFormedObligation(value: JsonValue): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const it = value as JsonObject;
  switch (it["type"]) {
    case "rate_limit":
      return (
        isString(it["rule_id"]) &&
        isString(it["key"]) &&
        Number.isSafeInteger(it["limit"]) &&
        (it["limit"] as number) >= 0 &&
        isPositive(it["per_ms"]) &&
        (it["algorithm"] === "token_bucket" || it["algorithm"] === "sliding_window")
      );
    case "approval":
      return isStringOrNull(it["rule_id"]) && isStringOrNull(it["reason"]);
    case "time_limit":
      return isPositive(it["timeout_ms"]);
    case "sandbox":
      return isString(it["profile"]);
    case "output":
      return (
        (it["max_bytes"] === undefined ||
          (Number.isSafeInteger(it["max_bytes"]) && (it["max_bytes"] as number) >= 0)) &&
        (it["keep_fields"] === undefined || isStrings(it["keep_fields"]))
      );
    default:
      return isString(it["type"]);
  }
}

/** A denial that the guard itself decided. */
export function guardDenial(
  identity: PolicyIdentity,
  reasonCode: ReasonCode,
  reason: string,
  detail?: Readonly<Record<string, JsonValue>>,
): Decision {
  return {
    effect: "deny",
    reason_code: reasonCode,
    reason,
    rule_id: null,
    rule_name: null,
    determining_rules: [],
    obligations: [],
    policy_sha256: identity.policy_sha256,
    plan_sha256: identity.plan_sha256,
    mode: identity.mode,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** The decision overruled: same policy and rule, but denied. */
export function overrule(decision: Decision, reasonCode: ReasonCode, reason: string, ruleId?: string): Decision {
  return {
    ...decision,
    effect: "deny",
    reason_code: reasonCode,
    reason,
    ...(ruleId === undefined ? {} : { rule_id: ruleId }),
    obligations: [] satisfies readonly Obligation[],
  };
}
