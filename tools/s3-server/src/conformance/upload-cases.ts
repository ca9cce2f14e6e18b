import { createHash } from "node:crypto";
import { md5, outcome } from "./target.ts";
import { lockHeaders, PAGES } from "./case.ts";
import type { ConformanceCase } from "./case.ts";

const sha256 = (body: string): string => createHash("sha256").update(body).digest("base64");
const TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
/** `hello` in one chunk, its checksum behind it. */
const CHUNKED = `5\r\nhello\r\n0\r\nx-amz-checksum-sha256:${sha256("hello")}\r\n\r\n`;
const CHUNKED_HEADERS = {
  "content-encoding": "aws-chunked",
  "x-amz-decoded-content-length": "5",
  "x-amz-trailer": "x-amz-checksum-sha256",
};

/** How bytes come in and what is checked of them. */
export const UPLOAD_CASES: readonly ConformanceCase[] = [
  {
    group: "upload",
    title: "a PUT under lock without Content-MD5 or checksum",
    source: PAGES.putObject,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ method: "PUT", key: "a", body: "x", headers: lockHeaders(1) });
    },
    aws: "400 InvalidRequest",
    ceph: "200",
  },
  {
    group: "upload",
    title: "a PUT under lock with a SHA-256 checksum and no Content-MD5",
    source: PAGES.putObject,
    run: async (t) => {
      await t.lockBucket();
      return t.send({
        method: "PUT",
        key: "a",
        body: "x",
        headers: { ...lockHeaders(1), "x-amz-checksum-sha256": sha256("x") },
      });
    },
    aws: "200",
  },
  {
    group: "upload",
    title: "a wrong Content-MD5",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ method: "PUT", key: "a", body: "x", headers: { "content-md5": md5("y") } });
    },
    aws: "400 BadDigest",
  },
  {
    group: "upload",
    title: "a Content-MD5 that is none",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ method: "PUT", key: "a", body: "x", headers: { "content-md5": "none" } });
    },
    aws: "400 InvalidDigest",
  },
  {
    group: "upload",
    title: "a wrong SHA-256 checksum: the object after it",
    source: PAGES.integrity,
    run: async (t) => {
      await t.lockBucket();
      const answer = await t.send({
        method: "PUT",
        key: "a",
        body: "x",
        headers: { "x-amz-checksum-sha256": sha256("y") },
      });
      return `${outcome(answer)}; ${outcome(await t.send({ key: "a" }))}`;
    },
    aws: "400 BadDigest; 404 NoSuchKey",
    ceph: "200; 200",
  },
  {
    group: "upload",
    title: "a checksum is kept and given back on demand",
    source: PAGES.integrity,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x", { "x-amz-checksum-sha256": sha256("x") });
      const head = await t.send({ method: "HEAD", key: "a", headers: { "x-amz-checksum-mode": "ENABLED" } });
      return head.headers["x-amz-checksum-sha256"] === sha256("x") ? "given" : "not given";
    },
    aws: "given",
    ceph: "not given",
  },
  {
    group: "upload",
    title: "a signed payload hash that is not the body's",
    source: PAGES.signature,
    run: async (t) => {
      await t.lockBucket();
      return t.send({
        method: "PUT",
        key: "a",
        body: "x",
        payloadHash: createHash("sha256").update("y").digest("hex"),
      });
    },
    aws: "400 XAmzContentSHA256Mismatch",
  },
  {
    group: "upload",
    title: "an unsigned payload",
    source: PAGES.signature,
    run: async (t) => {
      await t.lockBucket();
      return t.send({
        method: "PUT",
        key: "a",
        body: "x",
        payloadHash: "UNSIGNED-PAYLOAD",
        headers: { "content-md5": md5("x") },
      });
    },
    aws: "200",
  },
  {
    group: "upload",
    title: "aws-chunked with a checksum trailer, length known: the bytes that are stored",
    source: PAGES.streaming,
    run: async (t) => {
      await t.lockBucket();
      const answer = await t.send({
        method: "PUT",
        key: "a",
        body: CHUNKED,
        payloadHash: TRAILER,
        headers: CHUNKED_HEADERS,
      });
      return answer.status === 200 ? `200 ${JSON.stringify((await t.send({ key: "a" })).body.toString())}` : answer;
    },
    aws: '200 "hello"',
    ceph: "400 XAmzContentSHA256Mismatch",
  },
  {
    group: "upload",
    title: "aws-chunked with a checksum trailer, no Content-Length",
    source: PAGES.streaming,
    run: async (t) => {
      await t.lockBucket();
      const answer = await t.send({
        method: "PUT",
        key: "a",
        body: CHUNKED,
        payloadHash: TRAILER,
        headers: CHUNKED_HEADERS,
        chunked: true,
      });
      return answer.status === 200 ? `200 ${JSON.stringify((await t.send({ key: "a" })).body.toString())}` : answer;
    },
    aws: '200 "hello"',
    ceph: "411 MissingContentLength",
  },
  {
    group: "upload",
    title: "no Content-Length and no aws-chunked",
    source: PAGES.putObject,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ method: "PUT", key: "a", body: "x", chunked: true });
    },
    aws: "411 MissingContentLength",
  },
  {
    group: "upload",
    title: "If-None-Match: * on a new key",
    source: PAGES.conditionalWrites,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ method: "PUT", key: "a", body: "x", headers: { "if-none-match": "*" } });
    },
    aws: "200",
  },
  {
    group: "upload",
    title: "If-None-Match: * on a key that exists",
    source: PAGES.conditionalWrites,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      return t.send({ method: "PUT", key: "a", body: "y", headers: { "if-none-match": "*" } });
    },
    aws: "412 PreconditionFailed",
    ceph: "200",
  },
  {
    group: "upload",
    title: "If-None-Match: * on a key whose newest version is a delete marker",
    source: PAGES.conditionalWrites,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      await t.must({ method: "DELETE", key: "a" });
      return t.send({ method: "PUT", key: "a", body: "y", headers: { "if-none-match": "*" } });
    },
    aws: "200",
  },
  {
    group: "upload",
    title: "If-None-Match: * on a key that exists, bucket without versioning",
    source: PAGES.conditionalWrites,
    run: async (t) => {
      await t.plainBucket();
      await t.put("a", "x");
      return t.send({ method: "PUT", key: "a", body: "y", headers: { "if-none-match": "*" } });
    },
    aws: "412 PreconditionFailed",
  },
  {
    group: "upload",
    title: "the ETag of a single PUT is its MD5",
    source: PAGES.putObject,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      return (await t.send({ method: "HEAD", key: "a" })).headers["etag"] ?? "none";
    },
    aws: `"${createHash("md5").update("x").digest("hex")}"`,
  },
  {
    group: "upload",
    title: "user metadata comes back",
    source: PAGES.putObject,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x", { "x-amz-meta-seq": "7", "content-type": "application/x-ndjson" });
      const { headers } = await t.send({ method: "HEAD", key: "a" });
      return `${headers["x-amz-meta-seq"]} ${headers["content-type"]}`;
    },
    aws: "7 application/x-ndjson",
  },
  {
    group: "encryption",
    title: "SSE-S3 (AES256)",
    source: PAGES.encryption,
    run: async (t) => {
      await t.lockBucket();
      const headers = { "content-md5": md5("x"), "x-amz-server-side-encryption": "AES256" };
      const answer = await t.send({ method: "PUT", key: "a", body: "x", headers });
      return `${outcome(answer)} ${answer.headers["x-amz-server-side-encryption"] ?? "not said"}`;
    },
    aws: "200 AES256",
    ceph: "200 not said",
  },
  {
    group: "encryption",
    title: "SSE-KMS with a key",
    source: PAGES.encryption,
    run: async (t) => {
      await t.lockBucket();
      const headers = {
        "content-md5": md5("x"),
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
      };
      const answer = await t.send({ method: "PUT", key: "a", body: "x", headers });
      return `${outcome(answer)} ${answer.headers["x-amz-server-side-encryption-aws-kms-key-id"] ?? "not said"}`;
    },
    aws: "200 key-1",
    ceph: "400 InvalidArgument not said",
  },
  {
    group: "encryption",
    title: "an unknown kind of encryption",
    source: PAGES.encryption,
    run: async (t) => {
      await t.lockBucket();
      const headers = { "content-md5": md5("x"), "x-amz-server-side-encryption": "rot13" };
      return t.send({ method: "PUT", key: "a", body: "x", headers });
    },
    aws: "400 InvalidArgument",
  },
];
