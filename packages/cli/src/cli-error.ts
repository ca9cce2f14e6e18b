import { ProclawError } from "@proclaw/core";
import type { ErrorCode } from "@proclaw/core";

/** A failure that ends the command with exit status 2, and what the user can do about it. */
export class CliError extends ProclawError {
  readonly hint: string | null;

  constructor(code: ErrorCode, message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(code, message, "cause" in options ? { cause: options.cause } : undefined);
    this.hint = options.hint ?? null;
  }
}

/** Whoever read our output went away: the run ends without a word, as SIGPIPE would end it. */
export class BrokenPipe extends Error {}

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EISDIR: "is a folder",
  ENOTDIR: "a part of the path is not a folder",
  EEXIST: "exists already",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "the name is too long",
  ENOSPC: "no space left",
  EROFS: "the file system is read-only",
  EMFILE: "too many open files",
  EIO: "input/output error",
};

/** The system error code of `error` (`ENOENT`), or null. */
export function systemCode(error: unknown): string | null {
  const code: unknown = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^E[A-Z0-9]{2,}$/.test(code) ? code : null;
}

/** What a file operation failed of, in words. */
export function fileFault(error: unknown): string {
  const code = systemCode(error);
  return code === null ? "cannot be used" : (FILE_FAULTS[code] ?? code);
}
