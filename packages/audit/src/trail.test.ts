import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createMemoryStore } from "@proclaw/conformance";
import { ProclawError } from "@proclaw/core";
import type { AuditRecord, Clock, Signer } from "@proclaw/core";
import { describe, expect, it } from "vitest";
import { openFileSource } from "./store/file-source.ts";
import { createFileStore } from "./store/file-store.ts";
import { decision, outcome, sanitized } from "./fixtures/events.ts";
import { eventually } from "./fixtures/eventually.ts";
import { FaultyFileSystem } from "./fixtures/faulty-file-system.ts";
import { memorySigner } from "./fixtures/memory-signer.ts";
import { scratchFolder } from "./fixtures/scratch.ts";
import { expectIntact, recordsOf, verify } from "./fixtures/verified.ts";
import { openTrail } from "./trail.ts";
import type { TrailOptions } from "./trail-options.ts";

/** A trail in a folder of its own, on a file system that can be made to fail. */
async function opened(options: Partial<TrailOptions> = {}) {
  const dir = await scratchFolder();
  const disk = new FaultyFileSystem();
  const signer = options.signer ?? memorySigner();
  const store = createFileStore(dir, { fileSystem: disk });
  const trail = await openTrail({ store, signer, heartbeatMs: 0, ...options });
  const source = openFileSource(dir);
  return { dir, disk, signer, store, trail, source };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return ProclawError.is(error) ? error.code : String(error);
  }
}

const kinds = (records: readonly AuditRecord[]): string[] => records.map(({ kind }) => kind);

describe("openTrail", () => {
  it("writes a log that verifies, from log.open to log.close", async () => {
    const { trail, source, signer } = await opened({ software: "test 1.0" });
    expect(trail.state).toBe("ready");
    const receipt = await trail.append(decision("call"));
    expect(receipt.seq).toBe(1);
    await trail.append(outcome("call"));
    await trail.close();
    expect(trail.state).toBe("closed");
    const records = await recordsOf(source);
    expect(kinds(records)).toEqual(["log.open", "decision", "outcome", "log.close"]);
    const [open, decided] = records;
    expect(open?.body).toMatchObject({ origin: `proclaw.log/${receipt.log}`, predecessor: null, software: "test 1.0" });
    expect(decided).toMatchObject({ event_id: receipt.event_id, timestamp: receipt.timestamp });
    expect(records[2]?.hash_chain.prev).toBe(receipt.leaf);
    const report = await expectIntact(source, signer);
    expect(report.logs[0]).toMatchObject({ records: 4, covered: 4, closed: true });
  });

  it("verifies while it is written", async () => {
    const { trail, source, signer } = await opened({ checkpointEvery: { records: 3 } });
    for (let i = 0; i < 20; i++) {
      await trail.append(decision(`call ${i}`));
      await trail.append(outcome(`call ${i}`));
      expect((await verify(source, signer)).verdict).toBe("intact");
    }
    await trail.close();
    await expectIntact(source, signer);
  });

  it("gathers the records of one turn in one flush", async () => {
    const { trail, disk } = await opened();
    const before = disk.count("datasync");
    await Promise.all(Array.from({ length: 64 }, (_, i) => trail.append(decision(`call ${i}`))));
    expect(disk.count("datasync") - before).toBe(1);
    await trail.close();
  });

  it("gathers what comes in during a flush in the next one", async () => {
    const { trail, disk } = await opened({ checkpointEvery: { ms: 1_000_000 } });
    const before = disk.count("datasync");
    const loops = Array.from({ length: 32 }, async (_, caller) => {
      for (let i = 0; i < 10; i++) await trail.append(decision(`call ${caller} ${i}`));
    });
    await Promise.all(loops);
    expect(disk.count("datasync") - before).toBeLessThanOrEqual(12);
    await trail.close();
  });

  it("keeps the order of the calls, across batches", async () => {
    const { trail, source } = await opened();
    const receipts = await Promise.all(
      Array.from({ length: 3000 }, (_, i) => trail.append(decision(`call ${i}`, "deny"))),
    );
    expect(receipts.map(({ seq }) => seq)).toEqual(receipts.map((_, i) => i + 1));
    await trail.close();
    const calls = (await recordsOf(source)).flatMap(({ call_id }) => call_id ?? []);
    expect(calls).toEqual(receipts.map((_, i) => `call ${i}`));
  });

  it("refuses what nobody could verify or keep", async () => {
    const { trail } = await opened();
    const more = { ...decision("call"), extra: 1 };
    expect(await codeOf(trail.append(more))).toBe("invalid_option");
    for (const kind of ["log.open", "log.close", "recovery", "heartbeat", "clock.step"] as const) {
      expect(await codeOf(trail.append(sanitized({ kind })))).toBe("invalid_option");
    }
    const notJson = sanitized({ kind: "anomaly", body: { value: undefined as never } });
    expect(await codeOf(trail.append(notJson))).toBe("not_json");
    await trail.close();
    expect(await codeOf(trail.append(decision("call")))).toBe("trail_unavailable");
    await trail.close();
  });

  it("refuses parts that it cannot work with", async () => {
    const store = createMemoryStore();
    const signer = memorySigner();
    const wrong: Partial<TrailOptions>[] = [
      // @ts-expect-error a store of segments does not even type-check without a spool in front of it
      { store: { ...store, granularity: "segment" } },
      { maxQueue: 0 },
      { maxQueue: 1.5 },
      { checkpointEvery: { ms: 0 } },
      { checkpointEvery: { records: Number.NaN } },
      { heartbeatMs: -1 },
      { heartbeatMs: 2 ** 31 },
    ];
    for (const options of wrong) {
      expect(await codeOf(openTrail({ store, signer, ...options }))).toBe("invalid_option");
    }
    const other = { ...store, specVersion: 7 as never };
    expect(await codeOf(openTrail({ store: other, signer }))).toBe("incompatible_contract");
    expect(await store.logs()).toEqual([]);
  });
});

