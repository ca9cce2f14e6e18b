import { ProclawError } from "@proclaw/core";
import type { ErrorCode } from "@proclaw/core";

/**
 * What a failed call says of its effect.
 * - `exists`: a conditional PUT found the key taken, perhaps by an earlier try of ours
 * - `again`: refused for now, without effect
 * - `uncertain`: no answer, or one of a server in trouble: it may have happened
 * - `absent`: there is no such thing
 * - `refused`: it did not happen, and trying the same again will not change that
 */
export type FailureKind = "exists" | "again" | "uncertain" | "absent" | "refused";

interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly Code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
}

/** S3's name for a failure (`AccessDenied`), or the system's (`ECONNREFUSED`). */
export function errorName(error: unknown): string {
  const { name, Code, code } = (error ?? {}) as SdkError;
  if (typeof code === "string") return code;
  // Ceph answers HEAD without a body, and the SDK then names the class of the status.
  if (typeof Code === "string" && Code !== "") return Code;
  return typeof name === "string" ? name : "UnknownError";
}

export function errorStatus(error: unknown): number | null {
  const status = ((error ?? {}) as SdkError).$metadata?.httpStatusCode;
  return typeof status === "number" ? status : null;
}

const AGAIN: ReadonlySet<string> = new Set(["ConditionalRequestConflict", "OperationAborted"]);
const CREDENTIALS: ReadonlySet<string> = new Set([
  "CredentialsProviderError",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "InvalidToken",
  "TokenRefreshRequired",
]);

export function failureKind(error: unknown): FailureKind {
  const status = errorStatus(error);
  const name = errorName(error);
  if (status === 412) return "exists";
  if (status === 409 && AGAIN.has(name)) return "again";
  // The answer holds the server's time, and the SDK signs the next request by that.
  if (name === "RequestTimeTooSkewed") return "again";
  if (status === 404) return "absent";
  if (status === 429 || name === "SlowDown" || name === "RequestTimeout" || name === "ServiceUnavailable") {
    return "uncertain";
  }
  if (CREDENTIALS.has(name)) return "refused";
  return status === null || status >= 500 ? "uncertain" : "refused";
}

/** What somebody can do about a failure. */
function remedyOf(error: unknown): string | null {
  const name = errorName(error);
  const status = errorStatus(error);
  if (name === "NoSuchBucket") return "there is no such bucket: make it with Object Lock, docs/audit/s3.md says how";
  if (name === "RequestTimeTooSkewed") return "set the clock of this host";
  if (CREDENTIALS.has(name)) return "the credentials are missing, wrong or expired: see the SDK's credential chain";
  if (name === "PermanentRedirect" || name === "AuthorizationHeaderMalformed") return "name the bucket's own region";
  if (name === "NoSuchKey" || name === "NoSuchVersion" || status === 404) return null;
  if (status === 403) return "these credentials may not do this: see the bucket policy in docs/audit/s3.md";
  if (name === "InvalidRequest") return "the bucket has no Object Lock, or refuses this one: run `proclaw doctor s3`";
  if (status === null) return "the server does not answer";
  return status >= 500 ? "the server is in trouble" : null;
}

/**
 * A failed call as a `ProclawError`: names what was tried, S3's code and the remedy. The server's
 * own words stay in `cause`: they may quote what was sent.
 */
export function s3Failure(code: ErrorCode, what: string, error: unknown): ProclawError {
  if (ProclawError.is(error)) return error;
  const status = errorStatus(error);
  // The SDK's own complaints of missing settings have no code, and their text is about settings only.
  const region = error instanceof Error && status === null && error.message.startsWith("Region is missing");
  const remedy = region ? "name the region of the bucket" : remedyOf(error);
  const said = region ? "no region" : `${errorName(error)}${status === null ? "" : ` (${status})`}`;
  return new ProclawError(code, `${what}: ${said}${remedy === null ? "" : `; ${remedy}`}`, { cause: error });
}
