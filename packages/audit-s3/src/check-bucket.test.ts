import { describe, expect, it } from "vitest";
import { Bucket } from "./bucket.ts";
import { checkBucket } from "./check-bucket.ts";
import type { BucketReport } from "./check-bucket.ts";
import { LazyClient } from "./client.ts";
import { MemoryBucket, S3Refusal } from "./fixtures/memory-bucket.ts";
import { BUCKET, ServedBucket } from "./fixtures/served-bucket.ts";
import type { S3Calls } from "./client.ts";

function check(client: S3Calls): Promise<BucketReport> {
  const bucket = new Bucket({
    client: new LazyClient({ client }),
    place: { bucket: BUCKET, prefix: "trail" },
    requestMs: 10_000,
  });
  return checkBucket(bucket, { now: Date.now });
}

/** Ids of what is wrong, required ones marked. */
function wrong({ checks }: BucketReport): string[] {
  return checks.flatMap(({ id, ok, required }) => (ok ? [] : [required ? `${id}!` : id]));
}

describe("a bucket in memory", () => {
  it("that is good passes", async () => {
    const report = await check(new MemoryBucket().client);
    expect(report.worm).toBe(true);
    expect(wrong(report)).toEqual(["delete_marker"]);
    expect(report.checks.every(({ ok, remedy }) => ok === (remedy === null))).toBe(true);
  });

  it.each<[string, (bucket: MemoryBucket) => void, string[]]>([
    [
      "without Object Lock",
      (bucket) => (bucket.lockEnabled = false),
      ["object_lock!", "default_retention!", "locked_put!"],
    ],
    ["with versioning off", (bucket) => (bucket.versioning = "Suspended"), ["versioning!", "locked_put!"]],
    [
      "with a GOVERNANCE default",
      (bucket) => (bucket.defaultMode = "GOVERNANCE"),
      ["default_retention!", "delete_marker"],
    ],
    ["without a default", (bucket) => (bucket.defaultMode = undefined), ["default_retention!", "delete_marker"]],
    [
      "that lets everything be deleted",
      (bucket) => (bucket.enforces = false),
      ["shorten!", "weaken!", "overwrite!", "delete_marker", "delete_version!", "bypass!", "suspend_versioning!"],
    ],
  ])("%s is refused, and the remedy is named", async (_what, prepare, expected) => {
    const bucket = new MemoryBucket();
    prepare(bucket);
    const report = await check(bucket.client);
    expect(report.worm).toBe(false);
    expect(wrong(report)).toEqual(expected);
    for (const { ok, remedy } of report.checks) if (!ok) expect(remedy).toMatch(/\w{4}/);
    // What the check changed, it put back.
    if (!bucket.enforces) expect(bucket.versioning).toBe("Enabled");
  });

  it("whose server ignores conditions passes with a notice", async () => {
    const bucket = new MemoryBucket();
    bucket.conditional = false;
    const report = await check(bucket.client);
    expect(report.worm).toBe(true);
    expect(wrong(report)).toContain("conditional_put");
  });

  it("that is away is no bad bucket: the check fails", async () => {
    const bucket = new MemoryBucket();
    bucket.fault = (operation) => (operation === "deleteObject" ? new S3Refusal("InternalError", 500) : null);
    await expect(check(bucket.client)).rejects.toMatchObject({ code: "store_failed" });
    bucket.fault = () => Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    await expect(check(bucket.client)).rejects.toMatchObject({ code: "store_failed" });
  });
});

describe.each(["aws", "ceph"] as const)("a server in the manner of %s", (manner) => {
  it("passes with a good bucket, for the owner and for a writer under the policy", async () => {
    const served = await ServedBucket.start(manner);
    const client = served.sdk();
    const report = await check(client);
    expect(wrong(report)).toEqual(manner === "aws" ? ["delete_marker"] : ["conditional_put", "delete_marker"]);
    expect(report.worm).toBe(true);
    client.destroy();
    await served.server.stop();
  });

  it("is refused with weak buckets", async () => {
    const served = await ServedBucket.start(manner);
    const owner = served.sdk();
    await owner.createBucket({ Bucket: "plain" });
    const of = async (name: string): Promise<string[]> => {
      const bucket = new Bucket({
        client: new LazyClient({ client: owner }),
        place: { bucket: name, prefix: "" },
        requestMs: 10_000,
      });
      const report = await checkBucket(bucket, { now: Date.now });
      expect(report.worm).toBe(false);
      return wrong(report).filter((id) => id.endsWith("!"));
    };
    expect(await of("plain")).toEqual(expect.arrayContaining(["versioning!", "object_lock!", "default_retention!"]));
    await owner.putBucketVersioning({ Bucket: "plain", VersioningConfiguration: { Status: "Enabled" } });
    expect(await of("plain")).toEqual(expect.arrayContaining(["object_lock!", "locked_put!"]));
    await owner.createBucket({ Bucket: "nodefault", ObjectLockEnabledForBucket: true });
    expect(await of("nodefault")).toEqual(["default_retention!"]);
    await owner.putObjectLockConfiguration({
      Bucket: "nodefault",
      ObjectLockConfiguration: {
        ObjectLockEnabled: "Enabled",
        Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 7 } },
      },
    });
    expect(await of("nodefault")).toEqual(["default_retention!"]);
    await expect(of("nowhere")).rejects.toMatchObject({ message: expect.stringContaining("NoSuchBucket (404)") });
    owner.destroy();
    await served.server.stop();
  });
});
