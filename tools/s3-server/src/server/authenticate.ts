import { timingSafeEqual } from "node:crypto";
import { scopeOf, signature } from "./canonical.ts";
import type { S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";

export interface User {
  readonly name: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** How a bucket policy names this user. */
  readonly arn: string;
}

const SKEW_MS = 15 * 60_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/s3\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/;

/**
 * Who sent the request: AWS Signature Version 4 in the `Authorization` header. Presigned URLs and
 * Signature Version 2 are refused by name.
 * @returns null for a request without any credentials
 * @throws S3Error
 */
export function authenticate(request: S3Request, users: readonly User[], region: string, now: number): User | null {
  if (request.query.has("X-Amz-Signature") || request.query.has("Signature")) {
    throw new S3Error(
      "NotImplemented",
      "presigned requests are not part of this server; sign the `Authorization` header",
    );
  }
  const { authorization } = request.headers;
  if (authorization === undefined) return null;
  const parts = AUTHORIZATION.exec(authorization);
  if (parts === null) {
    const message = "The authorization header is malformed; only AWS4-HMAC-SHA256 is part of this server";
    throw new S3Error("AuthorizationHeaderMalformed", message);
  }
  const [, accessKey, date, scopeRegion = "", signed = "", claimed = ""] = parts;
  const user = users.find((candidate) => candidate.accessKey === accessKey);
  if (user === undefined) {
    throw new S3Error("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
  }
  if (scopeRegion !== region) {
    const message = `The authorization header is malformed; the region '${scopeRegion}' is wrong; expecting '${region}'`;
    throw new S3Error("AuthorizationHeaderMalformed", message, { details: { Region: region } });
  }
  const timestamp = request.headers["x-amz-date"] ?? "";
  const sent = parseTimestamp(timestamp);
  if (Number.isNaN(sent) || !timestamp.startsWith(date ?? "")) {
    throw new S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  }
  if (Math.abs(sent - now) > SKEW_MS) {
    throw new S3Error(
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
      {
        details: {
          RequestTime: timestamp,
          ServerTime: new Date(now).toISOString(),
          MaxAllowedSkewMilliseconds: String(SKEW_MS),
        },
      },
    );
  }
  const signedHeaders = signed.split(";");
  const unsigned = Object.keys(request.headers).filter(
    (name) => (name.startsWith("x-amz-") || name === "host") && !signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    throw new S3Error("AccessDenied", "There were headers present in the request which were not signed", {
      details: { HeadersNotSigned: unsigned.join(", ") },
    });
  }
  const expected = signature(
    user.secretKey,
    { timestamp, region },
    {
      method: request.method,
      path: request.path,
      query: request.queryList,
      headers: request.headers,
      signedHeaders,
      payloadHash: request.headers["x-amz-content-sha256"] ?? "",
    },
  );
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(claimed))) {
    throw new S3Error(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      { details: { AWSAccessKeyId: user.accessKey, StringToSignScope: scopeOf({ timestamp, region }) } },
    );
  }
  return user;
}

/** `20260102T030405Z` in milliseconds since the epoch. */
function parseTimestamp(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
