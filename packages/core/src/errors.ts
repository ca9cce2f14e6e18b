/**
 * Codes of {@link ProclawError}, a closed and documented union. Consumers need a default branch:
 * a new code is a minor change. Reasons of a *decision* are {@link ReasonCode}s, not these.
 */
export const ERROR_CODES = [
  /** The call was decided and refused; `.decision` says why. Nothing ran. */
  "denied",
  /** The tool ran, but its outcome could not be recorded or sanitized; the result is withheld. */
  "outcome_unrecorded",
  /** The tool ran and its outcome is recorded, but its output breaks a limit and is withheld. */
  "output_withheld",
  /** The tool ran longer than its limit; the caller gets this instead of a late result. */
  "deadline_exceeded",
  /** The tool itself failed; its own error is in `cause`. */
  "tool_failed",
  /** A value is not plain JSON (a function, NaN, a lone surrogate, a cycle, …). */
  "not_json",
  /** A value is larger than the limit under which it was read. */
  "too_large",
  /** A policy or a plan cannot be loaded. */
  "invalid_policy",
  /** An option, argument or setting of ours is wrong. */
  "invalid_option",
  /** Parts built against different versions of the contracts were put together. */
  "incompatible_contract",
  /** A store refused, failed or did not answer: nothing of the batch may be taken as durable. */
  "store_failed",
  /** The head of the log is not the expected one: somebody else appended (see {@link AuditStore.append}). */
  "head_mismatch",
  /** Another live writer holds the lease of this log. */
  "lease_held",
  /** The lease was lost or taken over: this writer may append no more. */
  "lease_lost",
  /** The trail takes no records (not open, failed, closed, or its queue is full). */
  "trail_unavailable",
  /** A record is larger than the record limit even after detaching what can be detached. */
  "record_too_large",
  /** Evidence (a trail, a note, a key) cannot be read or parsed. */
  "unreadable_evidence",
  /** The platform lacks a primitive that a guarantee needs. */
  "unsupported_platform",
  /** An optional package is not installed; the message names the install command. */
  "missing_peer",
  /** A fault of ProClaw itself. */
  "internal_error",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

const BRAND: unique symbol = Symbol.for("proclaw.error") as never;

/**
 * The one error class of all ProClaw packages.
 *
 * INVARIANT (errors carry no data): the message and the fields never hold arguments or results of
 * a call, which would leak past the sanitizer. A tool's own error is kept as `cause`, untouched,
 * for the process that ran the tool; it is never serialized by us.
 */
export class ProclawError extends Error {
  override readonly name = "ProclawError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options !== undefined && "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    // Not a declared member: with a computed name, declarations cannot be made file by file.
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether `value` is a ProclawError, also one made by another copy of this package. */
  static is(value: unknown): value is ProclawError;
  static is<C extends ErrorCode>(value: unknown, code: C): value is ProclawError & { readonly code: C };
  static is(value: unknown, code?: ErrorCode): boolean {
    if (typeof value !== "object" || value === null) return false;
    try {
      const candidate = value as { readonly [BRAND]?: unknown; readonly code?: unknown };
      return candidate[BRAND] === true && (code === undefined || candidate.code === code);
    } catch {
      // Anything can be thrown, a revoked proxy too, and whoever asks is in the middle of catching it.
      return false;
    }
  }
}