describe("large records", () => {
  const text = "x".repeat(60_000);

  it("lose their output first, then their input", async () => {
    const { trail, source, signer } = await opened();
    await trail.append(decision("small"));
    await trail.append(outcome("small", "y".repeat(70_000)));
    await trail.append(decision("large", "allow", "z".repeat(70_000)));
    const both = sanitized({ ...outcome("large", text), input_payload: decision("", "allow", text).input_payload });
    await trail.append(both);
    await trail.close();
    const [, , out, big, last] = await recordsOf(source);
    expect(out?.output_payload).toEqual({ mode: "omitted", type: "string", bytes: 70_002 });
    expect(big?.input_payload).toEqual({ mode: "omitted", type: "object", bytes: 70_011 });
    expect(last?.output_payload).toEqual({ mode: "omitted", type: "string", bytes: 60_002 });
    expect(last?.input_payload).toMatchObject({ mode: "inline" });
    await expectIntact(source, signer);
  });

  it("are refused if that is not enough, and the log goes on", async () => {
    const { trail, source, signer } = await opened();
    const error = { type: "Error", message: "é".repeat(40_000) };
    expect(await codeOf(trail.append(sanitized({ ...decision("call"), error })))).toBe("record_too_large");
    await trail.append(decision("call", "deny"));
    await trail.close();
    await expectIntact(source, signer);
  });
});

describe("the queue", () => {
  it("takes no more than its bound, and loses nothing it took", async () => {
    const { trail, disk, source, signer } = await opened({ maxQueue: 10, checkpointEvery: { ms: 1_000_000 } });
    const gate = Promise.withResolvers<void>();
    disk.fault = (operation) => (operation === "datasync" ? { until: gate.promise } : null);
    const first = trail.append(decision("first", "deny"));
    await eventually(() => disk.count("write") > 1);
    const taken = Array.from({ length: 10 }, (_, i) => trail.append(decision(`taken ${i}`, "deny")));
    expect(await codeOf(trail.append(decision("too many")))).toBe("trail_unavailable");
    expect(trail.state).toBe("ready");
    gate.resolve();
    await Promise.all([first, ...taken]);
    await trail.append(decision("later", "deny"));
    await trail.close();
    const calls = (await recordsOf(source)).flatMap(({ call_id }) => call_id ?? []);
    expect(calls).toEqual(["first", ...taken.map((_, i) => `taken ${i}`), "later"]);
    await expectIntact(source, signer);
  });

  it("gives a record back to a caller that stops waiting, if the store has not got it", async () => {
    const { trail, disk, source, signer } = await opened({ checkpointEvery: { ms: 20 } });
    const gate = Promise.withResolvers<void>();
    disk.fault = (operation) => (operation === "datasync" ? { until: gate.promise } : null);
    const before = disk.count("write");
    const [inFlight, queued, stays] = [new AbortController(), new AbortController(), new AbortController()];
    const first = codeOf(trail.append(decision("in flight"), { signal: inFlight.signal }));
    await eventually(() => disk.count("write") > before);
    const second = codeOf(trail.append(decision("queued"), { signal: queued.signal }));
    const third = trail.append(decision("stays", "deny"), { signal: stays.signal });
    inFlight.abort();
    queued.abort();
    expect(await Promise.all([first, second])).toEqual(["trail_unavailable", "trail_unavailable"]);
    gate.resolve();
    await third;
    stays.abort();
    // Nothing ran on the strength of the decision that became durable behind its caller's back.
    await eventually(async () => kinds(await recordsOf(source)).includes("recovery"));
    await trail.close();
    const records = await recordsOf(source);
    expect(records.map(({ kind, call_id }) => [kind, call_id])).toEqual([
      ["log.open", null],
      ["decision", "in flight"],
      ["decision", "stays"],
      ["recovery", "in flight"],
      ["log.close", null],
    ]);
    expect(records[3]).toMatchObject({
      execution_status: "not_executed",
      body: { decision: records[1]?.event_id, reason: "append_rejected" },
    });
    expect(await codeOf(trail.append(decision("x"), { signal: AbortSignal.abort() }))).toBe("trail_unavailable");
    await expectIntact(source, signer);
  });
});

