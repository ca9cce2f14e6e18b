import { describe, expect, it } from "vitest";
import { MemoryBucket } from "./fixtures/memory-bucket.ts";
import type { PutObjectInput } from "./client.ts";
import { createS3Store } from "./s3-store.ts";
import type { S3StoreOptions } from "./s3-store.ts";

const LOG = "01990000-0000-7000-8000-000000000001";
const OPTIONS: S3StoreOptions = { client: new MemoryBucket().client, bucket: "evidence", retention: { days: 1 } };

/** What the store sends with its first object. */
async function firstPut(options: Partial<S3StoreOptions>): Promise<PutObjectInput> {
  const memory = new MemoryBucket();
  const sent: PutObjectInput[] = [];
  const client = {
    ...memory.client,
    putObject: async (...call: Parameters<typeof memory.client.putObject>) => {
      sent.push(call[0]);
      return await memory.client.putObject(...call);
    },
  };
  const store = createS3Store({ ...OPTIONS, client, ...options });
  await store.lease(LOG);
  await store.close();
  return sent[0] as PutObjectInput;
}

describe("options", () => {
  it.each<[string, Partial<Record<keyof S3StoreOptions, unknown>>]>([
    ["is not the name of a bucket", { bucket: "" }],
    ["the prefix may hold", { prefix: "a//b" }],
    ["`retention.days`", { retention: { days: 0 } }],
    ["`retention.days`", { retention: { days: 1.5 } }],
    ["`retention.until`", { retention: { until: "soon" } }],
    ["`retention` is", { retention: 30 }],
    ["`requestMs`", { requestMs: 0 }],
    ["`leaseMs`", { leaseMs: -1 }],
    ["`retry.attempts`", { retry: { attempts: 0 } }],
    ["`encryption.type`", { encryption: { type: "none" } }],
    ["exclude each other", { clientConfig: {} }],
  ])("that are wrong are refused: %s", (message, wrong) => {
    expect(() => createS3Store({ ...OPTIONS, ...wrong } as S3StoreOptions)).toThrow(message);
  });

  it("every PUT is locked, conditional, and carries its digests", async () => {
    const put = await firstPut({ retention: { until: "2031-01-01T00:00:00Z" }, expectedOwner: "123456789012" });
    expect(put).toMatchObject({
      Bucket: "evidence",
      ExpectedBucketOwner: "123456789012",
      IfNoneMatch: "*",
      ObjectLockMode: "COMPLIANCE",
      ObjectLockRetainUntilDate: new Date("2031-01-01T00:00:00Z"),
      ContentLength: put.Body.length,
      ContentMD5: expect.stringMatching(/^[\w+/]{22}==$/),
      ChecksumSHA256: expect.stringMatching(/^[\w+/]{43}=$/),
    });
    expect(Buffer.isBuffer(put.Body)).toBe(true);
  });

  it("encryption is asked for with each object", async () => {
    expect(await firstPut({})).not.toHaveProperty("ServerSideEncryption");
    expect(await firstPut({ encryption: { type: "s3" } })).toMatchObject({ ServerSideEncryption: "AES256" });
    expect(await firstPut({ encryption: { type: "kms", keyId: "key", bucketKey: true } })).toMatchObject({
      ServerSideEncryption: "aws:kms",
      SSEKMSKeyId: "key",
      BucketKeyEnabled: true,
    });
  });

  it("a log's name never leads into another folder", async () => {
    const store = createS3Store(OPTIONS);
    for (const name of ["", "..", "a/b", "a\\b", "a\0b", ".a", "a b"]) {
      await expect(store.lease(name)).rejects.toMatchObject({ code: "invalid_option" });
      await expect(store.head(name)).rejects.toMatchObject({ code: "invalid_option" });
    }
    await store.close();
  });
});
