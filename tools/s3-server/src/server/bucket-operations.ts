import { Bucket } from "./bucket.ts";
import { authorize, bucketOf } from "./context.ts";
import type { Context, S3Response } from "./context.ts";
import { listObjects, listObjectVersions } from "./listing.ts";
import { parsePolicy } from "./policy.ts";
import { S3Error } from "./s3-error.ts";
import { childText, malformed, parseXml, writeXml } from "./xml.ts";

export function listBuckets({ buckets, user }: Context): S3Response {
  if (user === null) throw new S3Error("AccessDenied", "Access Denied");
  const own = [...buckets.values()].filter((bucket) => bucket.owner === user.name);
  const Bucket = own.map(({ name, created }) => ({ Name: name, CreationDate: new Date(created).toISOString() }));
  return { status: 200, body: writeXml("ListAllMyBucketsResult", { Owner: { ID: user.name }, Buckets: { Bucket } }) };
}

export function createBucket({ request, user, buckets, now }: Context): S3Response {
  if (user === null) throw new S3Error("AccessDenied", "Access Denied");
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(request.bucket)) {
    throw new S3Error("InvalidBucketName", "The specified bucket is not valid.");
  }
  const existing = buckets.get(request.bucket);
  if (existing !== undefined) {
    const code = existing.owner === user.name ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists";
    throw new S3Error(code, "The requested bucket name is not available.");
  }
  const bucket = new Bucket(request.bucket, user.name, now);
  if (request.headers["x-amz-bucket-object-lock-enabled"]?.toLowerCase() === "true") {
    bucket.lockEnabled = true;
    bucket.versioning = "Enabled";
  }
  buckets.set(bucket.name, bucket);
  return { status: 200, headers: { location: `/${bucket.name}` } };
}

export function deleteBucket(context: Context): S3Response {
  authorize(context, "s3:DeleteBucket", "");
  const bucket = bucketOf(context);
  if (bucket.objects.size > 0) throw new S3Error("BucketNotEmpty", "The bucket you tried to delete is not empty");
  context.buckets.delete(bucket.name);
  return { status: 204 };
}

export function headBucket(context: Context): S3Response {
  authorize(context, "s3:ListBucket", "");
  return { status: 200, headers: {} };
}

export function getBucketLocation(context: Context): S3Response {
  authorize(context, "s3:GetBucketLocation", "");
  return { status: 200, body: writeXml("LocationConstraint", "") };
}

export function listBucket(context: Context): S3Response {
  authorize(context, "s3:ListBucket", "");
  return { status: 200, body: listObjects(bucketOf(context), context.request.query, context.manner) };
}

export function listVersions(context: Context): S3Response {
  authorize(context, "s3:ListBucketVersions", "");
  return { status: 200, body: listObjectVersions(bucketOf(context), context.request.query, context.manner) };
}

export function getBucketVersioning(context: Context): S3Response {
  authorize(context, "s3:GetBucketVersioning", "");
  const { versioning } = bucketOf(context);
  return { status: 200, body: writeXml("VersioningConfiguration", versioning === "Off" ? {} : { Status: versioning }) };
}

export function putBucketVersioning(context: Context): S3Response {
  authorize(context, "s3:PutBucketVersioning", "");
  const bucket = bucketOf(context);
  const status = childText(parseXml(context.payload.bytes.toString()), "Status");
  if (status !== "Enabled" && status !== "Suspended") throw malformed();
  if (bucket.lockEnabled && status === "Suspended") {
    const message =
      "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.";
    throw new S3Error("InvalidBucketState", message);
  }
  bucket.versioning = status;
  return { status: 200 };
}

export function getBucketPolicy(context: Context): S3Response {
  authorize(context, "s3:GetBucketPolicy", "");
  const { policy } = bucketOf(context);
  if (policy === null) throw new S3Error("NoSuchBucketPolicy", "The bucket policy does not exist");
  return { status: 200, headers: { "content-type": "application/json" }, body: policy.text };
}

export function putBucketPolicy(context: Context): S3Response {
  authorize(context, "s3:PutBucketPolicy", "");
  bucketOf(context).policy = parsePolicy(context.payload.bytes.toString(), context.manner);
  return { status: 204 };
}

export function deleteBucketPolicy(context: Context): S3Response {
  authorize(context, "s3:DeleteBucketPolicy", "");
  bucketOf(context).policy = null;
  return { status: 204 };
}
