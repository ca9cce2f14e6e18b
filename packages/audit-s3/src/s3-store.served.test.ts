import { S3Client } from "@aws-sdk/client-s3";
import { auditStoreKit } from "@proclaw/conformance";
import type { AuditStoreKitOptions } from "@proclaw/conformance";
import { afterAll, describe, expect, it } from "vitest";
import { BUCKET, ServedBucket } from "./fixtures/served-bucket.ts";

/*
 * The same kit over the wire: the SDK's own client against the in-repo server, which enforces
 * Object Lock. `tools/suites` runs it against a real Ceph.
 */
for (const manner of ["aws", "ceph"] as const) {
  describe(`S3 store on a server in the manner of ${manner}`, async () => {
    const served = await ServedBucket.start(manner);
    afterAll(() => served.server.stop());
    let places = 0;
    const options: AuditStoreKitOptions = {
      can: ["kill", "fingerprint"],
      create: async () => {
        const prefix = `case-${++places}`;
        return {
          open: async () => served.store({ prefix, now: () => served.server.clock.now() }),
          // A dead writer gives nothing back: its claim counts until its time is over.
          kill: async () => served.server.clock.advance(60_001),
          fingerprint: async () =>
            JSON.stringify(served.server.versions(BUCKET).filter(({ key }) => key.startsWith(`${prefix}/`))),
        };
      },
    };
    it.each(auditStoreKit(options))("$name", async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });

    it("takes the SDK's bare client too", async () => {
      const client = new S3Client({ ...served.config(), maxAttempts: 1 });
      const store = served.store({ clientConfig: undefined, client, prefix: "bare" } as never);
      const lease = await store.lease("01990000-0000-7000-8000-000000000001");
      expect(lease.epoch).toBe(0);
      await store.close();
      // It stays the caller's: a closed store does not destroy it.
      expect((await served.sdk().listObjectVersions({ Bucket: BUCKET, Prefix: "bare/" })).Versions).toHaveLength(2);
      client.destroy();
    });
  });
}
