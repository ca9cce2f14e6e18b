import { createHash, randomBytes } from "node:crypto";
import type { Bucket, ObjectVersion } from "./bucket.ts";
import { authorize, bucketOf, isAllowed } from "./context.ts";
import type { Context, S3Response } from "./context.ts";
import { isDeletable, wantedLock } from "./lock.ts";
import { S3Error } from "./s3-error.ts";
import { child, childText, malformed, parseXml, writeXml } from "./xml.ts";
import type { XmlValue } from "./xml.ts";

const KEPT_HEADERS = /^(content-type|content-encoding|content-disposition|cache-control|x-amz-meta-.+)$/;
const SSE = "x-amz-server-side-encryption";
const KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id";

export function putObject(context: Context): S3Response {
  const { request, payload, manner, now } = context;
  const { headers, key } = request;
  const bucket = bucketOf(context);
  authorize(context, "s3:PutObject");
  if (manner.lockHeadersNeedPermission) {
    const retention = headers["x-amz-object-lock-mode"] ?? headers["x-amz-object-lock-retain-until-date"];
    if (retention !== undefined) authorize(context, "s3:PutObjectRetention");
    if (headers["x-amz-object-lock-legal-hold"] !== undefined) authorize(context, "s3:PutObjectLegalHold");
  }
  if (headers["x-amz-copy-source"] !== undefined)
    throw new S3Error("NotImplemented", "CopyObject is not part of this server");
  const lock = wantedLock(headers, bucket, now);
  const isLocked = lock.retention !== null || lock.legalHold === "ON";
  if (isLocked && manner.lockedPutNeedsDigest && !payload.hasDigest) {
    const message =
      "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters";
    throw new S3Error("InvalidRequest", message);
  }
  checkCondition(context, bucket);
  const encryption = encryptionHeaders(headers, manner.encryption);
  const md5 = createHash("md5").update(payload.bytes).digest("hex");
  const version: ObjectVersion = {
    key,
    versionId: bucket.newVersionId(),
    isDeleteMarker: false,
    lastModified: now,
    body: payload.bytes,
    // With a key of KMS the ETag is no MD5.
    etag: `"${encryption[SSE] === "aws:kms" ? randomBytes(16).toString("hex") : md5}"`,
    headers: {
      "content-type": "binary/octet-stream",
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT_HEADERS.test(name))),
      ...encryption,
    },
    checksums: payload.checksums,
    ...lock,
  };
  bucket.add(version);
  return {
    status: 200,
    headers: { etag: version.etag, ...encryption, ...versionHeader(bucket, version), ...checksumHeaders(version) },
  };
}

function checkCondition({ request, manner }: Context, bucket: Bucket): void {
  const condition = request.headers["if-none-match"];
  if (condition === undefined || (bucket.versioning !== "Off" && !manner.conditionalOnVersioned)) return;
  if (condition !== "*") {
    throw new S3Error("NotImplemented", "A header you provided implies functionality that is not implemented");
  }
  const current = bucket.current(request.key);
  if (current !== undefined && !current.isDeleteMarker) {
    const details = { Condition: "If-None-Match" };
    throw new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
      details,
    });
  }
}

function encryptionHeaders(headers: Readonly<Record<string, string>>, isDone: boolean): Record<string, string> {
  const kind = headers[SSE];
  const keyId = headers[KMS_KEY];
  const known = isDone ? ["AES256", "aws:kms"] : ["AES256"];
  if (kind !== undefined && !known.includes(kind))
    throw new S3Error("InvalidArgument", "The encryption method specified is not supported");
  if (keyId !== undefined && kind !== "aws:kms")
    throw new S3Error("InvalidArgument", "A key of KMS needs the encryption method aws:kms");
  if (!isDone) return {};
  // AWS encrypts every new object with SSE-S3 since 2023 and says so.
  return { [SSE]: kind ?? "AES256", ...(keyId === undefined ? {} : { [KMS_KEY]: keyId }) };
}

