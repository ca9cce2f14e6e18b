import { join } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import { createFileStore, createSpool } from "@proclaw/audit";
import { createS3Store, openSource } from "@proclaw/audit-s3";
import { startS3Server } from "@proclaw-private/s3-server";
import type { Check } from "../report.ts";
import type { TrailPlace } from "./place.ts";

const BUCKET = "clinic-evidence";
const PREFIX = "triage";

/**
 * A bucket with Object Lock behind a local spool. The server is the small one of this repository, in
 * this process: nothing leaves the machine, and everything is gone with it.
 */
export async function s3Place(folder: string, stateDir: string): Promise<TrailPlace> {
  const server = await startS3Server();
  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  const clientConfig = { endpoint: server.endpoint, region: server.region, forcePathStyle: true, credentials };
  const anybody = new S3({ ...clientConfig, maxAttempts: 1 });
  await anybody.createBucket({ Bucket: BUCKET, ObjectLockEnabledForBucket: true });
  const spool = createSpool({
    local: createFileStore(folder),
    remote: createS3Store({ clientConfig, bucket: BUCKET, prefix: PREFIX, retention: { days: 1 } }),
    directory: join(folder, "../spool"),
  });
  const objects = () => server.versions(BUCKET).filter(({ isDeleteMarker }) => !isDeleteMarker);
  /** The first version of a key: the one that counts. */
  const firstVersion = (key: string) =>
    server
      .bucket(BUCKET)
      .versions(key)
      .findLast((one) => !one.isDeleteMarker);
  return {
    name: `s3://${BUCKET}/${PREFIX}`,
    store: spool,
    keys: join(stateDir, "keys"),
    level: "L2",
    async settle() {
      await spool.close();
    },
    async source() {
      // An auditor brings credentials of his own, in his environment.
      process.env["AWS_ACCESS_KEY_ID"] = server.accessKey;
      process.env["AWS_SECRET_ACCESS_KEY"] = server.secretKey;
      return await openSource(`s3://${BUCKET}/${PREFIX}?endpoint=${encodeURIComponent(server.endpoint)}`);
    },
    async contents() {
      return objects().map(({ key, body }) => ({ name: key, bytes: Buffer.from(body) }));
    },
    async replace(name, bytes) {
      const version = firstVersion(name);
      if (version !== undefined) version.body = bytes;
    },
    async extraChecks(verdict): Promise<readonly Check[]> {
      const key = objects().find((one) => one.key.endsWith(".jsonl"))?.key ?? "";
      const VersionId = firstVersion(key)?.versionId ?? "";
      const refusal = await anybody
        .deleteObject({ Bucket: BUCKET, Key: key, VersionId, BypassGovernanceRetention: true })
        .then(
          () => null,
          (error: Error) => error.name,
        );
      await anybody.putObject({ Bucket: BUCKET, Key: key, Body: "nothing happened\n" });
      await anybody.deleteObject({ Bucket: BUCKET, Key: key });
      const after = await verdict();
      return [
        {
          title: "the writer's own credentials cannot delete a segment",
          ok: refusal === "AccessDenied",
          happened: refusal ?? "it is gone",
        },
        {
          title: "overwritten and hidden, the trail is read as it was, and says so",
          ok:
            after.startsWith("intact") && after.includes("was written 1 more time") && after.includes("delete marker"),
          happened: after,
        },
      ];
    },
    async close() {
      anybody.destroy();
      await server.stop();
    },
  };
}
