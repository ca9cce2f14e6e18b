import { createHash } from "node:crypto";
import { tamperKit } from "@proclaw/conformance/tamper";
import type { TrailImage } from "@proclaw/conformance/tamper";
import { verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { afterAll, describe, expect, it } from "vitest";
import { BUCKET, PROOF, SERVERS, TestBucket } from "./servers.ts";

/*
 * What somebody with raw access to the bucket, before any lock, could leave there. (After it, the
 * objects cannot be touched: packages/audit-s3, attacks.served.test.ts.) A checkpoint whose name
 * says no size is no object of the store, so it is a finding of `evidence` and not shown.
 */
describe.each(SERVERS)("tampering on %s", async (name) => {
  const bucket = await TestBucket.start(name);
  const sdk = bucket.sdk();
  afterAll(async () => {
    sdk.destroy();
    await bucket.server.stop();
  });
  let places = 0;

  async function plant(prefix: string, trail: TrailImage): Promise<void> {
    const put = async (key: string, bytes: Uint8Array): Promise<void> => {
      const ContentMD5 = createHash("md5").update(bytes).digest("base64");
      await sdk.putObject({ Bucket: BUCKET, Key: `${prefix}/v1/${key}`, Body: bytes, ContentMD5 });
    };
    // A log with nothing in it is one whose lease was taken.
    await Promise.all(trail.logs.map(({ id }) => put(`${id}/leases/0000000000000000.json`, Buffer.from("{}\n"))));
    await Promise.all(
      trail.logs.flatMap(({ id, segments, notes }) => [
        ...segments.map(({ name: file, bytes }) => put(`${id}/0000000000000000/${file}`, bytes)),
        ...notes.map(({ name: file, note }) => put(`${id}/checkpoints/${file}`, note)),
      ]),
    );
  }

  const cases = tamperKit({
    can: ["segments", "fragments", "note_names"],
    verify: (source, { keys, anchors, strict }) =>
      verifyTrail(source, { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, keys, anchors, strict }),
    place: async (trail) => {
      const prefix = `tamper-${++places}`;
      await plant(prefix, trail);
      return { source: await bucket.source(prefix), remove: async () => {} };
    },
  });
  // Both modes at proof: what differs between them is the verifier's, not the store's. Otherwise every
  // third case, since each costs half a second with the SDK and up to four on a real Ceph, and
  // `.ci/run` must stay below 25 minutes.
  const strict = cases.filter((one) => one.name.startsWith("strict"));
  const chosen = PROOF ? cases : strict.filter((_, at) => at % 3 === 0);
  it.concurrent.each(chosen)("$name", async ({ run }) => await expect(run()).resolves.toBeUndefined(), 60_000);
});
