import type { JsonValue } from "./json.ts";

/** What the policy says of a call. Anything but `allow` means: the tool does not run (now). */
export type Effect = "allow" | "deny" | "require_approval";
export type PolicyMode = "enforce" | "audit";

/**
 * Why a decision came out as it did: a closed union. A new code is a minor change, so consumers
 * need a default branch, and that branch denies.
 */
export const REASON_CODES = [
  "allowed_by_rule",
  "allowed_after_approval",
  "denied_by_rule",
  "approval_required",
  "approval_refused",
  "no_matching_rule",
  "unlisted_argument",
  "data_class_denied",
  "rate_limited",
  "evaluation_error",
  "unknown_variable",
  "missing_fact",
  "argument_too_large",
  "invalid_call",
  "policy_unavailable",
  "audit_unavailable",
  "outcome_unrecorded",
  "obligation_unsupported",
  "context_unavailable",
  "facts_changed",
  "deadline_exceeded",
  "quarantined",
  "unsupported_platform",
  "audit_mode",
  "internal_error",
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/** A token bucket or sliding window that a matching allow rule makes the call take from. */
export interface RateLimitObligation {
  readonly type: "rate_limit";
  readonly rule_id: string;
  /** Identity of the bucket: rule, dimension and the caller's value in it. */
  readonly key: string;
  readonly limit: number;
  /** Milliseconds over which `limit` is refilled. */
  readonly per_ms: number;
  readonly algorithm: "token_bucket" | "sliding_window";
}

/** Somebody has to approve before the call counts as allowed. */
export interface ApprovalObligation {
  readonly type: "approval";
  /** Null: asked for by the engine's own rule on irreversible tools. */
  readonly rule_id: string | null;
  readonly reason: string | null;
}

/** The call must be cut off after this many milliseconds. */
export interface TimeLimitObligation {
  readonly type: "time_limit";
  readonly timeout_ms: number;
}

/** The tool may run only inside this sandbox profile. */
export interface SandboxObligation {
  readonly type: "sandbox";
  readonly profile: string;
}

/** What of the output may pass back. */
export interface OutputObligation {
  readonly type: "output";
  /** UTF-8 bytes of the canonical JSON of the output. */
  readonly max_bytes?: number;
  /** Top-level members to keep; the others are removed. */
  readonly keep_fields?: readonly string[];
}

/**
 * Duties that come with a decision. The enforcement point discharges every one of them or denies
 * with `obligation_unsupported`; an unknown type is one it cannot discharge.
 */
export type Obligation =
  | RateLimitObligation
  | ApprovalObligation
  | TimeLimitObligation
  | SandboxObligation
  | OutputObligation;

/** Answer of a policy decision point. */
export interface Decision {
  readonly effect: Effect;
  readonly reason_code: ReasonCode;
  /** For people and the model: lower case, no arguments of the call in it. */
  readonly reason: string;
  readonly rule_id: string | null;
  readonly rule_name: string | null;
  /** Ids of all rules that made the decision what it is, in file order. */
  readonly determining_rules: readonly string[];
  readonly obligations: readonly Obligation[];
  readonly policy_sha256: string;
  readonly plan_sha256: string;
  readonly mode: PolicyMode;
  /** Present where audit mode let something pass: what would have been decided. */
  readonly would_have?: { readonly effect: Effect; readonly reason_code: ReasonCode };
  /** Extra detail for people, such as the data classes found (never the data). */
  readonly detail?: Readonly<Record<string, JsonValue>>;
}
