import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProclawError } from "@proclaw/core";
import type { AuditTrail, SanitizedEvent } from "@proclaw/core";
import { isLogId } from "@proclaw/verify";
import { describe, expect, it } from "vitest";
import { openFileSource } from "./store/file-source.ts";
import { createFileStore } from "./store/file-store.ts";
import { decision, outcome } from "./fixtures/events.ts";
import { eventually } from "./fixtures/eventually.ts";
import { FaultyFileSystem } from "./fixtures/faulty-file-system.ts";
import type { Fault, Operation } from "./fixtures/faulty-file-system.ts";
import { memorySigner } from "./fixtures/memory-signer.ts";
import { scratchFolder } from "./fixtures/scratch.ts";
import { expectIntact, recordsOf, verify } from "./fixtures/verified.ts";
import { openTrail } from "./trail.ts";

async function opened() {
  const dir = await scratchFolder();
  const disk = new FaultyFileSystem();
  const signer = memorySigner();
  const store = createFileStore(dir, { fileSystem: disk });
  const trail = await openTrail({
    store,
    signer,
    heartbeatMs: 0,
    checkpointEvery: { ms: 1_000_000 },
    retry: { firstMs: 5, lastMs: 20 },
  });
  return { dir, disk, signer, store, trail, source: openFileSource(dir) };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return ProclawError.is(error) ? error.code : String(error);
  }
}

/** A fault of an operation on segment files. */
function onSegments(operation: Operation, fault: Fault) {
  return (asked: Operation, path: string): Fault | null =>
    asked === operation && path.endsWith(".jsonl") ? fault : null;
}

const segmentsOf = (dir: string, log: string): Promise<string[]> => readdir(join(dir, "logs", log, "segments"));

/** What the trail says of itself: kind, call, status, body of its own records. */
async function recoveries(source: ReturnType<typeof openFileSource>, log?: string) {
  const records = await recordsOf(source, log);
  return records
    .filter(({ kind }) => kind === "recovery")
    .map(({ call_id, execution_status, body }) => ({ call_id, execution_status, body }));
}

