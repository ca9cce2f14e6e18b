import { spawn } from "node:child_process";
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ProclawError } from "@proclaw/core";
import type { Signer } from "@proclaw/core";
import { isLogId, keyId, leafHash, merkleRoot, parseCheckpoint, parseNote } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { describe, expect, it } from "vitest";
import { times } from "./fixtures/depth.ts";
import { decision } from "./fixtures/events.ts";
import { eventually } from "./fixtures/eventually.ts";
import { FaultyFileSystem } from "./fixtures/faulty-file-system.ts";
import type { Fault, Operation } from "./fixtures/faulty-file-system.ts";
import { memorySigner } from "./fixtures/memory-signer.ts";
import { scratchFolder } from "./fixtures/scratch.ts";
import { expectIntact, recordsOf, verify } from "./fixtures/verified.ts";
import { linesOf } from "./lines.ts";
import { openFileSigner } from "./file-signer.ts";
import { openFileSource } from "./store/file-source.ts";
import { createFileStore } from "./store/file-store.ts";
import { openTrail } from "./trail.ts";
import type { TrailOptions } from "./trail-options.ts";

const logOf = (signer: Signer): string => `checkpoints-${keyId(nodeHasher, signer.name, signer.publicKey)}`;

async function opened(options: Partial<TrailOptions> = {}) {
  const dir = await scratchFolder();
  const disk = new FaultyFileSystem();
  const signer = memorySigner();
  const warnings: string[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void warnings.push(text) };
  const open = (more: Partial<TrailOptions> = {}) =>
    openTrail({
      store: createFileStore(dir, { fileSystem: disk }),
      signer,
      logger,
      heartbeatMs: 0,
      checkpointEvery: { ms: 5 },
      // Far more than it takes, also on a busy machine.
      bindAtCloseMs: 20_000,
      ...options,
      ...more,
    });
  const folder = join(dir, "checkpoints", logOf(signer).slice("checkpoints-".length));
  return { dir, disk, signer, warnings, open, folder, source: openFileSource(dir), name: logOf(signer) };
}

/** Nothing is signed, and so nothing bound, before the end. */
const ONLY_AT_CLOSE = { checkpointEvery: { ms: 1_000_000 } };

/** What a log of checkpoints binds, in order. */
async function bindings(source: ReturnType<typeof openFileSource>, name: string) {
  const records = await recordsOf(source, name);
  return records.filter(({ kind }) => kind === "checkpoint").map(({ body }) => body);
}

const kindsOf = async (source: ReturnType<typeof openFileSource>, name: string): Promise<string[]> =>
  (await recordsOf(source, name)).map(({ kind }) => kind);

/** The end of every ordinary log, as its lines say. */
async function ends(dir: string) {
  const source = openFileSource(dir);
  const found = [];
  for (const log of (await source.logs()).filter(isLogId)) {
    const leaves: Uint8Array[] = [];
    for await (const line of linesOf(source.read(log))) leaves.push(leafHash(nodeHasher, line));
    const root = Buffer.from(merkleRoot(nodeHasher, leaves)).toString("hex");
    found.push({ log, size: leaves.length, root });
  }
  return found;
}

/** Logs whose newest checkpoint no record binds. Who died between log.close and its checkpoint left less signed than written. */
async function unboundSigned(dir: string, name: string): Promise<string[]> {
  const source = openFileSource(dir);
  const bound = await bindings(source, name);
  const found = [];
  for (const log of (await source.logs()).filter(isLogId)) {
    let signed = 0;
    for await (const one of source.checkpoints(log)) signed = parseCheckpoint(parseNote(one.note).text).size;
    if (signed > 0 && !bound.some((body) => body?.["log"] === log && Number(body["size"]) >= signed)) found.push(log);
  }
  return found;
}

/** Ends that no record binds. */
async function unbound(dir: string, name: string): Promise<object[]> {
  const bound = new Set((await bindings(openFileSource(dir), name)).map((body) => JSON.stringify(body)));
  return (await ends(dir)).filter(({ log, size, root }) => !bound.has(JSON.stringify({ log, root, size })));
}