describe("closing", () => {
  it("waits for what was appended, and settles what nobody settled", async () => {
    const { trail, source, signer } = await opened();
    const appends = [decision("open"), decision("denied", "deny"), decision("done"), outcome("done")].map((event) =>
      trail.append(event),
    );
    await trail.close();
    await Promise.all(appends);
    const records = await recordsOf(source);
    expect(kinds(records).slice(-2)).toEqual(["recovery", "log.close"]);
    expect(records.at(-2)).toMatchObject({
      call_id: "open",
      execution_status: "unknown",
      body: { reason: "trail_closed" },
    });
    const report = await expectIntact(source, signer);
    expect(report.findings.filter(({ kind }) => kind === "open_decision")).toEqual([]);
  });
});

describe("checkpoints", () => {
  it("are signed every so many records, and when time has passed", async () => {
    const { trail, source, dir } = await opened({ checkpointEvery: { records: 10, ms: 30 } });
    const { log } = await trail.append(decision("call", "deny"));
    const notes = () => readdir(join(dir, "logs", log, "checkpoints")).catch((): string[] => []);
    await eventually(async () => (await notes()).includes("0000000000000002.note"));
    for (let i = 0; i < 30; i++) await trail.append(decision(`call ${i}`, "deny"));
    await eventually(async () => (await notes()).includes("0000000000000032.note"));
    const count = (await notes()).length;
    await trail.close();
    // One for the closing; and none where nothing changed.
    expect((await notes()).length).toBe(count + 1);
    expect(kinds(await recordsOf(source)).at(-1)).toBe("log.close");
  });

  it("that fail for long stop the trail, and it goes on by itself when they work again", async () => {
    const good = memorySigner();
    let broken = false;
    const signer: Signer = {
      ...good,
      sign: async (message) => {
        if (broken) throw new Error("the key is away");
        return await good.sign(message);
      },
    };
    const errors: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void errors.push(message) };
    const { trail, source } = await opened({ signer, logger, checkpointEvery: { records: 1, ms: 10 } });
    broken = true;
    let taken = 0;
    while ((await codeOf(trail.append(decision(`call ${taken}`, "deny")))) === "none") taken++;
    expect(taken).toBeGreaterThanOrEqual(15);
    expect(errors[0]).toBe("a checkpoint could not be made: the key is away");
    expect(trail.state).toBe("ready");
    broken = false;
    await eventually(async () => (await codeOf(trail.append(decision("again", "deny")))) === "none");
    await trail.close();
    await expectIntact(source, good);
  });

  it("whose signer does not answer for a minute stop the trail", async () => {
    let mono = 0n;
    const clock: Clock = { now: () => 1_800_000_000_000, monotonic: () => mono };
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const good = memorySigner();
    let isOpen = false;
    const signer: Signer = {
      ...good,
      sign: async (message) => {
        if (!isOpen) return await good.sign(message);
        asked.resolve();
        await gate.promise;
        return await good.sign(message);
      },
    };
    const { trail, source } = await opened({ signer, clock, checkpointEvery: { records: 1, ms: 5 } });
    isOpen = true;
    await trail.append(decision("a", "deny"));
    await asked.promise;
    mono += 59_000_000_000n;
    await trail.append(decision("b", "deny"));
    mono += 2_000_000_000n;
    expect(await codeOf(trail.append(decision("c", "deny")))).toBe("trail_unavailable");
    gate.resolve();
    await eventually(async () => (await codeOf(trail.append(decision("d", "deny")))) === "none");
    await trail.close();
    await expectIntact(source, good);
  });

  it("begin with one over log.open, before a record is taken; without it the trail is not opened", async () => {
    const { trail, dir, source } = await opened({ checkpointEvery: { ms: 1_000_000 } });
    const [log = ""] = await source.logs();
    expect(await readdir(join(dir, "logs", log, "checkpoints"))).toEqual(["0000000000000001.note"]);
    await trail.close();
    const signer: Signer = { ...memorySigner(), sign: () => Promise.reject(new Error("the key is away")) };
    await expect(opened({ signer })).rejects.toThrow("the key is away");
  });

  it("that cannot be made at the end make closing fail, and the lease is given back", async () => {
    const { trail, disk, store, source } = await opened();
    const { log } = await trail.append(decision("call", "deny"));
    disk.fault = (operation, path) => (operation === "open" && path.includes("note") ? { code: "ENOSPC" } : null);
    expect(await codeOf(trail.close())).toBe("store_failed");
    disk.fault = () => null;
    await (await store.lease(log)).release();
    expect(kinds(await recordsOf(source)).at(-1)).toBe("log.close");
  });
});