describe("a trail whose store fails", () => {
  it("rejects on a full disk, refuses, and goes on by itself when there is room", async () => {
    const { trail, disk, source, signer } = await opened();
    await trail.append(decision("before"));
    disk.fault = onSegments("write", { code: "ENOSPC" });
    const answers = await Promise.all([codeOf(trail.append(decision("a"))), codeOf(trail.append(decision("b")))]);
    expect(answers).toEqual(["store_failed", "store_failed"]);
    expect(trail.state).toBe("failed");
    expect(await codeOf(trail.append(outcome("before")))).toBe("trail_unavailable");
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(trail.state).toBe("failed");
    disk.fault = () => null;
    await eventually(() => trail.state === "ready");
    await trail.append(decision("after", "deny"));
    await trail.close();
    expect((await recordsOf(source)).map(({ kind, call_id }) => call_id ?? kind)).toEqual([
      "log.open",
      "before",
      "recovery",
      "before",
      "after",
      "log.close",
    ]);
    const [log, call] = await recoveries(source);
    expect(log?.body).toEqual({
      cause: "append_failed",
      kept_aside_bytes: 0,
      rejected_but_durable: [],
      rejected_but_durable_count: 0,
    });
    expect(call).toMatchObject({
      call_id: "before",
      execution_status: "unknown",
      body: { reason: "outcome_rejected" },
    });
    await expectIntact(source, signer);
  });

  it("names decisions that became durable although their flush failed, and writes to that file no more", async () => {
    const { trail, disk, source, signer, dir } = await opened();
    const { log } = await trail.append(decision("before", "deny"));
    disk.fault = onSegments("datasync", { code: "EIO" });
    const rejected = [decision("allowed"), decision("denied", "deny")].map((event) => codeOf(trail.append(event)));
    expect(await Promise.all(rejected)).toEqual(["store_failed", "store_failed"]);
    disk.fault = () => null;
    await eventually(() => trail.state === "ready");
    await trail.append(decision("after", "deny"));
    await trail.close();
    const records = await recordsOf(source);
    const [, , allowed, denied] = records;
    expect(await recoveries(source)).toEqual([
      {
        call_id: null,
        execution_status: null,
        body: {
          cause: "append_failed",
          kept_aside_bytes: 0,
          rejected_but_durable: [allowed?.event_id, denied?.event_id],
          rejected_but_durable_count: 2,
        },
      },
      {
        call_id: "allowed",
        execution_status: "not_executed",
        body: { decision: allowed?.event_id, reason: "append_rejected" },
      },
    ]);
    expect(await segmentsOf(dir, log)).toEqual(["0000000000000000.jsonl", "0000000000000004.jsonl"]);
    await expectIntact(source, signer);
  });

  it("writes the end of the log again before it believes it, because a failed flush leaves clean pages", async () => {
    const { trail, disk } = await opened();
    disk.fault = onSegments("datasync", { code: "EIO" });
    expect(await codeOf(trail.append(decision("x".repeat(300), "deny")))).toBe("store_failed");
    const writes: string[] = [];
    disk.fault = (operation, path) => {
      if (path.endsWith(".jsonl") && ["write", "datasync", "truncate"].includes(operation)) writes.push(operation);
      return null;
    };
    await eventually(() => trail.state === "ready");
    expect(writes.slice(0, 2)).toEqual(["write", "datasync"]);
    await trail.close();
  });

  it("keeps the torn end of a short write aside, and says so", async () => {
    const { trail, disk, source, signer, dir } = await opened();
    const { log } = await trail.append(decision("before", "deny"));
    disk.fault = onSegments("write", { shortWrite: 100 });
    expect(await codeOf(trail.append(decision("short", "deny")))).toBe("store_failed");
    disk.fault = () => null;
    await eventually(() => trail.state === "ready");
    await trail.close();
    expect((await recoveries(source))[0]?.body).toMatchObject({ kept_aside_bytes: 100, rejected_but_durable: [] });
    const torn = join(dir, "logs", log, "torn");
    const [name = ""] = await readdir(torn);
    expect((await readFile(join(torn, name), "utf8")).startsWith('{"agent_id":"agent"')).toBe(true);
    await expectIntact(source, signer);
  });

  it("survives failures of every step of its recovery", async () => {
    const { trail, disk, source, signer } = await opened();
    let acked = 0;
    for (const operation of [
      "open",
      "list",
      "read",
      "truncate",
      "datasync",
      "write",
      "rename",
      "syncDirectory",
    ] as const) {
      disk.fault = onSegments("write", { shortWrite: 50 });
      expect(await codeOf(trail.append(decision(`rejected ${operation}`)))).toBe("store_failed");
      let failures = 0;
      disk.fault = (asked) => (asked === operation && failures < 2 && ++failures > 0 ? { code: "EIO" } : null);
      await eventually(() => trail.state === "ready");
      expect([operation, failures]).toEqual([operation, 2]);
      await trail.append(decision(`call ${operation}`, "deny"));
      acked++;
    }
    await trail.close();
    const calls = (await recordsOf(source)).filter(({ call_id }) => call_id?.startsWith("call ") === true);
    expect(calls).toHaveLength(acked);
    await expectIntact(source, signer);
  });

  it("is not broken by a logger that throws", async () => {
    const dir = await scratchFolder();
    const disk = new FaultyFileSystem();
    const store = createFileStore(dir, { fileSystem: disk });
    const broken = (): never => {
      throw new Error("no more paper");
    };
    const logger = { debug: broken, info: broken, warn: broken, error: broken };
    const trail = await openTrail({ store, signer: memorySigner(), logger, retry: { firstMs: 1 } });
    disk.fault = onSegments("write", { code: "EIO" });
    expect(await codeOf(trail.append(decision("call")))).toBe("store_failed");
    disk.fault = () => null;
    await eventually(() => trail.state === "ready");
    await trail.close();
  });

  it("recovers once more when it is closed, so that closing ends the log", async () => {
    const { trail, disk, source, signer } = await opened();
    disk.fault = onSegments("datasync", { code: "EIO" });
    expect(await codeOf(trail.append(decision("call")))).toBe("store_failed");
    disk.fault = () => null;
    await trail.close();
    const report = await expectIntact(source, signer);
    expect(report.logs[0]?.closed).toBe(true);
  });

  it("cannot be closed well while the disk is broken, but gives its lease back", async () => {
    const { trail, disk, store, source, signer } = await opened();
    const { log } = await trail.append(decision("call"));
    disk.fault = onSegments("write", { code: "EIO" });
    expect(await codeOf(trail.append(outcome("call")))).toBe("store_failed");
    expect(await codeOf(trail.close())).toBe("store_failed");
    disk.fault = () => null;
    const next = await openTrail({ store, signer, heartbeatMs: 0 });
    await next.close();
    expect((await recoveries(source, log)).at(-1)).toMatchObject({ call_id: "call", execution_status: "unknown" });
    await expectIntact(source, signer);
  });
});