describe("the log of checkpoints", () => {
  it("is a log of its own, named by the key, that binds the first checkpoint and the end of a log", async () => {
    const { open, source, signer, name, dir, folder } = await opened();
    const trail = await open({ software: "test 2" });
    const { log } = await trail.append(decision("call", "deny"));
    await eventually(async () => (await source.logs()).includes(name) && (await bindings(source, name)).length === 1);
    await trail.append(decision("another", "deny"));
    await trail.close();
    expect(await source.logs()).toEqual([log, name]);
    const records = await recordsOf(source, name);
    expect(records.map(({ kind }) => kind)).toEqual(["log.open", "checkpoint", "checkpoint"]);
    const [first] = records;
    expect(isLogId(first?.hash_chain.log ?? "")).toBe(true);
    expect(first?.body).toMatchObject({
      origin: `proclaw.log/${first?.hash_chain.log}`,
      predecessor: null,
      software: "test 2",
    });
    expect(await bindings(source, name)).toEqual([expect.objectContaining({ log }), (await ends(dir))[0]]);
    // Signed after each turn.
    expect((await readdir(join(folder, "checkpoints"))).sort()).toEqual([
      "0000000000000002.note",
      "0000000000000003.note",
    ]);
    await expectIntact(source, signer);
  });

  it("binds a log that goes on no more often than it was told", async () => {
    const { open, source, name } = await opened({ bindMs: 3_600_000, checkpointEvery: { ms: 2 } });
    const trail = await open();
    for (let i = 0; i < 30; i++) {
      await trail.append(decision(`call ${i}`, "deny"));
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    await eventually(async () => (await bindings(source, name)).length > 0);
    for (let i = 0; i < 10; i++) {
      await trail.append(decision(`more ${i}`, "deny"));
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    expect(await bindings(source, name)).toHaveLength(1);
    await trail.close();
    const often = await opened({ bindMs: 1, checkpointEvery: { ms: 2 } });
    const second = await often.open();
    await eventually(async () => {
      await second.append(decision("call", "deny"));
      return (await often.source.logs()).includes(often.name) && (await bindings(often.source, often.name)).length > 3;
    });
    await second.close();
    await expectIntact(often.source, often.signer);
  });

  it("is off the way of appending: while its disk hangs, records become durable", async () => {
    const { open, disk, source, signer, name } = await opened();
    const trail = await open();
    const gate = Promise.withResolvers<void>();
    let waiting = 0;
    disk.fault = (_operation, path) =>
      path.includes("/checkpoints/") && !path.includes("/logs/") ? (waiting++, { until: gate.promise }) : null;
    await trail.append(decision("before", "deny"));
    await eventually(() => waiting > 0);
    for (let i = 0; i < 20; i++) await trail.append(decision(`call ${i}`, "deny"));
    expect(await source.logs()).not.toContain(name);
    gate.resolve();
    await trail.close();
    await expectIntact(source, signer);
  });

  it("that is held by another is tried again, and closing does not wait for ever", async () => {
    const { open, dir, source, signer, name, warnings } = await opened({ bindAtCloseMs: 30 });
    const other = createFileStore(dir);
    const lease = await other.lease(name);
    const trail = await open();
    await trail.append(decision("call", "deny"));
    await trail.close();
    expect(warnings.join("\n")).toContain("another living process holds the lease");
    await lease.release();
    await (await open({ bindAtCloseMs: 20_000 })).close();
    expect(await unbound(dir, name)).toEqual([]);
    await expectIntact(source, signer);
  });

  it("binds the logs of the dead, and what those who died before binding had closed", async () => {
    const { open, dir, source, signer, name } = await opened(ONLY_AT_CLOSE);
    const store = createFileStore(dir);
    const trail = await open({ store });
    await trail.append(decision("call"));
    await store.close();
    await trail.close().catch(() => undefined);
    await (await open()).close();
    expect(await unbound(dir, name)).toEqual([]);
    // As if the log of checkpoints had never been there: an older version wrote this trail.
    await rm(join(dir, "checkpoints"), { recursive: true });
    await (await open()).close();
    expect(await unbound(dir, name)).toEqual([]);
    expect(await bindings(source, name)).toHaveLength(3);
    // And nothing is bound twice.
    await (await open()).close();
    expect(await bindings(source, name)).toHaveLength(4);
    await expectIntact(source, signer);
  });

  it("is recovered by who takes its lease, and says so", async () => {
    const { open, source, signer, name, folder } = await opened(ONLY_AT_CLOSE);
    await (await open()).close();
    const segment = join(folder, "segments", "0000000000000000.jsonl");
    await appendFile(segment, '{"agent_id":null,"bo');
    await (await open()).close();
    expect(await kindsOf(source, name)).toEqual(["log.open", "checkpoint", "recovery", "checkpoint"]);
    expect((await recordsOf(source, name))[2]?.body).toMatchObject({ cause: "writer_dead", kept_aside_bytes: 20 });
    expect(await readdir(join(folder, "torn"))).toHaveLength(1);
    await expectIntact(source, signer);
    // Its last writer died between append and signature.
    const notes = join(folder, "checkpoints");
    await rm(join(notes, "0000000000000004.note"));
    await (await open()).close();
    expect((await kindsOf(source, name)).slice(4)).toEqual(["recovery", "checkpoint"]);
    // And its first one before his first signature.
    for (const note of await readdir(notes)) await rm(join(notes, note));
    await (await open()).close();
    expect((await kindsOf(source, name)).slice(6)).toEqual(["recovery", "checkpoint"]);
    await expectIntact(source, signer);
  });

  it.each([
    ["a changed line under its checkpoint", (text: string) => text.replace('"size":2', '"size":3')],
    ["a line less", (text: string) => `${text.trimEnd().split("\n").slice(0, -1).join("\n")}\n`],
  ])("is not signed over a contradiction: %s", async (_what, change) => {
    const { open, source, name, folder, warnings, dir } = await opened(ONLY_AT_CLOSE);
    await (await open()).close();
    const segment = join(folder, "segments", "0000000000000000.jsonl");
    const before = await readFile(segment, "utf8");
    const changed = change(before);
    expect(changed).not.toBe(before);
    await writeFile(segment, changed);
    const notes = await readdir(join(folder, "checkpoints"));
    await (await open()).close();
    expect(await readFile(segment, "utf8")).toBe(changed);
    expect(await readdir(join(folder, "checkpoints"))).toEqual(notes);
    expect(warnings.join("\n")).toMatch(/cannot be continued/);
    // The trail itself went on.
    expect((await source.logs()).filter(isLogId)).toHaveLength(2);
    expect(await ends(dir)).toHaveLength(2);
    expect(await source.logs()).toContain(name);
  });

  it("of a key that comes after another binds the end of the old one", async () => {
    const { open, source, signer, name } = await opened(ONLY_AT_CLOSE);
    await (await open()).close();
    const next = memorySigner("next");
    await (await open({ signer: next, formerSigners: [signer] })).close();
    const [old] = await recordsOf(source, name);
    const [first, ...rest] = await recordsOf(source, logOf(next));
    expect(first?.body?.["predecessor"]).toMatchObject({ log: old?.hash_chain.log, size: 2 });
    // What the old key had closed is known to be ours, and bound again under the key that is in force.
    expect(rest.map(({ kind }) => kind)).toEqual(["checkpoint", "checkpoint"]);
  });

  it.each([
    [
      "with an end torn off",
      async (folder: string) => appendFile(join(folder, "segments/0000000000000000.jsonl"), "torn"),
    ],
    ["with an end unsigned", async (folder: string) => rm(join(folder, "checkpoints/0000000000000002.note"))],
  ])("of a former key is recovered too: %s", async (_what, harm) => {
    const { open, source, signer, name, folder } = await opened(ONLY_AT_CLOSE);
    await (await open()).close();
    await harm(folder);
    const next = memorySigner("next");
    await (await open({ signer: next, formerSigners: [signer] })).close();
    expect(await kindsOf(source, name)).toEqual(["log.open", "checkpoint", "recovery"]);
    expect(await readdir(join(folder, "checkpoints"))).toContain("0000000000000003.note");
    // The log after it binds it as it is then; and once is enough.
    expect((await recordsOf(source, logOf(next)))[0]?.body?.["predecessor"]).toMatchObject({ size: 3 });
    await (await open({ signer: next, formerSigners: [signer] })).close();
    expect(await kindsOf(source, name)).toHaveLength(3);
    expect((await verify(source, [signer, next])).findings.filter(({ severity }) => severity === "damage")).toEqual([]);
  });

  it("of a former key that was not begun is not begun, but a torn first write is kept aside", async () => {
    const { open, source, signer, name, folder } = await opened(ONLY_AT_CLOSE);
    await mkdir(join(folder, "segments"), { recursive: true });
    await writeFile(join(folder, "segments/0000000000000000.jsonl"), '{"agent_id"');
    const next = memorySigner("next");
    await (await open({ signer: next, formerSigners: [signer] })).close();
    expect(await kindsOf(source, name)).toEqual([]);
    expect(await readdir(join(folder, "torn"))).toHaveLength(1);
    await expectIntact(source, next);
  });

  const FAULTS: readonly (readonly [Operation, Fault])[] = [
    ["write", { code: "ENOSPC" }],
    ["write", { shortWrite: 30 }],
    ["datasync", { code: "EIO" }],
    ["open", { code: "EMFILE" }],
    ["rename", { code: "EIO" }],
    ["syncDirectory", { code: "EIO" }],
    ["read", { code: "EIO" }],
    ["list", { code: "EIO" }],
  ];
  it.each(FAULTS)("a disk that fails its %s %o costs no record, and no binding for good", async (operation, fault) => {
    const { open, disk, dir, source, signer, name, warnings } = await opened({ bindMs: 1 });
    await (await open()).close();
    disk.fault = (asked, path) =>
      asked === operation && path.includes("/checkpoints/") && !path.includes("/logs/") ? fault : null;
    const trail = await open();
    await trail.append(decision("call", "deny"));
    await eventually(() => warnings.length > 0);
    await trail.append(decision("again", "deny"));
    await trail.close();
    disk.fault = () => null;
    await (await open()).close();
    expect(await unbound(dir, name)).toEqual([]);
    await expectIntact(source, signer);
  });

  it("is shared by several writers of one process at once", async () => {
    const { open, dir, source, signer, name } = await opened({ bindMs: 1, bindAtCloseMs: 20_000 });
    const trails = await Promise.all(Array.from({ length: 6 }, () => open()));
    await Promise.all(
      trails.map(async (trail, n) => {
        for (let i = 0; i < 20; i++) await trail.append(decision(`call ${n} ${i}`, "deny"));
      }),
    );
    await Promise.all(trails.map((trail) => trail.close()));
    expect(await unbound(dir, name)).toEqual([]);
    expect(await kindsOf(source, name)).not.toContain("recovery");
    await expectIntact(source, signer);
  }, 60_000);
});

const BINDER = fileURLToPath(new URL("./fixtures/bind-writer.ts", import.meta.url));

/** Runs the process that opens, appends and closes trails without end, and kills it after so long; or lets it end. */
async function bindAndDie(dir: string, keyFile: string, until: { ms: number } | { trails: number }): Promise<void> {
  const trails = "trails" in until ? String(until.trails) : "1000000";
  const child = spawn(process.execPath, ["--conditions", "@proclaw/source", BINDER, dir, keyFile, trails], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  if ("ms" in until) setTimeout(() => child.kill("SIGKILL"), until.ms);
  await new Promise((resolve) => child.on("close", resolve));
  expect(errors).toBe("");
}

describe("processes at one log of checkpoints", () => {
  it("that bind at once lose no binding", async () => {
    const dir = join(await scratchFolder(), "trail");
    const keyFile = join(dir, "..", "key.pem");
    const signer = await openFileSigner(keyFile);
    await Promise.all([1, 2, 3].map(() => bindAndDie(dir, keyFile, { trails: times(8, 60) })));
    expect(await unbound(dir, logOf(signer))).toEqual([]);
    expect(await kindsOf(openFileSource(dir), logOf(signer))).not.toContain("recovery");
    await expectIntact(openFileSource(dir), signer);
  }, 300_000);

  it("that are killed in the middle lose no binding either", async () => {
    const dir = join(await scratchFolder(), "trail");
    const keyFile = join(dir, "..", "key.pem");
    const signer = await openFileSigner(keyFile);
    for (let kill = 0; kill < times(8, 100); kill++) {
      await Promise.all([kill, kill + 1].map((n) => bindAndDie(dir, keyFile, { ms: 250 + ((n * 137) % 400) })));
    }
    await (await openTrail({ store: createFileStore(dir), signer })).close();
    expect(await unboundSigned(dir, logOf(signer))).toEqual([]);
    await expectIntact(openFileSource(dir), signer);
  }, 600_000);
});

it("a store that cannot lease it leaves the trail working", async () => {
  const { dir, open, source, name } = await opened();
  const store = createFileStore(dir);
  const picky = {
    ...store,
    lease: async (log: string) => {
      if (log === name) throw new ProclawError("store_failed", "no such log here");
      return await store.lease(log);
    },
  };
  const trail = await open({ store: picky });
  await trail.append(decision("call", "deny"));
  await trail.close();
  expect((await recordsOf(source)).at(-1)?.kind).toBe("log.close");
});
