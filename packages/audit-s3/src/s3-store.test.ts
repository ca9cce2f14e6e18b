import { auditStoreKit } from "@proclaw/conformance";
import type { AuditStoreKitOptions } from "@proclaw/conformance";
import { describe, expect, it } from "vitest";
import { MemoryBucket } from "./fixtures/memory-bucket.ts";
import { createS3Store } from "./s3-store.ts";

function kit(prepare: (bucket: MemoryBucket) => void): AuditStoreKitOptions {
  return {
    can: ["kill", "fingerprint"],
    create: async () => {
      const bucket = new MemoryBucket();
      prepare(bucket);
      let later = 0;
      bucket.now = () => Date.now() + later;
      return {
        open: async () =>
          createS3Store({
            client: bucket.client,
            bucket: "evidence",
            prefix: "clinic/a",
            retention: { days: 30 },
            leaseMs: 60_000,
            now: () => Date.now() + later,
          }),
        // A dead writer gives nothing back: its claim counts until its time is over.
        kill: async () => {
          later += 60_001;
        },
        fingerprint: async () =>
          JSON.stringify([...bucket.objects].map(([key, versions]) => [key, versions.map(({ id }) => id)])),
      };
    },
  };
}

describe("S3 store, a server that honors If-None-Match", () => {
  it.each(auditStoreKit(kit(() => {})))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

describe("S3 store, a server that ignores it and lists in short pages", () => {
  const prepare = (bucket: MemoryBucket): void => {
    bucket.conditional = false;
    bucket.pageSize = 3;
  };
  it.each(auditStoreKit(kit(prepare)))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
