import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createMemoryStore, memoryPlace } from "@proclaw/conformance";
import { ProclawError } from "@proclaw/core";
import type { AuditStore, Signer, StoreLease } from "@proclaw/core";
import { describe, expect, it } from "vitest";
import { boundedStore } from "./bounded-store.ts";
import { within } from "./deadline.ts";
import { decision } from "./fixtures/events.ts";
import { eventually } from "./fixtures/eventually.ts";
import { FaultyFileSystem } from "./fixtures/faulty-file-system.ts";
import { memorySigner } from "./fixtures/memory-signer.ts";
import { scratchFolder } from "./fixtures/scratch.ts";
import { expectIntact, recordsOf } from "./fixtures/verified.ts";
import { openFileSource } from "./store/file-source.ts";
import { createFileStore } from "./store/file-store.ts";
import { openTrail } from "./trail.ts";

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return ProclawError.is(error) ? error.code : String(error);
  }
}

const never = (): Promise<never> => new Promise(() => {});

describe("within", () => {
  it("gives what comes in time, whatever it is", async () => {
    expect(await within(1000, "x", async () => 7)).toBe(7);
    await expect(within(1000, "x", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const atOnce = (): never => {
      throw new Error("at once");
    };
    await expect(within(1000, "x", atOnce)).rejects.toThrow("at once");
  });

  it("refuses to wait longer, and hands over what comes late", async () => {
    const gate = Promise.withResolvers<number>();
    const late: number[] = [];
    const answer = within(
      5,
      "the store",
      () => gate.promise,
      (value) => late.push(value),
    );
    await expect(answer).rejects.toMatchObject({
      code: "trail_unavailable",
      message: "the store did not answer within 5 ms",
    });
    gate.resolve(3);
    await eventually(() => late.length > 0);
    expect(late).toEqual([3]);
  });
});

describe("a store that hangs", () => {
  const methods = [
    "logs",
    "lease",
    "head",
    "lastLine",
    "append",
    "recover",
    "putCheckpoint",
    "evidence",
    "probe",
  ] as const;

  it.each(methods)("in %s is given up", async (method) => {
    const store = createMemoryStore();
    const bounded = boundedStore({ ...store, [method]: never }, 10);
    const lease = method === "lease" ? null : await bounded.lease("log");
    const calls: Record<(typeof methods)[number], () => Promise<unknown>> = {
      logs: () => bounded.logs(),
      lease: () => bounded.lease("log"),
      head: () => bounded.head("log"),
      lastLine: () => bounded.lastLine("log"),
      append: () => bounded.append(lease as StoreLease, { expectedSeq: 0, expectedHead: null }, []),
      recover: () => bounded.recover(lease as StoreLease),
      putCheckpoint: () => bounded.putCheckpoint(lease as StoreLease, 1, new Uint8Array()),
      evidence: () => bounded.evidence("log"),
      probe: () => bounded.probe(),
    };
    expect(await codeOf(calls[method]())).toBe("trail_unavailable");
  });

  it("in the middle of reading is given up", async () => {
    const hanging = {
      ...createMemoryStore(),
      read: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
      checkpoints: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
    } as AuditStore;
    const bounded = boundedStore(hanging, 10);
    const all = async (steps: AsyncIterable<unknown>): Promise<void> => {
      for await (const step of steps) void step;
    };
    expect(await codeOf(all(bounded.read("log")))).toBe("trail_unavailable");
    expect(await codeOf(all(bounded.checkpoints("log")))).toBe("trail_unavailable");
  });

  it("gives back a lease that comes too late, and knows no lease of others", async () => {
    const place = memoryPlace();
    const store = createMemoryStore(place);
    const gate = Promise.withResolvers<void>();
    const slow: AuditStore = {
      ...store,
      lease: async (log) => {
        await gate.promise;
        return await store.lease(log);
      },
    };
    expect(await codeOf(boundedStore(slow, 5).lease("log"))).toBe("trail_unavailable");
    gate.resolve();
    await eventually(() => place.logs.get("log") !== undefined && place.logs.get("log")?.holder === null);
    const foreign = await store.lease("log");
    expect(await codeOf(boundedStore(store, 5).recover(foreign))).toBe("lease_lost");
  });

  it("tells it to give up, where it listens", async () => {
    const store = createMemoryStore();
    let told: AbortSignal | undefined;
    const bounded = boundedStore(
      { ...store, append: (_lease, _expected, _batch, signal) => ((told = signal), never()) },
      5,
    );
    const lease = await bounded.lease("log");
    expect(await codeOf(bounded.append(lease, { expectedSeq: 0, expectedHead: null }, []))).toBe("trail_unavailable");
    expect(told?.aborted).toBe(true);
  });
});

describe("a trail", () => {
  it("whose disk hangs denies, and goes on by itself when it answers again; nothing is lost", async () => {
    const dir = await scratchFolder();
    const disk = new FaultyFileSystem();
    const signer = memorySigner();
    const store = createFileStore(dir, { fileSystem: disk });
    const trail = await openTrail({
      store,
      signer,
      heartbeatMs: 0,
      deadlineMs: 100,
      retry: { firstMs: 5, lastMs: 20 },
    });
    await trail.append(decision("before", "deny"));
    const gate = Promise.withResolvers<void>();
    disk.fault = (operation, path) =>
      operation === "datasync" && path.endsWith(".jsonl") ? { until: gate.promise } : null;
    // The second waits in the queue behind the first, and is not left waiting either.
    const first = codeOf(trail.append(decision("hangs")));
    await new Promise((resolve) => setTimeout(resolve, 10));
    const second = codeOf(trail.append(decision("behind")));
    expect(await Promise.all([first, second])).toEqual(["trail_unavailable", "trail_unavailable"]);
    expect(trail.state).toBe("failed");
    expect(await codeOf(trail.append(decision("later")))).toBe("trail_unavailable");
    gate.resolve();
    disk.fault = () => null;
    await eventually(() => trail.state === "ready");
    await trail.append(decision("after", "deny"));
    await trail.close();
    const source = openFileSource(dir);
    const records = await recordsOf(source);
    // It became durable behind the back of its caller, and the trail says that nothing ran.
    expect(records.map(({ kind, call_id, execution_status }) => [kind, call_id, execution_status])).toEqual([
      ["log.open", null, null],
      ["decision", "before", "not_executed"],
      ["decision", "hangs", "pending"],
      ["recovery", null, null],
      ["recovery", "hangs", "not_executed"],
      ["decision", "after", "not_executed"],
      ["log.close", null, null],
    ]);
    await expectIntact(source, signer);
  });

  it("is not opened, and not closed for ever, over a disk that hangs", async () => {
    const dir = await scratchFolder();
    const disk = new FaultyFileSystem();
    const options = { signer: memorySigner(), heartbeatMs: 0, deadlineMs: 50 };
    const trail = await openTrail({ store: createFileStore(dir, { fileSystem: disk }), ...options });
    await trail.append(decision("call", "deny"));
    disk.fault = (operation) => (operation === "datasync" ? { until: never() } : null);
    expect(await codeOf(trail.close())).toBe("trail_unavailable");
    expect(await codeOf(openTrail({ store: createFileStore(dir, { fileSystem: disk }), ...options }))).toBe(
      "trail_unavailable",
    );
    expect(await readdir(join(dir, "logs"))).toHaveLength(2);
  });

  it("whose signer hangs is closed in time, and says that its end is not signed", async () => {
    const good = memorySigner();
    let hangs = false;
    const signer: Signer = { ...good, sign: (message) => (hangs ? never() : good.sign(message)) };
    const options = { store: createMemoryStore(), signer, heartbeatMs: 0, deadlineMs: 200 };
    const trail = await openTrail(options);
    hangs = true;
    expect(await codeOf(openTrail({ ...options, store: createMemoryStore() }))).toBe("trail_unavailable");
    await trail.append(decision("call", "deny"));
    expect(await codeOf(trail.close())).toBe("trail_unavailable");
  });
});
