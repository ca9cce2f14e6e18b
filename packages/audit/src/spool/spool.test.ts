import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { auditStoreKit, createMemoryStore, memoryPlace } from "@proclaw/conformance";
import type { AuditStoreKitOptions, MemoryPlace } from "@proclaw/conformance";
import { ProclawError } from "@proclaw/core";
import type { AuditStore, Logger } from "@proclaw/core";
import { leafHash } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { describe, expect, it } from "vitest";
import { decision, outcome } from "../fixtures/events.ts";
import { eventually } from "../fixtures/eventually.ts";
import { memorySigner } from "../fixtures/memory-signer.ts";
import { scratchFolder } from "../fixtures/scratch.ts";
import { expectIntact } from "../fixtures/verified.ts";
import { exportTrail } from "../export.ts";
import { createFileStore } from "../store/file-store.ts";
import { openTrail } from "../trail.ts";
import { createSpool } from "./spool.ts";
import type { SpoolOptions } from "./spool-options.ts";
import type { Spool } from "./spool.ts";

/** A remote store in memory that can be away, slow, or lose its answers. */
class Remote {
  readonly place: MemoryPlace = memoryPlace();
  /** What an append does instead: throw, or throw after it was done. */
  fault: "away" | "lost_reply" | "forbidden" | null = null;
  appends = 0;
  #gate: Promise<void> | null = null;
  open: () => void = () => {};

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.open = () => {
        this.#gate = null;
        resolve();
      };
    });
  }

  store(): AuditStore {
    const inner = createMemoryStore(this.place);
    const fail = (): never => {
      throw new ProclawError("store_failed", `the bucket cannot be used: ${this.fault}`);
    };
    return {
      ...inner,
      granularity: "segment",
      lease: async (log) => (this.fault === null ? await inner.lease(log) : fail()),
      append: async (...call) => {
        this.appends++;
        await this.#gate;
        if (this.fault === "away" || this.fault === "forbidden") fail();
        const receipt = await inner.append(...call);
        if (this.fault === "lost_reply") fail();
        return { ...receipt, durability: "remote" };
      },
      recover: async (lease) => (this.fault === "away" ? fail() : await inner.recover(lease)),
      putCheckpoint: async (...call) => (this.fault === null ? await inner.putCheckpoint(...call) : fail()),
    };
  }
}

interface Fixture {
  readonly dir: string;
  readonly remote: Remote;
  readonly open: (options?: Partial<SpoolOptions>) => Spool;
}

async function fixture(): Promise<Fixture> {
  const dir = await scratchFolder();
  const remote = new Remote();
  return {
    dir,
    remote,
    open: (options = {}) =>
      createSpool({
        local: createFileStore(join(dir, "trail")),
        remote: remote.store(),
        directory: join(dir, "spool"),
        segmentMs: 20,
        retry: { firstMs: 5, lastMs: 20 },
        ...options,
      }),
  };
}

async function textOf(source: AuditStore): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportTrail(source)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function checkpointsOf(source: AuditStore, log: string): Promise<number> {
  let count = 0;
  for await (const _ of source.checkpoints(log)) count++;
  return count;
}

/** Fails unless the remote store holds the same trail, intact and signed to its end. */
async function expectMirrored({ dir, remote }: Fixture, signer: ReturnType<typeof memorySigner>): Promise<void> {
  const local = createFileStore(join(dir, "trail"));
  const far = remote.store();
  expect(await textOf(far)).toBe(await textOf(local));
  await expectIntact(local, signer);
  await expectIntact(far, signer);
}

