import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startS3Server } from "./server/server.ts";
import type { S3Server } from "./server/server.ts";

const DAY = 86_400_000;
const Bucket = "trail";
const md5 = (text: string): string => createHash("md5").update(text).digest("base64");

function clientOf(server: S3Server, user = "owner", maxAttempts = 1): S3Client {
  const { accessKey = "", secretKey = "" } = server.users[user] ?? {};
  return new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    maxAttempts,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
}

describe("the AWS manner under the AWS SDK", () => {
  let server: S3Server;
  let owner: S3Client;

  beforeEach(async () => {
    server = await startS3Server();
    owner = clientOf(server);
    await owner.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  });
  afterEach(async () => {
    owner.destroy();
    await server.stop();
  });

  const put = (Key: string, Body: string, days?: number) =>
    new PutObjectCommand({
      Bucket,
      Key,
      Body,
      ContentMD5: md5(Body),
      ...(days === undefined
        ? {}
        : {
            ObjectLockMode: "COMPLIANCE" as const,
            ObjectLockRetainUntilDate: new Date(server.clock.now() + days * DAY),
          }),
    });

  it("stores bytes and gives them back, whole and in part", async () => {
    const Body = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256));
    const written = await owner.send(new PutObjectCommand({ Bucket, Key: "a b/ü+%", Body, Metadata: { seq: "7" } }));
    const whole = await owner.send(new GetObjectCommand({ Bucket, Key: "a b/ü+%", VersionId: written.VersionId }));
    expect(Buffer.from((await whole.Body?.transformToByteArray()) ?? [])).toEqual(Body);
    expect(whole.Metadata).toEqual({ seq: "7" });
    const part = await owner.send(new GetObjectCommand({ Bucket, Key: "a b/ü+%", Range: "bytes=10-12" }));
    expect([...((await part.Body?.transformToByteArray()) ?? [])]).toEqual([10, 11, 12]);
  });

  it("takes a stream with the SDK's checksum trailer", async () => {
    const body = Readable.from([Buffer.from("one "), Buffer.from("two")]);
    await owner.send(
      new PutObjectCommand({ Bucket, Key: "s", Body: body, ContentLength: 7, ChecksumAlgorithm: "SHA256" }),
    );
    const got = await owner.send(new GetObjectCommand({ Bucket, Key: "s", ChecksumMode: "ENABLED" }));
    expect(await got.Body?.transformToString()).toBe("one two");
    expect(got.ChecksumSHA256).toBe(createHash("sha256").update("one two").digest("base64"));
  });

  it("a lock holds until its time, then the version can go", async () => {
    const { VersionId } = await owner.send(put("a", "x", 30));
    const remove = new DeleteObjectCommand({ Bucket, Key: "a", VersionId });
    await expect(owner.send(remove)).rejects.toMatchObject({
      name: "AccessDenied",
      $metadata: { httpStatusCode: 403 },
    });
    server.clock.advance(29 * DAY);
    await expect(owner.send(remove)).rejects.toMatchObject({ name: "AccessDenied" });
    expect(server.versions(Bucket)).toHaveLength(1);
    server.clock.advance(DAY);
    await owner.send(remove);
    expect(server.versions(Bucket)).toHaveLength(0);
  });

  it("retention, legal hold and the default rule, set and read", async () => {
    const Rule = { DefaultRetention: { Mode: "COMPLIANCE", Days: 10 } } as const;
    const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule } as const;
    await owner.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    const read = await owner.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(read.ObjectLockConfiguration).toEqual(ObjectLockConfiguration);
    await owner.send(put("a", "x"));
    const head = await owner.send(new HeadObjectCommand({ Bucket, Key: "a" }));
    expect(head.ObjectLockMode).toBe("COMPLIANCE");
    const RetainUntilDate = new Date(Date.now() + 20 * DAY);
    const Retention = { Mode: "COMPLIANCE", RetainUntilDate } as const;
    await owner.send(new PutObjectRetentionCommand({ Bucket, Key: "a", Retention }));
    expect((await owner.send(new GetObjectRetentionCommand({ Bucket, Key: "a" }))).Retention).toEqual(Retention);
    await owner.send(new PutObjectLegalHoldCommand({ Bucket, Key: "a", LegalHold: { Status: "ON" } }));
    const hold = await owner.send(new GetObjectLegalHoldCommand({ Bucket, Key: "a" }));
    expect(hold.LegalHold?.Status).toBe("ON");
  });

  it("pages through versions and markers", async () => {
    for (const key of ["a", "b", "a", "c"]) await owner.send(put(key, "x"));
    await owner.send(new DeleteObjectCommand({ Bucket, Key: "b" }));
    const seen: string[] = [];
    let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | null = {};
    while (markers !== null) {
      const page: ListObjectVersionsCommandOutput = await owner.send(
        new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...markers }),
      );
      for (const version of page.Versions ?? []) seen.push(`${version.Key} ${version.IsLatest}`);
      for (const marker of page.DeleteMarkers ?? []) seen.push(`${marker.Key} marker`);
      const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
      markers = page.IsTruncated ? { KeyMarker, VersionIdMarker } : null;
    }
    expect(seen.sort()).toEqual(["a false", "a true", "b false", "b marker", "c true"]);
    const listed = await owner.send(new ListObjectsV2Command({ Bucket }));
    expect(listed.Contents?.map(({ Key }) => Key)).toEqual(["a", "c"]);
  });

  it("deletes many at once, but nothing that is locked", async () => {
    const locked = await owner.send(put("a", "x", 1));
    const free = await owner.send(put("b", "x"));
    const Objects = [
      { Key: "a", VersionId: locked.VersionId },
      { Key: "b", VersionId: free.VersionId },
    ];
    const answer = await owner.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(["b"]);
    expect(answer.Errors?.map(({ Key, Code }) => `${Key} ${Code}`)).toEqual(["a AccessDenied"]);
  });

  it("a writer is bound by the bucket's policy", async () => {
    const writer = clientOf(server, "writer");
    await expect(writer.send(put("a", "x", 1))).rejects.toMatchObject({ name: "AccessDenied" });
    const Principal = { AWS: server.users["writer"]?.arn };
    const Resource = `arn:aws:s3:::${Bucket}/*`;
    const Statement = [
      { Effect: "Allow", Principal, Action: ["s3:PutObject", "s3:PutObjectRetention"], Resource },
      {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:PutObject",
        Resource,
        Condition: { StringNotEquals: { "s3:object-lock-mode": "COMPLIANCE" } },
      },
    ];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await owner.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    await writer.send(put("a", "x", 1));
    await expect(writer.send(put("a", "x"))).rejects.toMatchObject({ name: "AccessDenied" });
    writer.destroy();
  });

  describe("faults", () => {
    it("a lost reply: the object is there, the client does not know", async () => {
      server.plant({ kind: "lost_reply", operations: ["PutObject"] });
      await expect(owner.send(put("a", "x"))).rejects.toThrow(/ECONNRESET|socket hang up/);
      expect(server.versions(Bucket).map(({ body }) => body.toString())).toEqual(["x"]);
      expect(server.requests.at(-1)).toMatchObject({ operation: "PutObject", status: null, user: "owner" });
    });

    it("a reset: nothing was done", async () => {
      server.plant({ kind: "reset" });
      await expect(owner.send(put("a", "x"))).rejects.toThrow(/ECONNRESET|socket hang up/);
      expect(server.versions(Bucket)).toEqual([]);
    });

    it("a retry after a lost reply meets its own object", async () => {
      const patient = clientOf(server, "owner", 3);
      server.plant({ kind: "lost_reply" });
      const { input } = put("a", "x");
      const again = patient.send(new PutObjectCommand({ ...input, IfNoneMatch: "*" }));
      await expect(again).rejects.toMatchObject({ name: "PreconditionFailed" });
      expect(server.versions(Bucket)).toHaveLength(1);
      patient.destroy();
    });

    it.each([
      [{ kind: "error", code: "SlowDown" } as const, "SlowDown", 503],
      [{ kind: "error", code: "InternalError" } as const, "InternalError", 500],
      [{ kind: "conflict" } as const, "ConditionalRequestConflict", 409],
      [{ kind: "full" } as const, "QuotaExceeded", 403],
    ])("%o, twice, then all is well", async (fault, name, httpStatusCode) => {
      server.plant({ ...fault, times: 2 });
      for (let i = 0; i < 2; i++) {
        await expect(owner.send(put("a", "x"))).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
      }
      expect(server.versions(Bucket)).toEqual([]);
      expect(server.pendingFaults).toBe(0);
      await owner.send(put("a", "x"));
      expect(server.versions(Bucket)).toHaveLength(1);
    });

    it("a wrong time of the server: refused, then the SDK follows it", async () => {
      server.plant({ kind: "wrong_time", offsetMs: 3_600_000, times: 2 });
      await expect(owner.send(put("a", "x"))).rejects.toMatchObject({ name: "RequestTimeTooSkewed" });
      expect(server.versions(Bucket)).toEqual([]);
      await owner.send(put("a", "x"));
      expect(server.requests.at(-1)).toMatchObject({ operation: "PutObject", status: 200 });
    });

    it("a slow answer: the work is done long before", async () => {
      server.plant({ kind: "slow", ms: 600_000 });
      const patience = new AbortController();
      const answer = owner.send(put("a", "x"), { abortSignal: patience.signal });
      await vi.waitUntil(() => server.versions(Bucket).length === 1);
      expect(server.requests.at(-1)?.operation).toBe("CreateBucket");
      patience.abort();
      await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    });

    it("a fault waits for its operation, and can be taken back", async () => {
      server.plant({ kind: "error", code: "SlowDown", operations: ["HeadObject"], times: Number.POSITIVE_INFINITY });
      await owner.send(put("a", "x"));
      const head = new HeadObjectCommand({ Bucket, Key: "a" });
      await expect(owner.send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
      server.clearFaults();
      await owner.send(head);
    });

    it("an unknown code of a fault is an error of the test", async () => {
      server.plant({ kind: "error", code: "Nonsense" });
      await expect(owner.send(put("a", "x"))).rejects.toMatchObject({ name: "InternalError" });
    });

    it("an outage: nobody answers, what was stored stays, the port too", async () => {
      await owner.send(put("a", "x"));
      const { endpoint } = server;
      await server.stopGateway();
      await expect(owner.send(new HeadObjectCommand({ Bucket, Key: "a" }))).rejects.toThrow(
        /ECONNREFUSED|ECONNRESET|socket hang up/,
      );
      await server.startGateway();
      expect(server.endpoint).toBe(endpoint);
      await owner.send(new HeadObjectCommand({ Bucket, Key: "a" }));
    });
  });
});

it("the Ceph manner takes no trailer: the SDK's stream is refused, a buffer is taken", async () => {
  const server = await startS3Server({ manner: "ceph" });
  server.createLockBucket(Bucket);
  const owner = clientOf(server);
  const stream = new PutObjectCommand({ Bucket, Key: "s", Body: Readable.from([Buffer.from("x")]), ContentLength: 1 });
  await expect(owner.send(stream)).rejects.toMatchObject({ name: "MissingContentLength" });
  expect(server.versions(Bucket)).toEqual([]);
  await owner.send(new PutObjectCommand({ Bucket, Key: "s", Body: Buffer.from("x") }));
  expect(server.versions(Bucket)).toHaveLength(1);
  owner.destroy();
  await server.stop();
});
