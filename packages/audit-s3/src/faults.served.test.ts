import type { SealedRecord } from "@proclaw/core";
import { ProclawError } from "@proclaw/core";
import type { FaultKind, MannerName } from "@proclaw-private/s3-server";
import { createHash } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { BUCKET, ServedBucket } from "./fixtures/served-bucket.ts";

const LOG = "01990000-0000-7000-8000-000000000001";

function record(seq: number, text: string): SealedRecord {
  const bytes = Buffer.from(text);
  return { seq, leaf: createHash("sha256").update(Uint8Array.of(0)).update(bytes).digest("hex"), bytes };
}

/** One append into a fresh prefix while `fault` is planted; says how it ended and what the bucket holds. */
async function appendUnder(
  served: ServedBucket,
  prefix: string,
  plant: () => void,
): Promise<{ readonly outcome: string; readonly message: string; readonly versions: number; readonly size: number }> {
  const store = served.store({ prefix });
  const lease = await store.lease(LOG);
  plant();
  let outcome = "acknowledged";
  let message = "";
  try {
    await store.append(lease, { expectedSeq: 0, expectedHead: null }, [record(0, "one"), record(1, "two")]);
  } catch (error) {
    outcome = ProclawError.is(error) ? error.code : String(error);
    message = error instanceof Error ? error.message : "";
  }
  served.server.clearFaults();
  const versions = served.server
    .versions(BUCKET)
    .filter(({ key }) => key.startsWith(`${prefix}/`) && key.endsWith("l"));
  const { size } = await store.recover(lease);
  await store.close();
  return { outcome, message, versions: versions.length, size };
}

for (const manner of ["aws", "ceph"] as const satisfies readonly MannerName[]) {
  describe(`an answer that is lost, late or strange, in the manner of ${manner}`, async () => {
    const served = await ServedBucket.start(manner);
    afterAll(() => served.server.stop());
    let places = 0;

    it.each<[string, FaultKind]>([
      ["the reply to the PUT is lost", { kind: "lost_reply" }],
      ["the connection is reset before anything is done", { kind: "reset" }],
      ["the server answers 500", { kind: "error", code: "InternalError" }],
      ["the server answers 503 SlowDown", { kind: "error", code: "SlowDown" }],
      ["another request runs (409)", { kind: "conflict" }],
      ["the server's clock jumps", { kind: "wrong_time", offsetMs: 3_600_000 }],
    ])("%s: settled, one version", async (_what, fault) => {
      const done = await appendUnder(served, `fault-${++places}`, () =>
        served.server.plant({ ...fault, operations: ["PutObject"] }),
      );
      expect(done).toEqual({ outcome: "acknowledged", message: "", versions: 1, size: 2 });
    });

    it.each(["ListObjectVersions", "HeadObject"])("the answer to %s is lost: asked again", async (operation) => {
      const done = await appendUnder(served, `fault-${++places}`, () =>
        // The list before the append finds the end of the log; a later one confirms the PUT.
        served.server.plant({ kind: "reset", operations: [operation], times: 1 }),
      );
      expect(done.versions).toBeLessThanOrEqual(1);
      expect(done.outcome === "acknowledged").toBe(done.versions === 1);
    });

    it("no answer at all: uncertain, and recovery says what is there", async () => {
      const done = await appendUnder(served, `fault-${++places}`, () =>
        served.server.plant({ kind: "lost_reply", operations: ["PutObject", "HeadObject"], times: 50 }),
      );
      expect(done).toMatchObject({ outcome: "store_failed", versions: 1, size: 2 });
      expect(done.message).toContain("the server does not answer");
    });

    it.each<[string, FaultKind, RegExp]>([
      ["no more room", { kind: "full" }, /QuotaExceeded \(403\)/],
      [
        "an access that is denied",
        { kind: "error", code: "AccessDenied" },
        /AccessDenied \(403\); these credentials may not/,
      ],
    ])("%s: refused at once, nothing written", async (_what, fault, message) => {
      const done = await appendUnder(served, `fault-${++places}`, () =>
        served.server.plant({ ...fault, operations: ["PutObject"], times: 50 }),
      );
      expect(done).toMatchObject({ outcome: "store_failed", versions: 0, size: 0 });
      expect(done.message).toMatch(message);
    });

    it("a server that is away: refused with the reason", async () => {
      const store = served.store({ prefix: `away-${++places}`, retry: { attempts: 1 } });
      await served.server.stopGateway();
      await expect(store.lease(LOG)).rejects.toMatchObject({
        code: "store_failed",
        message: expect.stringMatching(/: ECONN\w+; the server does not answer$/),
      });
      await served.server.startGateway();
      await (await store.lease(LOG)).release();
      await store.close();
    });

    it("wrong credentials: refused with the reason, and no secret in the message", async () => {
      const config = served.config();
      const credentials = { ...config.credentials, secretAccessKey: "not-the-right-secret" };
      const store = served.store({ clientConfig: { ...config, credentials }, prefix: `key-${++places}` });
      const failure = await store.lease(LOG).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "store_failed" });
      expect((failure as Error).message).toMatch(
        /SignatureDoesNotMatch \(403\); the credentials are missing, wrong or/,
      );
      expect((failure as Error).message).not.toContain("not-the-right-secret");
      await store.close();
    });

    it("a bucket that is not there, and one without Object Lock", async () => {
      const nowhere = served.store({ bucket: "nowhere" });
      await expect(nowhere.lease(LOG)).rejects.toMatchObject({
        message: expect.stringContaining("NoSuchBucket (404)"),
      });
      await nowhere.close();
      const owner = served.sdk();
      await owner.createBucket({ Bucket: `plain-${++places}` });
      const plain = served.store({ bucket: `plain-${places}` });
      await expect(plain.lease(LOG)).rejects.toMatchObject({
        code: "store_failed",
        message: expect.stringContaining("run `proclaw doctor s3`"),
      });
      await plain.close();
      owner.destroy();
    });

    it("a checkpoint that is put again, as after a crash, stays one version", async () => {
      const prefix = `again-${++places}`;
      const store = served.store({ prefix });
      const lease = await store.lease(LOG);
      await store.append(lease, { expectedSeq: 0, expectedHead: null }, [record(0, "one")]);
      for (let i = 0; i < 3; i++) await store.putCheckpoint(lease, 1, Buffer.from("note"));
      await store.close();
      const notes = served.server.versions(BUCKET).filter(({ key }) => key.startsWith(prefix) && key.endsWith(".note"));
      expect(notes).toHaveLength(1);
      expect((await served.store({ prefix }).evidence(LOG)).findings).toEqual([]);
    });

    it("a writer that was overtaken is told so, and what it put is not acknowledged", async () => {
      const prefix = `fence-${++places}`;
      const options = { prefix, now: () => served.server.clock.now() };
      const first = served.store(options);
      const second = served.store(options);
      const lease = await first.lease(LOG);
      await first.append(lease, { expectedSeq: 0, expectedHead: null }, [record(0, "one")]);
      served.server.clock.advance(60_001);
      const next = await second.lease(LOG);
      expect(next.epoch).toBe(1);
      const head = record(0, "one").leaf;
      await expect(
        first.append(lease, { expectedSeq: 1, expectedHead: head }, [record(1, "late")]),
      ).rejects.toMatchObject({ code: "lease_lost" });
      expect(lease.lost.aborted).toBe(true);
      await first.close();
      await second.close();
    });
  });
}
