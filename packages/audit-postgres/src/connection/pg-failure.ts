import { ProclawError } from "@proclaw/core";
import type { ErrorCode } from "@proclaw/core";
import { SQL_STATE } from "../schema/sql-states.ts";

/** Codes of ours that a door answers with; whatever else fails is `store_failed`. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  [SQL_STATE.leaseLost]: "lease_lost",
  [SQL_STATE.headMismatch]: "head_mismatch",
  [SQL_STATE.invalidRecord]: "invalid_option",
  [SQL_STATE.otherCheckpoint]: "store_failed",
  [SQL_STATE.leaseHeld]: "lease_held",
};

/** What an operator can make of a SQLSTATE (appendix A of PostgreSQL's manual) or a system error. */
const MEANINGS: Readonly<Record<string, string>> = {
  "08000": "the connection broke",
  "08003": "the connection broke",
  "08006": "the connection broke",
  "25006": "the server is a read-only replica, or its transactions are set to be read-only",
  "25P03": "the session was idle in a transaction for too long",
  "28000": "the server refuses this user",
  "28P01": "the password is wrong",
  "3D000": "there is no such database",
  "3F000": "the schema is missing: run `migrate`",
  "40001": "the transaction was cancelled by a conflict or a fail-over",
  "40P01": "a deadlock was broken",
  "42501": "the user has not the right to do this: grant it the writer's, auditor's or approver's role",
  "42883": "a function is missing: run `migrate`",
  "42P01": "a table is missing: run `migrate`",
  "53100": "the server's disk is full",
  "53200": "the server is out of memory",
  "53300": "the server has no connection left",
  "55P03": "a lock was not to be had in time",
  "57014": "the statement took longer than its time-out",
  "57P01": "the server ended the session",
  "57P02": "the server crashed",
  "57P03": "the server is starting or stopping",
  "57P05": "the session was idle for too long",
  [SQL_STATE.kept]: "a guard refused it",
  [SQL_STATE.otherCheckpoint]: "another checkpoint of this size is there",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection broke",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host name cannot be resolved now",
  EPIPE: "the connection broke",
  ETIMEDOUT: "no answer in time",
};

/**
 * The error of a failed query or connection.
 *
 * INVARIANT (errors carry no data): only a code and our own words. The driver's message may quote a
 * connection URL with its password, the server's may quote values; so neither is passed on, nor
 * kept as `cause`.
 */
export function pgFailure(what: string, error: unknown): ProclawError {
  if (ProclawError.is(error)) return error;
  const state = stateOf(error);
  const code = state === null ? "store_failed" : (CODES[state] ?? "store_failed");
  return new ProclawError(code, `${what}: ${state === null ? withoutState(error) : meaning(state)}`);
}

/** The driver's own errors have no code; only known beginnings are read, and nothing of them is passed on. */
function withoutState(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  if (message.startsWith("SASL:")) return "the server wants a password: set PGPASSWORD, or a line in the password file";
  if (message.startsWith("The server does not support SSL")) return "the server speaks no TLS";
  return "the connection broke";
}

function meaning(state: string): string {
  const words = Object.hasOwn(MEANINGS, state) ? MEANINGS[state] : undefined;
  if (words !== undefined) return `${words} (${state})`;
  switch (state) {
    case SQL_STATE.leaseLost:
      return "the lease was taken over, or its session ended";
    case SQL_STATE.headMismatch:
      return "the log is not where it was expected to be";
    case SQL_STATE.invalidRecord:
      return "the server refuses what was sent as not fitting to the log";
    case SQL_STATE.leaseHeld:
      return "another live session holds the lease";
    default:
      return `the server answered ${state}`;
  }
}

/** SQLSTATE or system code of an error, null if it has none. */
export function stateOf(error: unknown): string | null {
  const code: unknown = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^[A-Z0-9_]{3,40}$/.test(code) ? code : null;
}

/**
 * Whether a failed statement left its session usable: the server answered, and not with the end of
 * the session (class 57P). Else nobody knows what became of it.
 */
export function sessionSurvives(error: unknown): boolean {
  const state = stateOf(error);
  const severity: unknown = (error as { readonly severity?: unknown } | null | undefined)?.severity;
  if (severity === "FATAL" || severity === "PANIC") return false;
  return state !== null && /^[0-9A-Z]{5}$/.test(state) && !/^(E|57P|08)/.test(state);
}