describe("spool", () => {
  for (const ack of ["local", "remote"] as const) {
    const options: AuditStoreKitOptions = {
      can: ["kill"],
      create: async () => {
        const { open } = await fixture();
        return { open: async () => open({ ack, segmentMs: 1, sweepMs: 20 }), kill: (store) => store.close() };
      },
      durable: ack === "local",
    };
    it.each(auditStoreKit(options))(`ack ${ack}: $name`, async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  }

  it("ships records and checkpoints of a trail, and keeps receipts", async () => {
    const one = await fixture();
    const signer = memorySigner();
    const store = one.open();
    const trail = await openTrail({ store, signer, checkpointEvery: { records: 10 } });
    let log = "";
    for (let i = 0; i < 100; i++) ({ log } = await trail.append(decision(`call ${i}`)));
    await trail.close();
    await store.flush();
    expect(store.status()).toMatchObject({ state: "idle", waitingBytes: 0, full: false, lastError: null });
    await store.close();
    await expectMirrored(one, signer);
    const receipts = (await readFile(join(one.dir, "spool", `${log}.receipts.jsonl`), "utf8")).trim().split("\n");
    const sizes = receipts.map((line) => (JSON.parse(line) as { size?: number }).size ?? 0);
    expect(Math.max(...sizes)).toBe(one.remote.place.logs.get(log)?.records.length);
  });

  it("ships what an earlier process left, without being asked twice", async () => {
    const one = await fixture();
    const signer = memorySigner();
    one.remote.fault = "away";
    const first = one.open({ closeMs: 1 });
    const trail = await openTrail({ store: first, signer });
    for (let i = 0; i < 20; i++) await trail.append(decision(`call ${i}`));
    await trail.close();
    await first.close();
    expect(await one.remote.store().logs()).toEqual([]);
    one.remote.fault = null;
    const second = one.open();
    await second.flush();
    await second.close();
    await expectMirrored(one, signer);
    const { appends } = one.remote;
    const third = one.open();
    await third.flush();
    await third.close();
    expect(one.remote.appends).toBe(appends);
  });

  it("settles lost answers without a hole and without a copy", async () => {
    const one = await fixture();
    const signer = memorySigner();
    const store = one.open({ segmentMs: 1 });
    const trail = await openTrail({ store, signer });
    for (let i = 0; i < 60; i++) {
      one.remote.fault = i % 3 === 0 ? "lost_reply" : null;
      await trail.append(decision(`call ${i}`));
      await trail.append(outcome(`call ${i}`));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    one.remote.fault = null;
    await trail.close();
    await store.close();
    expect(store.status().waitingBytes).toBe(0);
    await expectMirrored(one, signer);
  });

  it("refuses appends when it is full, drops nothing, and goes on by itself after healing", async () => {
    const one = await fixture();
    const signer = memorySigner();
    const told: string[] = [];
    const tell = (message: string): void => void told.push(message);
    const logger: Logger = { debug: tell, info: tell, warn: tell, error: tell };
    const store = one.open({ maxBytes: 20_000, logger });
    const trail = await openTrail({ store, signer, retry: { firstMs: 5, lastMs: 10 } });
    one.remote.fault = "forbidden";
    const acknowledged = [(await trail.append(decision("first"))).event_id];
    await eventually(() => store.status().lastError !== null);
    const refused: unknown[] = [];
    for (let i = 0; i < 40; i++) {
      try {
        acknowledged.push((await trail.append(decision(`call ${i}`))).event_id);
      } catch (error) {
        refused.push(error);
      }
    }
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(refused.length).toBeGreaterThan(5);
    expect(refused[0]).toMatchObject({
      code: "store_failed",
      message: expect.stringMatching(
        /^the spool is full: \d+ of 20000 bytes wait .*\(the bucket cannot be used: forbidden\)$/,
      ),
    });
    expect(store.status()).toMatchObject({ state: "failing", full: true });
    expect(store.status().waitingMs).toBeGreaterThan(0);
    one.remote.fault = null;
    // A small record of the trail's own may have found room while the spool was as good as full.
    await eventually(() => trail.state === "ready" && store.status().waitingBytes === 0);
    await trail.append(decision("after"));
    await trail.close();
    await store.close();
    await expectMirrored(one, signer);
    const text = await textOf(one.remote.store());
    for (const id of acknowledged) expect(text).toContain(id);
    expect(told.some((message) => /^the spool is not shipped \(attempt 1\): .*forbidden/.test(message))).toBe(true);
    expect(told).toContain("the spool is shipped again");
    // A failure of every 20 ms is not told every 20 ms.
    expect(told.filter((message) => message.includes("not shipped")).length).toBeLessThan(5);
  });

  it("with ack: remote an append waits for the object", async () => {
    const one = await fixture();
    const signer = memorySigner();
    const store = one.open({ ack: "remote" });
    const trail = await openTrail({ store, signer });
    one.remote.hold();
    let done = false;
    const append = trail.append(decision("call")).then(() => (done = true));
    await eventually(() => one.remote.appends > 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(done).toBe(false);
    one.remote.open();
    await append;
    expect(await textOf(one.remote.store())).toContain('"call_id":"call"');
    await trail.close();
    await store.close();
    await expectMirrored(one, signer);
  });

  it("with ack: remote nothing is acknowledged while the remote store is away", async () => {
    const one = await fixture();
    const signer = memorySigner();
    const store = one.open({ ack: "remote", remoteMs: 50 });
    const trail = await openTrail({ store, signer, retry: { firstMs: 5, lastMs: 10 } });
    one.remote.fault = "away";
    await expect(trail.append(decision("refused"))).rejects.toMatchObject({
      code: "store_failed",
      message: "the remote store did not acknowledge the records in time",
    });
    await expect(trail.append(decision("refused too"))).rejects.toMatchObject({ code: "trail_unavailable" });
    one.remote.fault = null;
    await eventually(() => trail.state === "ready");
    await trail.append(decision("taken"));
    await trail.close();
    await store.close();
    await expectMirrored(one, signer);
    // The record that was refused is there, and the trail says that nothing ran on its strength.
    const text = await textOf(one.remote.store());
    expect(text).toContain('"reason":"append_rejected"');
    expect(text).not.toContain("refused too");
  });

  it("ships nothing to a log that holds other records", async () => {
    const one = await fixture();
    const signer = memorySigner();
    const other = await fixture();
    const store = one.open({ closeMs: 50 });
    const trail = await openTrail({ store, signer });
    const { log } = await trail.append(decision("mine"));
    await store.flush();
    const records = one.remote.place.logs.get(log)?.records ?? [];
    const kept = records.length;
    // Somebody else's last record.
    records.splice(-1, 1, {
      ...(records.at(-1) as (typeof records)[0]),
      bytes: Buffer.from("other"),
      leaf: "0".repeat(64),
    });
    await trail.append(decision("more"));
    await eventually(() => store.status().state === "failing");
    await eventually(() => /not those of this trail/.test(store.status().lastError?.message ?? ""));
    expect(records.length).toBe(kept);
    await trail.close();
    await store.close();
    expect(other.dir).not.toBe(one.dir);
  });

  it("with ack: remote, other records of as many under somebody else's lease acknowledge nothing", async () => {
    const one = await fixture();
    const local = createFileStore(join(one.dir, "trail"));
    const remote: AuditStore = {
      ...one.remote.store(),
      lease: async () => {
        throw new ProclawError("lease_held", "held by a thief");
      },
      head: async (log) => ({ log, size: (await local.head(log)).size, head: "f".repeat(64), tornBytes: 0 }),
    };
    const store = one.open({ ack: "remote", remote, remoteMs: 300, closeMs: 10 });
    const lease = await store.lease("log-1");
    const bytes = Buffer.from("{}");
    const leaf = Buffer.from(leafHash(nodeHasher, bytes)).toString("hex");
    const appended = store.append(lease, { expectedSeq: 0, expectedHead: null }, [{ seq: 0, bytes, leaf }]);
    await expect(appended).rejects.toMatchObject({ code: "store_failed", message: /did not acknowledge/ });
    expect(store.status()).toMatchObject({ state: "failing" });
    expect(store.status().lastError?.message).toMatch(/holds 1 records that are not those of this trail/);
    await store.close();
  });

  it("with ack: remote, the same records shipped by the holder of the lease are acknowledged", async () => {
    const one = await fixture();
    const local = createFileStore(join(one.dir, "trail"));
    const remote: AuditStore = {
      ...one.remote.store(),
      lease: async () => {
        throw new ProclawError("lease_held", "held by another shipper");
      },
      head: (log) => local.head(log),
    };
    const store = one.open({ ack: "remote", remote, remoteMs: 20_000, closeMs: 10 });
    const lease = await store.lease("log-1");
    const bytes = Buffer.from("{}");
    const leaf = Buffer.from(leafHash(nodeHasher, bytes)).toString("hex");
    const receipt = await store.append(lease, { expectedSeq: 0, expectedHead: null }, [{ seq: 0, bytes, leaf }]);
    expect(receipt).toMatchObject({ size: 1, durability: "remote" });
    await store.close();
  });

  it.each<[string, (size: number) => object[]]>([
    ["beyond the local log", () => [{ size: 9e15, checkpoint: 9e15 }]],
    ["as long as the local log", (size) => [{ size }, { checkpoint: size }]],
    ["with another checkpoint", (size) => [{ size }, { checkpoint: size - 1 }]],
  ])("ships what only the receipts say is shipped: %s", async (_, lies) => {
    const one = await fixture();
    const signer = memorySigner();
    const local = createFileStore(join(one.dir, "trail"));
    const trail = await openTrail({ store: local, signer });
    const { log } = await trail.append(decision("never shipped"));
    await trail.close();
    const { size } = await local.head(log);
    await local.close();
    await mkdir(join(one.dir, "spool"), { recursive: true });
    const lines = lies(size).map((lie) => `${JSON.stringify(lie)}\n`);
    await writeFile(join(one.dir, "spool", `${log}.receipts.jsonl`), lines.join(""));
    const store = one.open({ sweepMs: 20, ack: "remote" });
    await store.flush();
    await eventually(() => (one.remote.place.logs.get(log)?.records.length ?? 0) > 0);
    await eventually(async () => (await checkpointsOf(one.remote.store(), log)) > 0);
    await store.close();
    expect(one.remote.place.logs.get(log)?.records).toHaveLength(size);
    await expectMirrored(one, signer);
  });

  it("believes receipts that the remote store bears out, without taking its lease", async () => {
    const one = await fixture();
    const signer = memorySigner();
    const first = one.open();
    const trail = await openTrail({ store: first, signer });
    await trail.append(decision("shipped"));
    await trail.close();
    await first.close();
    let heads = 0;
    let leases = 0;
    const inner = one.remote.store();
    const remote: AuditStore = {
      ...inner,
      head: (log) => (heads++, inner.head(log)),
      lease: (log) => (leases++, inner.lease(log)),
    };
    const second = one.open({ remote, sweepMs: 10 });
    await second.flush();
    await eventually(() => heads > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await second.close();
    // Once a log, and no more.
    expect({ heads, leases }).toEqual({ heads: one.remote.place.logs.size, leases: 0 });
  });

  it("closes the tail of a writer that died between its record and its checkpoint", async () => {
    const one = await fixture();
    const signer = memorySigner();
    // A writer without a spool, which goes without closing its log: the lease ends, the log stays open.
    const local = createFileStore(join(one.dir, "trail"));
    const trail = await openTrail({ store: local, signer, checkpointEvery: { records: 5 }, heartbeatMs: 0 });
    for (let i = 0; i < 12; i++) await trail.append(decision(`call ${i}`));
    await local.close();
    await trail.close().catch(() => undefined);
    const store = one.open({ sweepMs: 30 });
    await store.flush();
    const whole = await textOf(createFileStore(join(one.dir, "trail")));
    await eventually(async () => (await textOf(one.remote.store())) === whole);
    await store.close();
    expect(whole).toContain("call 11");
  });

  it.each<[string, Partial<SpoolOptions>]>([
    ["must take single records", { local: new Remote().store() as SpoolOptions["local"] }],
    ["`directory`", { directory: "" }],
    ["`ack`", { ack: "both" as "local" }],
    ["`maxBytes`", { maxBytes: 0 }],
    ["`segmentBytes`", { segmentBytes: 17 * 1024 * 1024 }],
    ["`segmentMs`", { segmentMs: 1.5 }],
  ])("refuses options: %s", async (what, options) => {
    const { open } = await fixture();
    expect(() => open(options)).toThrow(what);
  });
});
