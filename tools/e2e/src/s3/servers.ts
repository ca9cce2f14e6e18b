import { S3 } from "@aws-sdk/client-s3";
import { startS3Server } from "@proclaw-private/s3-server";
import type { S3Server } from "@proclaw-private/s3-server";
import { startCeph } from "@proclaw-private/s3-server/ceph";
import type { CephServer } from "@proclaw-private/s3-server/ceph";
import { createS3Store, openSource } from "@proclaw/audit-s3";
import type { S3StoreOptions } from "@proclaw/audit-s3";
import type { AuditSource, AuditStore } from "@proclaw/core";
import { vi } from "vitest";

export const BUCKET = "evidence";
export const PROOF: boolean = process.env["PROCLAW_DEPTH"] === "proof";

export type ServerName = "aws" | "ceph" | "real ceph";

/**
 * The servers that the tests of this folder run on: the in-repo one in the manner of Ceph, which
 * gives the store less to hold on to; at proof in both manners; with `PROCLAW_S3_SERVER=ceph` a real
 * Ceph (the suite `audit-s3-ceph`).
 */
export const SERVERS: readonly ServerName[] =
  process.env["PROCLAW_S3_SERVER"] === "ceph" ? ["real ceph"] : PROOF ? ["aws", "ceph"] : ["ceph"];

/** A server with one bucket that has Object Lock and a default rule. */
export class TestBucket {
  readonly name: ServerName;
  readonly server: S3Server | CephServer;

  private constructor(name: ServerName, server: S3Server | CephServer) {
    this.name = name;
    this.server = server;
  }

  static async start(name: ServerName): Promise<TestBucket> {
    const bucket = new TestBucket(
      name,
      name === "real ceph" ? await startCeph() : await startS3Server({ manner: name }),
    );
    const owner = bucket.sdk();
    await owner.createBucket({ Bucket: BUCKET, ObjectLockEnabledForBucket: true });
    await owner.putObjectLockConfiguration({
      Bucket: BUCKET,
      ObjectLockConfiguration: {
        ObjectLockEnabled: "Enabled",
        Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 1 } },
      },
    });
    owner.destroy();
    return bucket;
  }

  /** The in-repo server, for faults; null on a real one. */
  get inRepo(): S3Server | null {
    return "plant" in this.server ? this.server : null;
  }

  config(): NonNullable<S3StoreOptions["clientConfig"]> {
    return {
      endpoint: this.server.endpoint,
      region: this.server.region,
      forcePathStyle: true,
      credentials: { accessKeyId: this.server.accessKey, secretAccessKey: this.server.secretKey },
    };
  }

  sdk(): S3 {
    return new S3({
      ...this.config(),
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  store(prefix: string, options: Partial<S3StoreOptions> = {}): AuditStore {
    return createS3Store({
      clientConfig: this.config(),
      bucket: BUCKET,
      prefix,
      retention: { days: 2 },
      retry: { attempts: 2, firstMs: 5 },
      ...options,
    });
  }

  url(prefix: string): string {
    return `s3://${BUCKET}/${prefix}?endpoint=${encodeURIComponent(this.server.endpoint)}`;
  }

  /** What an auditor opens: by URL, with the credentials of his environment. */
  async source(prefix: string): Promise<AuditSource> {
    this.useEnvironment();
    return await openSource(this.url(prefix));
  }

  /** Puts this server's credentials where the SDK's chain looks first. */
  useEnvironment(): void {
    vi.stubEnv("AWS_ACCESS_KEY_ID", this.server.accessKey);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", this.server.secretKey);
  }
}
