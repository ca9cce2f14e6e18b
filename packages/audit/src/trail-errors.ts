import { ProclawError } from "@proclaw/core";

export function unavailable(why: string): ProclawError {
  return new ProclawError("trail_unavailable", `the audit trail takes no record now: ${why}`);
}

/** Whoever appended stopped waiting. */
export function givenUp(signal: AbortSignal | undefined): ProclawError {
  return new ProclawError("trail_unavailable", "the append was given up before it was durable", {
    cause: signal?.reason,
  });
}

/** Whether trying again cannot mend it: the log cannot be continued. */
export function isFinal(error: unknown): boolean {
  return (
    ProclawError.is(error, "lease_lost") ||
    ProclawError.is(error, "head_mismatch") ||
    ProclawError.is(error, "unreadable_evidence")
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
