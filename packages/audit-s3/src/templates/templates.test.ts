import { createHash } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { BUCKET, ServedBucket } from "../fixtures/served-bucket.ts";
import { bucketPolicy } from "./bucket-policy.ts";
import { lifecycleRules } from "./lifecycle.ts";
import { terraform } from "./terraform.ts";

const DAY_MS = 86_400_000;
const LOG = "01990000-0000-7000-8000-000000000001";
const WRITER = "arn:aws:iam::123456789012:role/audit-writer";

interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly { readonly Sid: string }[];
}

describe("the bucket policy, as the in-repo server reads policies in the manner of aws", async () => {
  const served = await ServedBucket.start("aws");
  afterAll(() => served.server.stop());
  const owner = served.sdk();
  const text = bucketPolicy({
    bucket: BUCKET,
    prefix: "trail",
    writer: served.server.users["writer"]?.arn ?? "",
    minimumDays: 29,
  });
  const policy = JSON.parse(text) as PolicyDocument;
  // The server speaks plain http, which the policy rightly denies.
  const Statement = policy.Statement.filter(({ Sid }) => Sid !== "OnlyEncryptedTransport");
  await owner.putBucketPolicy({ Bucket: BUCKET, Policy: JSON.stringify({ ...policy, Statement }) });
  const thief = served.sdk("writer");
  const key = `trail/v1/${LOG}/0000000000000000/0000000000000000.jsonl`;
  const lockUntil = (days: number) => new Date(Date.now() + days * DAY_MS);

  it("lets the writer do all that the store needs", async () => {
    expect(Statement.length).toBe(policy.Statement.length - 1);
    const store = served.store({ clientConfig: served.config("writer") });
    const lease = await store.lease(LOG);
    const bytes = Buffer.from("line");
    const leaf = createHash("sha256").update(Uint8Array.of(0)).update(bytes).digest("hex");
    const receipt = await store.append(lease, { expectedSeq: 0, expectedHead: null }, [{ seq: 0, leaf, bytes }]);
    expect(receipt.object?.name).toBe(`s3://${BUCKET}/${key}`);
    await store.putCheckpoint(lease, 1, Buffer.from("note"));
    expect((await store.evidence(LOG)).worm).toBe(true);
    expect((await store.probe()).worm).toBe(true);
    await store.close();
  });

  it.each<[string, () => Promise<unknown>]>([
    ["hide it behind a delete marker", () => thief.deleteObject({ Bucket: BUCKET, Key: key })],
    ["overwrite it without a lock", () => thief.putObject({ Bucket: BUCKET, Key: key, Body: "x" })],
    [
      "put under a GOVERNANCE lock",
      () =>
        thief.putObject({
          Bucket: BUCKET,
          Key: key,
          Body: "x",
          ObjectLockMode: "GOVERNANCE",
          ObjectLockRetainUntilDate: lockUntil(90),
        }),
    ],
    [
      "put under a lock that is too short",
      () =>
        thief.putObject({
          Bucket: BUCKET,
          Key: key,
          Body: "x",
          ObjectLockMode: "COMPLIANCE",
          ObjectLockRetainUntilDate: lockUntil(3),
        }),
    ],
    [
      "write beside its prefix",
      () =>
        thief.putObject({
          Bucket: BUCKET,
          Key: "elsewhere",
          Body: "x",
          ObjectLockMode: "COMPLIANCE",
          ObjectLockRetainUntilDate: lockUntil(90),
        }),
    ],
    [
      "suspend versioning",
      () => thief.putBucketVersioning({ Bucket: BUCKET, VersioningConfiguration: { Status: "Suspended" } }),
    ],
    ["remove the policy", () => thief.deleteBucketPolicy({ Bucket: BUCKET })],
  ])("does not let a thief of the writer's credentials %s", async (_what, attack) => {
    await expect(attack()).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("keeps the owner from deleting, too", async () => {
    await expect(owner.deleteObject({ Bucket: BUCKET, Key: key })).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

describe("texts", () => {
  const options = { bucket: "evidence", prefix: "clinic/a", writer: WRITER, minimumDays: 365 };

  it("refuse what they cannot be made of", () => {
    expect(() => bucketPolicy({ ...options, writer: "*" })).toThrow("ARN");
    expect(() => bucketPolicy({ ...options, minimumDays: 0 })).toThrow("whole number");
    expect(() => bucketPolicy({ ...options, bucket: "a b" })).toThrow("not the name of a bucket");
    expect(() => lifecycleRules({ bucket: "evidence", expireDays: 0.5 })).toThrow("whole number");
  });

  it("name the prefix and nothing else", () => {
    const policy = JSON.parse(bucketPolicy(options)) as { Statement: { Resource: string[] }[] };
    const resources = new Set(policy.Statement.flatMap(({ Resource }) => Resource));
    expect([...resources].sort()).toEqual([
      "arn:aws:s3:::evidence",
      "arn:aws:s3:::evidence/*",
      "arn:aws:s3:::evidence/clinic/a/canary/*",
      "arn:aws:s3:::evidence/clinic/a/v1/*",
    ]);
    const rules = JSON.parse(lifecycleRules({ ...options, expireDays: 400 })) as { Rules: object[] };
    expect(rules.Rules).toHaveLength(4);
    expect(terraform(options)).toContain("# Unvalidated");
    expect(terraform(options)).toContain("days = 365");
    expect(terraform(options)).toContain('"arn:aws:s3:::evidence/clinic/a/v1/*"');
  });
});
