import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { sha256Hex } from "./canonical.ts";
import type { Manner } from "./manner.ts";
import type { S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";

export interface Payload {
  readonly bytes: Buffer;
  /** Checksums that were sent and verified, by algorithm: `sha256` → base64. */
  readonly checksums: Readonly<Record<string, string>>;
  /** Whether Content-MD5 or a checksum came with it. */
  readonly hasDigest: boolean;
}

const ALGORITHMS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest("base64"),
  sha1: (bytes) => createHash("sha1").update(bytes).digest("base64"),
  crc32: (bytes) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(bytes));
    return sum.toString("base64");
  },
};
const CHECKSUM = /^x-amz-checksum-(?!mode$|algorithm$|type$)(\w+)$/;
const TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/**
 * The bytes of a request, verified by everything that came with them: the signed payload hash,
 * Content-MD5, and (in the AWS manner) checksums in headers or in a trailer.
 * @throws S3Error
 */
export function readPayload(request: S3Request, manner: Manner): Payload {
  const { headers } = request;
  const declared = headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD";
  const streamed = declared.startsWith("STREAMING-");
  if (headers["transfer-encoding"] !== undefined && headers["content-length"] === undefined) {
    if (!(streamed && manner.trailers))
      throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
  const { bytes, trailer } = streamed ? unchunk(request, declared, manner) : { bytes: request.body, trailer: {} };
  if (!streamed && declared !== "UNSIGNED-PAYLOAD" && declared !== sha256Hex(bytes)) throw hashMismatch();
  const md5 = headers["content-md5"];
  if (md5 !== undefined) {
    if (!/^[A-Za-z0-9+/]{22}==$/.test(md5))
      throw new S3Error("InvalidDigest", "The Content-MD5 you specified is not valid.");
    if (createHash("md5").update(bytes).digest("base64") !== md5) {
      throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.");
    }
  }
  const checksums = manner.checksums ? verifiedChecksums({ ...headers, ...trailer }, bytes) : {};
  return { bytes, checksums, hasDigest: md5 !== undefined || Object.keys(checksums).length > 0 };
}

function verifiedChecksums(headers: Readonly<Record<string, string>>, bytes: Buffer): Record<string, string> {
  const verified: Record<string, string> = {};
  for (const [header, sent] of Object.entries(headers)) {
    const algorithm = CHECKSUM.exec(header)?.[1];
    if (algorithm === undefined) continue;
    const compute = ALGORITHMS[algorithm];
    if (compute === undefined)
      throw new S3Error("NotImplemented", `the checksum \`${algorithm}\` is not part of this server`);
    if (compute(bytes) !== sent) {
      throw new S3Error(
        "BadDigest",
        `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
      );
    }
    verified[algorithm] = sent;
  }
  return verified;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html */
function unchunk(
  request: S3Request,
  declared: string,
  manner: Manner,
): { bytes: Buffer; trailer: Record<string, string> } {
  // Ceph 16 takes the name for a hash.
  if (!manner.trailers) throw hashMismatch();
  if (declared !== TRAILER) throw new S3Error("NotImplemented", `\`${declared}\` is not part of this server`);
  const { body } = request;
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf("\r\n", at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    if (Number.isNaN(size) || lineEnd + 2 + size > body.length) throw incomplete();
    at = lineEnd + 2;
    if (size === 0) break;
    chunks.push(body.subarray(at, at + size));
    at += size + 2;
  }
  const trailer: Record<string, string> = {};
  for (const line of body.toString("latin1", at).split(/\r?\n/)) {
    const [name = "", value] = line.split(/:(.*)/s, 2);
    if (value !== undefined) trailer[name.trim().toLowerCase()] = value.trim();
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== Number(request.headers["x-amz-decoded-content-length"])) throw incomplete();
  const announced = (request.headers["x-amz-trailer"] ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim());
  if (announced.some((name) => name !== "" && trailer[name] === undefined)) throw incomplete();
  return { bytes, trailer };
}

function hashMismatch(): S3Error {
  return new S3Error(
    "XAmzContentSHA256Mismatch",
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  );
}

function incomplete(): S3Error {
  return new S3Error(
    "IncompleteBody",
    "You did not provide the number of bytes specified by the Content-Length HTTP header.",
  );
}
