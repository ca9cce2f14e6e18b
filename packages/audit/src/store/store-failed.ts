import { ProclawError } from "@proclaw/core";

/** A `store_failed` that names the cause by its code (`ENOSPC`), or else by its message. */
export function storeFailed(what: string, cause: unknown): ProclawError {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : null;
  const why = code ?? (cause instanceof Error ? cause.message : "unknown error");
  return new ProclawError("store_failed", `${what}: ${why}`, { cause });
}

/** Runs `operation`; what it throws that is not a `ProclawError` becomes `store_failed`. */
export async function attempt<T>(what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw ProclawError.is(error) ? error : storeFailed(what, error);
  }
}