describe("a trail whose log cannot be continued", () => {
  it("opens a new one that binds the old, when its lease was lost", async () => {
    const { trail, source, signer, dir } = await opened();
    const { log } = await trail.append(decision("old"));
    await rm(join(dir, "logs", log, "lease-0000000000000000.sock"));
    expect(await codeOf(trail.append(decision("rejected")))).toBe("lease_lost");
    await eventually(() => trail.state === "ready");
    const receipt = await trail.append(decision("new", "deny"));
    expect(receipt.log).not.toBe(log);
    // A verifier pairs outcomes with decisions log by log.
    expect(await codeOf(trail.append(outcome("old")))).toBe("trail_unavailable");
    await trail.close();
    const fresh = await recordsOf(source, receipt.log);
    expect(fresh[0]?.body?.["predecessor"]).toMatchObject({ log, size: 2 });
    expect(await recoveries(source, receipt.log)).toMatchObject([
      { call_id: "old", execution_status: "unknown", body: { reason: "log_lost" } },
      { call_id: "rejected", execution_status: "not_executed", body: { reason: "append_rejected" } },
    ]);
    expect((await verify(source, signer)).verdict).toBe("intact");
  });

  it("shows that acknowledged records were taken away", async () => {
    const { trail, source, signer, dir, disk } = await opened();
    const { log } = await trail.append(decision("one", "deny"));
    await trail.append(decision("two", "deny"));
    disk.fault = onSegments("datasync", { code: "EIO" });
    expect(await codeOf(trail.append(decision("three", "deny")))).toBe("store_failed");
    const segment = join(dir, "logs", log, "segments", "0000000000000000.jsonl");
    const lines = (await readFile(segment, "utf8")).split("\n");
    await writeFile(segment, `${lines.slice(0, 2).join("\n")}\n`);
    disk.fault = () => null;
    await eventually(() => trail.state === "ready");
    await trail.close();
    const report = await verify(source, signer);
    expect(report.verdict).toBe("tampered");
    expect(report.first_bad?.kind).toBe("predecessor_mismatch");
  });
});