describe("time", () => {
  it("heartbeats say that the trail lives", async () => {
    const { trail, source } = await opened({ heartbeatMs: 5 });
    await eventually(async () => kinds(await recordsOf(source)).filter((kind) => kind === "heartbeat").length >= 2);
    await trail.close();
    const beat = (await recordsOf(source)).find(({ kind }) => kind === "heartbeat");
    expect(beat?.body).toMatchObject({ records: 1, signed: expect.any(Number) });
  });

  it("a step of the wall clock is recorded before the record that it affects", async () => {
    let wall = 1_800_000_000_000;
    let mono = 5_000_000_000n;
    const clock: Clock = { now: () => wall, monotonic: () => mono };
    const { trail, source, signer } = await opened({ clock });
    const tick = (ms: number, step: number) => {
      mono += BigInt(ms) * 1_000_000n;
      wall += ms + step;
    };
    await trail.append(decision("a", "deny"));
    tick(60_000, 900);
    await trail.append(decision("b", "deny"));
    tick(60_000, -3_600_000);
    await trail.append(decision("c", "deny"));
    tick(10, 5_000);
    await trail.append(decision("d", "deny"));
    await trail.close();
    const records = await recordsOf(source);
    expect(records.map(({ kind, call_id, body }) => body?.["step_ms"] ?? call_id ?? kind)).toEqual([
      "log.open",
      "a",
      "b",
      -3_600_000,
      "c",
      5_000,
      "d",
      "log.close",
    ]);
    const report = await expectIntact(source, signer);
    expect(report.findings.filter(({ kind }) => kind === "clock_step_back")).toEqual([]);
  });
});

describe("several trails on one folder", () => {
  it("write a log each, at the same time, and verify together", async () => {
    const dir = await scratchFolder();
    const signer = memorySigner();
    const trails = [];
    for (let i = 0; i < 3; i++) trails.push(await openTrail({ store: createFileStore(dir), signer }));
    await Promise.all(
      trails.flatMap((trail, n) =>
        Array.from({ length: 50 }, async (_, i) => {
          await trail.append(decision(`call ${n} ${i}`));
          await trail.append(outcome(`call ${n} ${i}`));
        }),
      ),
    );
    const source = openFileSource(dir);
    expect((await verify(source, signer)).verdict).toBe("intact");
    await Promise.all(trails.map((trail) => trail.close()));
    const report = await expectIntact(source, signer);
    expect(report.logs.map(({ records }) => records)).toEqual([102, 102, 102]);
  });

  it("a later one binds the newest that was closed", async () => {
    const dir = await scratchFolder();
    const signer = memorySigner();
    const roots: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const trail = await openTrail({ store: createFileStore(dir), signer });
      const { log } = await trail.append(decision("call", "deny"));
      await trail.close();
      const [open] = await recordsOf(openFileSource(dir), log);
      roots.push(open?.body?.["predecessor"]);
    }
    const logs = await openFileSource(dir).logs();
    expect(roots).toEqual([
      null,
      expect.objectContaining({ log: logs[0], size: 3 }),
      expect.objectContaining({ log: logs[1], size: 3 }),
    ]);
    await expectIntact(openFileSource(dir), signer);
    expect(await readFile(join(dir, "logs", logs[1] ?? "", "checkpoints", "0000000000000003.note"), "utf8")).toContain(
      "\n3\n",
    );
  });
});
