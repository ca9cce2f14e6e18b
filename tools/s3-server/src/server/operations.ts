import * as bucket from "./bucket-operations.ts";
import type { Context, S3Response } from "./context.ts";
import * as lock from "./lock-operations.ts";
import * as object from "./object-operations.ts";
import type { S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";

export interface Operation {
  /** As AWS names it: `PutObject`. */
  readonly name: string;
  readonly run: (context: Context) => S3Response;
}

type Row = readonly [
  level: "service" | "bucket" | "object",
  method: string,
  subresource: string,
  name: string,
  run: Operation["run"],
];

/** Every operation by where it is addressed; the first row that fits counts. */
const TABLE: readonly Row[] = [
  ["service", "GET", "", "ListBuckets", bucket.listBuckets],
  ["bucket", "PUT", "object-lock", "PutObjectLockConfiguration", lock.putObjectLockConfiguration],
  ["bucket", "GET", "object-lock", "GetObjectLockConfiguration", lock.getObjectLockConfiguration],
  ["bucket", "PUT", "versioning", "PutBucketVersioning", bucket.putBucketVersioning],
  ["bucket", "GET", "versioning", "GetBucketVersioning", bucket.getBucketVersioning],
  ["bucket", "PUT", "policy", "PutBucketPolicy", bucket.putBucketPolicy],
  ["bucket", "GET", "policy", "GetBucketPolicy", bucket.getBucketPolicy],
  ["bucket", "DELETE", "policy", "DeleteBucketPolicy", bucket.deleteBucketPolicy],
  ["bucket", "GET", "location", "GetBucketLocation", bucket.getBucketLocation],
  ["bucket", "GET", "versions", "ListObjectVersions", bucket.listVersions],
  ["bucket", "POST", "delete", "DeleteObjects", object.deleteObjects],
  ["bucket", "PUT", "", "CreateBucket", bucket.createBucket],
  ["bucket", "HEAD", "", "HeadBucket", bucket.headBucket],
  ["bucket", "GET", "", "ListObjects", bucket.listBucket],
  ["bucket", "DELETE", "", "DeleteBucket", bucket.deleteBucket],
  ["object", "PUT", "retention", "PutObjectRetention", lock.putObjectRetention],
  ["object", "GET", "retention", "GetObjectRetention", lock.getObjectRetention],
  ["object", "PUT", "legal-hold", "PutObjectLegalHold", lock.putObjectLegalHold],
  ["object", "GET", "legal-hold", "GetObjectLegalHold", lock.getObjectLegalHold],
  ["object", "PUT", "", "PutObject", object.putObject],
  ["object", "GET", "", "GetObject", object.getObject],
  ["object", "HEAD", "", "HeadObject", object.getObject],
  ["object", "DELETE", "", "DeleteObject", object.deleteObject],
];

/** Query parameters that are no subresource: those of listings, and the SDK's name of the operation. */
const PARAMETERS = new Set([
  "continuation-token",
  "delimiter",
  "encoding-type",
  "fetch-owner",
  "key-marker",
  "list-type",
  "marker",
  "max-keys",
  "prefix",
  "start-after",
  "version-id-marker",
  "versionId",
  "x-id",
]);

/**
 * INVARIANT (nothing half understood): a parameter that no row names is refused. Multipart uploads,
 * lifecycle rules, tags and ACLs are not part of this server.
 * @throws S3Error `NotImplemented`
 */
export function findOperation(request: S3Request): Operation {
  const level = request.bucket === "" ? "service" : request.key === "" ? "bucket" : "object";
  const subresources = [...request.query.keys()].filter((name) => !PARAMETERS.has(name));
  const row = TABLE.find(
    ([at, method, subresource]) =>
      at === level &&
      method === request.method &&
      (subresources.length === 0 ? "" : subresources.join("&")) === subresource,
  );
  if (row === undefined) {
    const what = `${request.method} ${level}${subresources.map((name) => ` ?${name}`).join("")}`;
    throw new S3Error("NotImplemented", `\`${what}\` is not part of this server`);
  }
  const [, , , name, run] = row;
  return { name, run };
}
