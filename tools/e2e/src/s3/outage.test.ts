import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createFileStore, createSpool, exportTrail, openFileSigner, openFileSource, openTrail } from "@proclaw/audit";
import type { Spool, SpoolOptions } from "@proclaw/audit";
import type { S3StoreOptions } from "@proclaw/audit-s3";
import { eventFields } from "@proclaw/core";
import type { AuditSource, AuditTrail, SanitizedEvent } from "@proclaw/core";
import { formatVerifierKey, verifierKey, verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { afterAll, describe, expect, it } from "vitest";
import { PROOF, SERVERS, TestBucket } from "./servers.ts";

const WRITER = fileURLToPath(new URL("./fixtures/spool-writer.ts", import.meta.url));

function event(text: string): SanitizedEvent {
  return eventFields({ kind: "config.change", body: { text } }) as SanitizedEvent;
}

async function textOf(source: AuditSource): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportTrail(source)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function eventually(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await sleep(20);
}

describe.each(SERVERS)("a spool before a bucket on %s", async (name) => {
  const bucket = await TestBucket.start(name);
  const folders: string[] = [];
  afterAll(async () => {
    await bucket.server.stop();
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  });
  let places = 0;

  async function place() {
    const dir = await mkdtemp(join(tmpdir(), "proclaw-outage-"));
    folders.push(dir);
    const prefix = `outage-${++places}`;
    const signer = await openFileSigner(join(dir, "key.pem"));
    const open = (options: Partial<SpoolOptions> = {}, remote: Partial<S3StoreOptions> = {}): Spool =>
      createSpool({
        local: createFileStore(join(dir, "trail")),
        remote: bucket.store(prefix, { leaseMs: 1000, ...remote }),
        directory: join(dir, "spool"),
        segmentMs: 50,
        retry: { firstMs: 20, lastMs: 200 },
        // What the dead held is looked at again soon.
        sweepMs: 500,
        ...options,
      });
    const trailOf = (store: Spool): Promise<AuditTrail> =>
      openTrail({ store, signer, checkpointEvery: { records: 50, ms: 50 }, retry: { firstMs: 10, lastMs: 50 } });
    /** The bucket holds the very trail, intact, signed and locked. */
    const expectMirrored = async (acknowledged: readonly string[]): Promise<void> => {
      const far = await bucket.source(prefix);
      const text = await textOf(far);
      expect(text).toBe(await textOf(openFileSource(join(dir, "trail"))));
      for (const id of acknowledged) expect(text).toContain(id);
      const report = await verifyTrail(far, {
        hasher: nodeHasher,
        ed25519Verify: nodeEd25519Verify,
        keys: [formatVerifierKey(verifierKey(nodeHasher, signer.name, signer.publicKey))],
        strict: true,
      });
      expect(report.first_bad).toBeNull();
      expect(report).toMatchObject({ verdict: "intact", level: "L2" });
    };
    return { dir, prefix, open, trailOf, expectMirrored };
  }

  it("an outage: calls go on, and all is shipped after it", async () => {
    const { open, trailOf, expectMirrored } = await place();
    const store = open();
    const trail = await trailOf(store);
    const acknowledged: string[] = [];
    for (let i = 0; i < 10; i++) acknowledged.push((await trail.append(event(`before ${i}`))).event_id);
    await store.flush();
    await bucket.server.stopGateway();
    for (let i = 0; i < 10; i++) acknowledged.push((await trail.append(event(`during ${i}`))).event_id);
    await eventually(() => store.status().state === "failing");
    expect(store.status().lastError?.message).toMatch(/the server does not answer/);
    expect(store.status().waitingBytes).toBeGreaterThan(0);
    await bucket.server.startGateway();
    await eventually(() => store.status().state === "idle");
    acknowledged.push((await trail.append(event("after"))).event_id);
    await trail.close();
    await store.close();
    await expectMirrored(acknowledged);
  }, 120_000);

  it("an outage with a full spool: calls are denied, and none is lost", async () => {
    const { open, trailOf, expectMirrored } = await place();
    const store = open({ maxBytes: 20_000 });
    const trail = await trailOf(store);
    await bucket.server.stopGateway();
    const acknowledged: string[] = [];
    const refused: string[] = [];
    // The first that does not fit fails the trail; until it has recovered, it refuses without asking.
    for (let i = 0; refused.length < 5 || !refused.some((why) => why.startsWith("the spool is full")); i++) {
      try {
        acknowledged.push((await trail.append(event(`call ${i}`))).event_id);
      } catch (error) {
        refused.push((error as Error).message);
        await sleep(1);
      }
    }
    expect(store.status().waitingBytes).toBeGreaterThan(10_000);
    await bucket.server.startGateway();
    await eventually(async () => {
      try {
        acknowledged.push((await trail.append(event("after"))).event_id);
        return true;
      } catch {
        return false;
      }
    });
    await trail.close();
    await store.close();
    await expectMirrored(acknowledged);
  }, 120_000);

  it("wrong credentials: records stay here, the alarm is heard, right ones ship them", async () => {
    const { open, trailOf, expectMirrored } = await place();
    const credentials = { accessKeyId: bucket.server.accessKey, secretAccessKey: "wrong" };
    const told: string[] = [];
    const tell = (message: string): void => void told.push(message);
    const store = open(
      { logger: { debug: tell, info: tell, warn: tell, error: tell }, closeMs: 10 },
      { clientConfig: { ...bucket.config(), credentials } },
    );
    const trail = await trailOf(store);
    const { event_id } = await trail.append(event("kept"));
    await eventually(() => store.status().state === "failing");
    await trail.close();
    await store.close();
    expect(told.join("\n")).toMatch(/the spool is not shipped .*\(403\)/);
    expect(told.join("\n")).toMatch(/bytes of records are not in the remote store yet/);
    const next = open();
    await next.flush();
    await next.close();
    await expectMirrored([event_id]);
  }, 120_000);

  // A real server loses no answer on demand.
  it.runIf(bucket.inRepo !== null)(
    "answers that are lost at random",
    async () => {
      const { open, trailOf, expectMirrored } = await place();
      const store = open({ segmentMs: 5 });
      const trail = await trailOf(store);
      const acknowledged: string[] = [];
      for (let i = 0; i < 40; i++) {
        if (i % 4 === 0) bucket.inRepo?.plant({ kind: i % 8 === 0 ? "lost_reply" : "reset", times: 1 + (i % 3) });
        acknowledged.push((await trail.append(event(`call ${i}`))).event_id);
        await sleep(3);
      }
      bucket.inRepo?.clearFaults();
      await trail.close();
      await store.close();
      expect(store.status().waitingBytes).toBe(0);
      await expectMirrored(acknowledged);
    },
    120_000,
  );

  it("two writers on one folder, who share a log of checkpoints: all of both is shipped", async () => {
    const { dir, prefix, open, trailOf, expectMirrored } = await place();
    const stores = [open({ sweepMs: 100 }), open({ sweepMs: 100 })];
    const trails: AuditTrail[] = [];
    for (const store of stores) trails.push(await trailOf(store));
    const acknowledged: string[] = [];
    for (let i = 0; i < 30; i++) {
      for (const trail of trails) acknowledged.push((await trail.append(event(`call ${i}`))).event_id);
    }
    for (const trail of trails) await trail.close();
    await eventually(async () => {
      for (const store of stores) await store.flush();
      return (await textOf(await bucket.source(prefix))) === (await textOf(openFileSource(join(dir, "trail"))));
    });
    for (const store of stores) await store.close();
    expect(acknowledged).toHaveLength(60);
    await expectMirrored(acknowledged);
  }, 120_000);

  it.each(["local", "remote"] as const)(
    "kill -9 at random moments, ack %s",
    async (ack) => {
      const { dir, prefix, open, trailOf, expectMirrored } = await place();
      const acknowledged: string[] = [];
      const env = {
        ...process.env,
        S3_ENDPOINT: bucket.server.endpoint,
        AWS_ACCESS_KEY_ID: bucket.server.accessKey,
        AWS_SECRET_ACCESS_KEY: bucket.server.secretKey,
        AWS_REGION: "us-east-1",
      };
      for (let kill = 0; kill < (PROOF ? 30 : 3); kill++) {
        const child = spawn(process.execPath, ["--conditions", "@proclaw/source", WRITER, dir, prefix, ack], {
          stdio: ["ignore", "pipe", "inherit"],
          env,
        });
        let told = "";
        const until = 5 + kill * 40;
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          told += text;
          if (told.split("\n").length > until) child.kill("SIGKILL");
        });
        // In the middle of it the bucket goes away, every third time.
        if (kill % 3 === 1) {
          setTimeout(() => void bucket.server.restart(), 300);
        }
        const signal = await new Promise((resolve) => child.on("close", (_code, by) => resolve(by)));
        expect(signal).toBe("SIGKILL");
        acknowledged.push(...told.split("\n").slice(0, -1));
      }
      const store = open({ closeMs: 60_000 });
      const trail = await trailOf(store);
      await trail.close();
      // The leases of the dead count for a while.
      await eventually(async () => {
        await store.flush();
        const far = await bucket.source(prefix);
        return (await textOf(far)) === (await textOf(openFileSource(join(dir, "trail"))));
      });
      await store.close();
      expect(acknowledged.length).toBeGreaterThan(10);
      await expectMirrored(acknowledged);
    },
    PROOF ? 1_800_000 : 240_000,
  );
});