describe("the logs of dead writers", () => {
  /** Leaves a log behind as a process does that dies: its lease is dead, its end is open. */
  async function abandoned(events: readonly SanitizedEvent[], checkpointEvery = 1024) {
    const dir = await scratchFolder();
    const store = createFileStore(dir);
    const signer = memorySigner();
    const quiet = { heartbeatMs: 0, checkpointEvery: { ms: 1_000_000, records: checkpointEvery } };
    const trail = await openTrail({ store, signer, ...quiet });
    let log = "";
    for (const event of events) ({ log } = await trail.append(event));
    const notes = join(dir, "logs", log, "checkpoints");
    if (events.length >= checkpointEvery) await eventually(async () => (await readdir(notes)).length > 1);
    await store.close();
    const open = async (): Promise<AuditTrail> => await openTrail({ store: createFileStore(dir), signer, ...quiet });
    return { dir, signer, source: openFileSource(dir), log, open };
  }

  it("are recovered, settled, closed, signed, and bound by the next log", async () => {
    const { source, signer, open, log, dir } = await abandoned([
      decision("done"),
      outcome("done"),
      decision("open"),
      decision("denied", "deny"),
      decision("also open"),
    ]);
    await appendFile(join(dir, "logs", log, "segments", "0000000000000000.jsonl"), '{"agent_id":');
    const trail = await open();
    const { log: next } = await trail.append(decision("call", "deny"));
    await trail.close();
    const old = await recordsOf(source, log);
    expect(old.slice(6).map(({ kind, call_id, execution_status }) => [kind, call_id, execution_status])).toEqual([
      ["recovery", null, null],
      ["recovery", "open", "unknown"],
      ["recovery", "also open", "unknown"],
      ["log.close", null, null],
    ]);
    expect(old[6]?.body).toMatchObject({ cause: "writer_dead", kept_aside_bytes: 12 });
    expect(old[6]?.hash_chain.writer_epoch).toBe(1);
    expect((await recordsOf(source, next))[0]?.body?.["predecessor"]).toMatchObject({ log, size: old.length });
    await expectIntact(source, signer);
    // A third one has nothing to do, and changes nothing.
    const before = await readdir(join(dir, "logs", log));
    await (await open()).close();
    expect(await readdir(join(dir, "logs", log))).toEqual(before);
    expect(await recordsOf(source, log)).toEqual(old);
    await expectIntact(source, signer);
  });

  it("are closed even if they died before their first record", async () => {
    const { source, signer, open, log, dir } = await abandoned([decision("call", "deny")]);
    await truncate(join(dir, "logs", log, "segments", "0000000000000000.jsonl"), 200);
    await rm(join(dir, "logs", log, "checkpoints"), { recursive: true });
    await (await open()).close();
    expect((await recordsOf(source, log)).map(({ kind }) => kind)).toEqual(["log.open", "recovery", "log.close"]);
    await expectIntact(source, signer);
  });

  it("are left to their makers while they hold nothing: another process may be about to take the lease", async () => {
    const { source, signer, open, log, dir } = await abandoned([decision("call", "deny")]);
    const fresh = join(dir, "logs", "01990000-0000-7000-8000-000000000001");
    await mkdir(join(fresh, "segments"), { recursive: true });
    await (await open()).close();
    expect(await readdir(fresh, { recursive: true })).toEqual(["segments"]);
    expect((await recordsOf(source, log)).at(-1)?.kind).toBe("log.close");
    await expectIntact(source, signer);
  });

  it("are closed but not signed if they belong to another key", async () => {
    const { source, signer, log, dir } = await abandoned([decision("a"), decision("b")], 2);
    const other = memorySigner("other");
    const warnings: string[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void warnings.push(text) };
    const trail = await openTrail({ store: createFileStore(dir), signer: other, logger });
    await trail.close();
    expect(warnings.filter((text) => text.includes("to verify needs both"))).toHaveLength(1);
    // What was closed last is now a log of this key.
    await (await openTrail({ store: createFileStore(dir), signer: other, logger })).close();
    expect(warnings.filter((text) => text.includes("to verify needs both"))).toHaveLength(1);
    // And the other way round: a log that was closed and signed by another key.
    await (await openTrail({ store: createFileStore(dir), signer, logger })).close();
    expect(warnings.filter((text) => text.includes("to verify needs both"))).toHaveLength(2);
    expect((await recordsOf(source, log)).at(-1)?.kind).toBe("log.close");
    const report = await verify(source, signer);
    expect(report.findings.filter((finding) => finding.severity === "damage" && finding.log === log)).toEqual([]);
  });

  it("are left as they are if they are damaged, and the new log says so", async () => {
    const { source, signer, open, log, dir } = await abandoned([decision("a", "deny"), decision("b", "deny")]);
    const segment = join(dir, "logs", log, "segments", "0000000000000000.jsonl");
    const text = await readFile(segment, "utf8");
    const damaged = text.replace('"call_id":"a"', '"call_id":"z"');
    expect(damaged).not.toBe(text);
    await writeFile(segment, damaged);
    const trail = await open();
    const { log: next } = await trail.append(decision("call", "deny"));
    await trail.close();
    expect(await readFile(segment, "utf8")).toBe(damaged);
    expect(await recoveries(source, next)).toEqual([
      {
        call_id: null,
        execution_status: null,
        body: { cause: "log_left_as_it_is", log, code: "unreadable_evidence" },
      },
    ]);
    expect(await verify(source, signer)).toMatchObject({ verdict: "tampered", first_bad: { log } });
  });

  it("are signed if who closed them died before that", async () => {
    const { source, signer, open, log, dir } = await abandoned([decision("a")]);
    await (await open()).close();
    const notes = join(dir, "logs", log, "checkpoints");
    const [last = ""] = (await readdir(notes)).reverse();
    await rm(join(notes, last));
    const records = await recordsOf(source, log);
    await (await open()).close();
    expect((await readdir(notes)).at(-1)).toBe(last);
    expect(await recordsOf(source, log)).toEqual(records);
    await expectIntact(source, signer);
  });

  it("are not signed over a contradiction: a log rewritten under its checkpoint stays as it is", async () => {
    const { signer, source, open, log, dir } = await abandoned([decision("a", "deny"), decision("b", "deny")], 2);
    const segment = join(dir, "logs", log, "segments", "0000000000000000.jsonl");
    const notes = join(dir, "logs", log, "checkpoints");
    expect(await readdir(notes)).toEqual(["0000000000000001.note", "0000000000000003.note"]);
    // A cut tail, with a chain that is whole.
    const lines = (await readFile(segment, "utf8")).split("\n");
    await writeFile(segment, `${lines.slice(0, 2).join("\n")}\n`);
    await (await open()).close();
    expect(await readdir(notes)).toEqual(["0000000000000001.note", "0000000000000003.note"]);
    expect((await recordsOf(source, log)).map(({ kind }) => kind)).toEqual(["log.open", "decision"]);
    expect(await verify(source, signer)).toMatchObject({
      verdict: "tampered",
      first_bad: { log, kind: "truncated_below_checkpoint" },
    });
  });

  it("are taken by one of many that start at the same time", async () => {
    const { source, signer, open, log } = await abandoned([decision("open")]);
    const trails = await Promise.all([open(), open(), open(), open()]);
    await Promise.all(trails.map((trail) => trail.close()));
    expect((await recordsOf(source, log)).map(({ kind }) => kind)).toEqual([
      "log.open",
      "decision",
      "recovery",
      "recovery",
      "log.close",
    ]);
    expect((await source.logs()).filter(isLogId)).toHaveLength(5);
    await expectIntact(source, signer);
  });
});

