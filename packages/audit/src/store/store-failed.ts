import { ProclawError } from "@proclaw/core";

/** A write that took fewer bytes than it was given: so a full disk shows itself, and a used-up quota. */
export class ShortWrite extends Error {
  constructor(written: number, length: number) {
    super(`short write: ${written} of ${length} bytes`);
  }
}

const FULL = "the disk is full, or a quota or file size limit is used up; make room there";

/** What somebody can do about a failure, by its code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: FULL,
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "the file system is read-only",
  EMFILE: "this process has too many files open; raise `ulimit -n`",
};

/**
 * A `store_failed` that names the cause by its code (`ENOSPC`), or else by its message, and the
 * remedy where there is one.
 */
export function storeFailed(what: string, cause: unknown): ProclawError {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : null;
  const why = code ?? (cause instanceof Error ? cause.message : "unknown error");
  const remedy =
    cause instanceof ShortWrite ? FULL : code !== null && Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
  return new ProclawError("store_failed", `${what}: ${why}${remedy === undefined ? "" : ` (${remedy})`}`, { cause });
}

/** Runs `operation`; what it throws that is not a `ProclawError` becomes `store_failed`. */
export async function attempt<T>(what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw ProclawError.is(error) ? error : storeFailed(what, error);
  }
}
