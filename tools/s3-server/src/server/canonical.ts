import { createHash, createHmac } from "node:crypto";

/** The parts of a request that AWS Signature Version 4 covers. */
export interface CanonicalParts {
  readonly method: string;
  /** Decoded path, beginning with `/`. */
  readonly path: string;
  /** Decoded names and values. */
  readonly query: readonly (readonly [string, string])[];
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signedHeaders: readonly string[];
  /** Value of `x-amz-content-sha256`. */
  readonly payloadHash: string;
}

export interface Scope {
  /** `20260102T030405Z` */
  readonly timestamp: string;
  readonly region: string;
}

/** RFC 3986 with nothing but the unreserved characters left as they are. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** As {@link uriEncode}, the slashes of a path left as they are. */
export function uriEncodePath(path: string): string {
  return path.split("/").map(uriEncode).join("/");
}

/** `20260102/us-east-1/s3/aws4_request` */
export function scopeOf({ timestamp, region }: Scope): string {
  return `${timestamp.slice(0, 8)}/${region}/s3/aws4_request`;
}

/**
 * AWS Signature Version 4 of a request, in the form that S3 uses (the path is encoded once):
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function signature(secretKey: string, scope: Scope, parts: CanonicalParts): string {
  const query = parts.query
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const headers = parts.signedHeaders.map((name) => `${name}:${collapse(parts.headers[name] ?? "")}\n`).join("");
  const canonical = [
    parts.method,
    uriEncodePath(parts.path),
    query,
    headers,
    parts.signedHeaders.join(";"),
    parts.payloadHash,
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", scope.timestamp, scopeOf(scope), sha256Hex(canonical)].join("\n");
  let key: string | Buffer = `AWS4${secretKey}`;
  for (const part of [scope.timestamp.slice(0, 8), scope.region, "s3", "aws4_request"]) key = hmac(key, part);
  return hmac(key, text).toString("hex");
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function collapse(value: string): string {
  return value.trim().replace(/ +/g, " ");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