describe("a power cut", () => {
  async function run(lying: boolean) {
    const { trail, disk, dir, signer, source, store } = await opened();
    disk.lying = lying;
    const acked: string[] = [];
    let log = "";
    for (let i = 0; i < 10; i++) {
      const receipt = await trail.append(decision(`call ${i}`, "deny"));
      acked.push(receipt.event_id);
      log = receipt.log;
    }
    // A checkpoint that was kept elsewhere before the cut.
    const elsewhere = await anchorOf(dir, log, signer);
    await disk.cutPower();
    await store.close();
    const next = await openTrail({ store: createFileStore(dir), signer, heartbeatMs: 0 });
    await next.close();
    const ids = new Set((await recordsOf(source)).map(({ event_id }) => event_id));
    const lost = acked.filter((id) => !ids.has(id));
    return { lost, report: await verify(source, signer, [elsewhere]) };
  }

  it("loses nothing that an honest disk acknowledged", async () => {
    const { lost, report } = await run(false);
    expect(lost).toEqual([]);
    expect(report).toMatchObject({ verdict: "intact", anchors: { confirmed: 1 } });
  });

  it("on a disk that lies about flushing loses records, and an anchor reveals it", async () => {
    const { lost, report } = await run(true);
    expect(lost.length).toBe(10);
    expect(report.verdict).toBe("tampered");
    expect(report.first_bad?.kind).toMatch(/^(truncated_below_anchor|anchor_mismatch|anchor_log_missing)$/);
  });
});

/** Signs what a log shows now, as a second host would keep it. */
async function anchorOf(dir: string, log: string, signer: ReturnType<typeof memorySigner>) {
  const { LogWriter } = await import("./log-writer.ts");
  const { noteSigner } = await import("./note-signer.ts");
  const { MerkleAccumulator, leafHash } = await import("@proclaw/verify");
  const { nodeHasher } = await import("@proclaw/verify/node");
  const { linesOf } = await import("./lines.ts");
  const tree = new MerkleAccumulator(nodeHasher);
  for await (const line of linesOf(openFileSource(dir).read(log))) tree.append(leafHash(nodeHasher, line));
  const notes: Uint8Array[] = [];
  const keeper = { putCheckpoint: async (_lease: unknown, _size: number, note: Uint8Array) => void notes.push(note) };
  const writer = new LogWriter(
    keeper as never,
    { log } as never,
    { log, writer: "", writerEpoch: 0, keyEpoch: 0 },
    noteSigner(signer, 1000),
    { size: tree.size, signedSize: 0, head: null, tree },
  );
  await writer.checkpoint();
  return { name: "kept elsewhere", note: notes[0] ?? new Uint8Array() };
}
