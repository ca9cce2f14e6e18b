import type { Bucket, ObjectVersion } from "./bucket.ts";
import { authorize, bucketOf } from "./context.ts";
import type { Context, S3Response } from "./context.ts";
import { isReplaceable, missingLock, parseLegalHold, parseLockConfiguration, parseRetention } from "./lock.ts";
import { mayBypass, readableVersion } from "./object-operations.ts";
import { S3Error } from "./s3-error.ts";
import { writeXml } from "./xml.ts";

export function putObjectRetention(context: Context): S3Response {
  authorize(context, "s3:PutObjectRetention");
  const version = lockableVersion(context);
  const wanted = parseRetention(context.payload.bytes.toString(), context.now);
  if (!isReplaceable(version.retention, wanted, mayBypass(context, version.key), context.now)) {
    throw new S3Error("AccessDenied", "Access Denied because object protected by object lock.");
  }
  version.retention = wanted;
  return { status: 200 };
}

export function getObjectRetention(context: Context): S3Response {
  authorize(context, "s3:GetObjectRetention");
  const { retention } = lockableVersion(context);
  if (retention === null) throw noLock(context);
  const content = { Mode: retention.mode, RetainUntilDate: new Date(retention.until).toISOString() };
  return { status: 200, body: writeXml("Retention", content) };
}

export function putObjectLegalHold(context: Context): S3Response {
  authorize(context, "s3:PutObjectLegalHold");
  const version = lockableVersion(context);
  version.legalHold = parseLegalHold(context.payload.bytes.toString());
  return { status: 200 };
}

export function getObjectLegalHold(context: Context): S3Response {
  authorize(context, "s3:GetObjectLegalHold");
  const { legalHold } = lockableVersion(context);
  if (legalHold === null) throw noLock(context);
  return { status: 200, body: writeXml("LegalHold", { Status: legalHold }) };
}

function lockableVersion(context: Context): ObjectVersion {
  const bucket = bucketOf(context);
  if (!bucket.lockEnabled) throw missingLock();
  return readableVersion(context, bucket);
}

function noLock({ manner }: Context): S3Error {
  return new S3Error(manner.noLockOnObject, "The specified object does not have a ObjectLock configuration");
}

export function putObjectLockConfiguration(context: Context): S3Response {
  authorize(context, "s3:PutBucketObjectLockConfiguration", "");
  const bucket = bucketOf(context);
  const rule = parseLockConfiguration(context.payload.bytes.toString(), context.manner);
  if (!bucket.lockEnabled && !(context.manner.lockOnExistingBucket && bucket.versioning === "Enabled")) {
    throw new S3Error("InvalidBucketState", "Object Lock configuration cannot be enabled on existing buckets");
  }
  bucket.lockEnabled = true;
  bucket.defaultRule = rule;
  return { status: 200 };
}

export function getObjectLockConfiguration(context: Context): S3Response {
  authorize(context, "s3:GetBucketObjectLockConfiguration", "");
  const bucket = bucketOf(context);
  if (!bucket.lockEnabled) {
    throw new S3Error(
      "ObjectLockConfigurationNotFoundError",
      "Object Lock configuration does not exist for this bucket",
    );
  }
  return { status: 200, body: writeXml("ObjectLockConfiguration", { ObjectLockEnabled: "Enabled", ...rule(bucket) }) };
}

function rule({ defaultRule }: Bucket): {
  readonly Rule?: { readonly DefaultRetention: Record<string, string | number> };
} {
  if (defaultRule === null) return {};
  return { Rule: { DefaultRetention: { Mode: defaultRule.mode, [defaultRule.unit]: defaultRule.count } } };
}