/** GET and HEAD. */
export function getObject(context: Context): S3Response {
  const { request } = context;
  const bucket = bucketOf(context);
  const versionId = request.query.get("versionId");
  authorize(context, versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion");
  const version = readableVersion(context, bucket);
  const headers: Record<string, string> = {
    ...version.headers,
    etag: version.etag,
    "accept-ranges": "bytes",
    "last-modified": new Date(version.lastModified).toUTCString(),
    ...versionHeader(bucket, version),
    ...lockHeaders(context, version),
  };
  const range = parseRange(request.headers["range"], version.body.length);
  if (range === null) {
    // A checksum of the whole object says nothing of a part.
    const checksums = request.headers["x-amz-checksum-mode"] === "ENABLED" ? checksumHeaders(version) : {};
    return { status: 200, headers: { ...headers, ...checksums }, body: version.body };
  }
  const [from, to] = range;
  headers["content-range"] = `bytes ${from}-${to}/${version.body.length}`;
  return { status: 206, headers, body: version.body.subarray(from, to + 1) };
}

function parseRange(header: string | undefined, length: number): readonly [from: number, to: number] | null {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  const [, first = "", last = ""] = parts ?? [];
  if (parts === null || first + last === "") return null;
  const from = first === "" ? Math.max(0, length - Number(last)) : Number(first);
  const to = first === "" || last === "" ? length - 1 : Math.min(Number(last), length - 1);
  if (from >= length || from > to) throw new S3Error("InvalidRange", "The requested range is not satisfiable");
  return [from, to];
}

/** The version that the request names, or the newest one. */
export function readableVersion(context: Context, bucket: Bucket): ObjectVersion {
  const { request, manner } = context;
  const versionId = request.query.get("versionId");
  const version = versionId === undefined ? bucket.current(request.key) : bucket.find(request.key, versionId);
  if (versionId !== undefined && manner.tellsVersions) {
    if (version === undefined) {
      if (!/^(null|[\w.-]{32})$/.test(versionId)) throw new S3Error("InvalidArgument", "Invalid version id specified");
      throw new S3Error("NoSuchVersion", "The specified version does not exist.");
    }
    if (version.isDeleteMarker) {
      const headers = { "x-amz-delete-marker": "true", allow: "DELETE", ...versionHeader(bucket, version) };
      throw new S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.", { headers });
    }
  }
  if (version !== undefined && !version.isDeleteMarker) return version;
  // Who may not list is not told whether a key exists.
  if (!isAllowed(context, "s3:ListBucket", "")) throw new S3Error("AccessDenied", "Access Denied");
  const marker = version !== undefined && manner.tellsVersions;
  throw new S3Error("NoSuchKey", "The specified key does not exist.", {
    headers: marker ? { "x-amz-delete-marker": "true", ...versionHeader(bucket, version) } : {},
    details: { Key: request.key },
  });
}

export function deleteObject(context: Context): S3Response {
  const bucket = bucketOf(context);
  const versionId = context.request.query.get("versionId");
  const removed = removeOne(context, bucket, context.request.key, versionId);
  return {
    status: 204,
    headers: {
      ...(removed.versionId === "null" && bucket.versioning === "Off" ? {} : { "x-amz-version-id": removed.versionId }),
      ...(removed.isMarker ? { "x-amz-delete-marker": "true" } : {}),
    },
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export function deleteObjects(context: Context): S3Response {
  const bucket = bucketOf(context);
  if (!context.payload.hasDigest && context.manner.lockedPutNeedsDigest) {
    throw new S3Error("InvalidRequest", "Missing required header for this request: Content-MD5");
  }
  const root = parseXml(context.payload.bytes.toString());
  if (root.name !== "Delete") throw malformed();
  const results = root.children
    .filter((element) => element.name === "Object")
    .map((element): Record<string, XmlValue> => {
      const key = child(element, "Key")?.text ?? "";
      const versionId = childText(element, "VersionId");
      try {
        const removed = removeOne(context, bucket, key, versionId);
        const marker = removed.isMarker ? { DeleteMarker: true, DeleteMarkerVersionId: removed.versionId } : {};
        return { Deleted: { Key: key, VersionId: versionId ?? null, ...marker } };
      } catch (error) {
        if (!(error instanceof S3Error)) throw error;
        return { Error: { Key: key, VersionId: versionId ?? null, Code: error.code, Message: error.message } };
      }
    });
  const isQuiet = childText(root, "Quiet") === "true";
  return {
    status: 200,
    body: writeXml(
      "DeleteResult",
      results.filter((result) => !isQuiet || "Error" in result),
    ),
  };
}

function removeOne(
  context: Context,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): { readonly versionId: string; readonly isMarker: boolean } {
  authorize(context, versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion", key);
  if (versionId === undefined && bucket.versioning !== "Off") {
    // A lock keeps the version, not the key's name: a marker may always be put in front.
    const marker: ObjectVersion = {
      key,
      versionId: bucket.newVersionId(),
      isDeleteMarker: true,
      lastModified: context.now,
      body: Buffer.alloc(0),
      etag: "",
      headers: {},
      checksums: {},
      retention: null,
      legalHold: null,
    };
    bucket.add(marker);
    return { versionId: marker.versionId, isMarker: true };
  }
  const version = bucket.find(key, versionId ?? "null");
  if (version !== undefined) {
    if (!isDeletable(version, mayBypass(context, key), context.now)) {
      throw new S3Error("AccessDenied", "Access Denied because object protected by object lock.");
    }
    bucket.remove(version);
  }
  return { versionId: versionId ?? "null", isMarker: version?.isDeleteMarker ?? false };
}

/** Whether GOVERNANCE does not bind this request. */
export function mayBypass(context: Context, key: string): boolean {
  if (context.request.headers["x-amz-bypass-governance-retention"]?.toLowerCase() !== "true") return false;
  return !context.manner.bypassNeedsPermission || isAllowed(context, "s3:BypassGovernanceRetention", key);
}

/** Lock headers of GET and HEAD: each only for who may read it. */
function lockHeaders(context: Context, { key, retention, legalHold }: ObjectVersion): Record<string, string> {
  const headers: Record<string, string> = {};
  if (retention !== null && isAllowed(context, "s3:GetObjectRetention", key)) {
    headers["x-amz-object-lock-mode"] = retention.mode;
    headers["x-amz-object-lock-retain-until-date"] = new Date(retention.until).toISOString();
  }
  if (legalHold !== null && isAllowed(context, "s3:GetObjectLegalHold", key))
    headers["x-amz-object-lock-legal-hold"] = legalHold;
  return headers;
}

function versionHeader(bucket: Bucket, version: ObjectVersion): Record<string, string> {
  return bucket.versioning === "Off" ? {} : { "x-amz-version-id": version.versionId };
}

function checksumHeaders(version: ObjectVersion): Record<string, string> {
  return Object.fromEntries(
    Object.entries(version.checksums).map(([name, value]) => [`x-amz-checksum-${name}`, value]),
  );
}
