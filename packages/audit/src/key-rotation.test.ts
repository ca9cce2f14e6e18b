import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ProclawError } from "@proclaw/core";
import type { Signer } from "@proclaw/core";
import { isLogId, keyId, parseNote, parseVerifierKey, verifierKey, verifyNote } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { describe, expect, it } from "vitest";
import { decision, outcome, sanitized } from "./fixtures/events.ts";
import { eventually } from "./fixtures/eventually.ts";
import { FaultyFileSystem } from "./fixtures/faulty-file-system.ts";
import type { Fault, Operation } from "./fixtures/faulty-file-system.ts";
import { memorySigner } from "./fixtures/memory-signer.ts";
import { scratchFolder } from "./fixtures/scratch.ts";
import { recordsOf, verify } from "./fixtures/verified.ts";
import { rotationText } from "./internal-events.ts";
import { openFileSource } from "./store/file-source.ts";
import { createFileStore } from "./store/file-store.ts";
import { openTrail } from "./trail.ts";
import type { TrailOptions } from "./trail-options.ts";

const idOf = (signer: Signer): string => keyId(nodeHasher, signer.name, signer.publicKey);

async function opened(options: Partial<TrailOptions> = {}) {
  const dir = await scratchFolder();
  const disk = new FaultyFileSystem();
  const [old, next] = [memorySigner("old"), memorySigner("next")];
  const store = createFileStore(dir, { fileSystem: disk });
  const quiet = {
    heartbeatMs: 0,
    checkpointEvery: { ms: 1_000_000 },
    bindAtCloseMs: 20_000,
    retry: { firstMs: 2, lastMs: 10 },
  };
  const trail = await openTrail({ store, signer: old, ...quiet, ...options });
  const warnings: string[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void warnings.push(text) };
  const restart = async (signer: Signer, formerSigners: readonly Signer[] = []): Promise<void> => {
    const again = await openTrail({ store: createFileStore(dir), signer, formerSigners, logger, ...quiet });
    await again.close();
  };
  return { dir, disk, old, next, store, trail, restart, warnings, source: openFileSource(dir) };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return ProclawError.is(error) ? error.code : String(error);
  }
}

/** Name of the key that signed, by size, of every checkpoint of a log. */
async function signersOf(dir: string, log: string, keys: readonly Signer[]): Promise<Record<number, string>> {
  const known = keys.map((key) => verifierKey(nodeHasher, key.name, key.publicKey));
  const found: Record<number, string> = {};
  for await (const { note } of openFileSource(dir).checkpoints(log)) {
    const parsed = parseNote(note);
    const { verified } = await verifyNote(parsed, known, nodeEd25519Verify);
    found[Number(parsed.text.split("\n")[1])] = verified.map(({ name }) => name).join(" ");
  }
  return found;
}

const epochs = async (source: ReturnType<typeof openFileSource>, log?: string) =>
  (await recordsOf(source, log)).map(({ kind, hash_chain: { key_epoch } }) => [kind, key_epoch]);

const damage = async (source: ReturnType<typeof openFileSource>, signer: Signer) =>
  (await verify(source, signer)).findings.filter(({ severity }) => severity === "damage");

describe("a trail that changes its key", () => {
  it("ends the epoch under the old key, which vouches for the new one", async () => {
    const { trail, dir, old, next, source } = await opened();
    const { log } = await trail.append(decision("call"));
    await trail.rotateKey(next);
    await trail.append(outcome("call"));
    await trail.close();
    expect(await epochs(source)).toEqual([
      ["log.open", 0],
      ["decision", 0],
      ["key.rotate", 0],
      ["outcome", 1],
      ["log.close", 1],
    ]);
    expect(await signersOf(dir, log, [old, next])).toEqual({ 1: "old", 3: "old", 5: "next" });
    const body = (await recordsOf(source))[2]?.body ?? {};
    const { public_key: vkey, key_epoch: epoch, signature } = body as Record<string, string>;
    expect(Object.keys(body).sort()).toEqual(["key_epoch", "public_key", "signature"]);
    expect([parseVerifierKey(nodeHasher, vkey ?? "").publicKey, epoch]).toEqual([next.publicKey, 1]);
    const text = rotationText({ origin: `proclaw.log/${log}`, keyEpoch: 1, publicKey: vkey ?? "" });
    expect(Buffer.from(text).toString()).toBe(`proclaw key rotation v1\nproclaw.log/${log}\n1\n${vkey}\n`);
    expect(nodeEd25519Verify(old.publicKey, text, Buffer.from(signature ?? "", "base64"))).toBe(true);
    // Whoever has the old key only can verify all of it.
    expect(await damage(source, old)).toEqual([]);
  });

  it("binds the end of the epoch under the old key, and begins a log of checkpoints that goes on from there", async () => {
    const { trail, old, next, source } = await opened();
    const { log } = await trail.append(decision("call", "deny"));
    await trail.rotateKey(next);
    await trail.close();
    const [before, after] = await Promise.all(
      [old, next].map((signer) => recordsOf(source, `checkpoints-${idOf(signer)}`)),
    );
    expect(before?.map(({ kind, body }) => [kind, body?.["log"] ?? null, body?.["size"] ?? null])).toEqual([
      ["log.open", null, null],
      ["checkpoint", log, 3],
    ]);
    expect(after?.map(({ kind, body }) => [kind, body?.["log"] ?? null, body?.["size"] ?? null])).toEqual([
      ["log.open", null, null],
      ["checkpoint", log, 4],
    ]);
    expect(after?.[0]?.body?.["predecessor"]).toMatchObject({ log: before?.[0]?.hash_chain.log, size: 2 });
  });

  it("can do so again and again, while it is written", async () => {
    const { trail, old, source } = await opened({ checkpointEvery: { records: 5, ms: 2 } });
    let last = old;
    const appends: Promise<unknown>[] = [];
    for (let epoch = 0; epoch < 4; epoch++) {
      for (let i = 0; i < 40; i++) appends.push(trail.append(decision(`call ${epoch} ${i}`, "deny")));
      last = memorySigner(`key-${epoch}`);
      await trail.rotateKey(last);
    }
    await Promise.all(appends);
    await trail.close();
    const records = await recordsOf(source);
    expect(records.filter(({ kind }) => kind === "decision")).toHaveLength(160);
    expect(records.at(-1)?.hash_chain.key_epoch).toBe(4);
    expect(await damage(source, old)).toEqual([]);
  });

  it("refuses what is no change, and two at once", async () => {
    const { trail, old, next, source } = await opened();
    expect(await codeOf(trail.rotateKey(old))).toBe("invalid_option");
    expect(await codeOf(trail.rotateKey({ ...next, specVersion: 7 as never }))).toBe("incompatible_contract");
    const first = trail.rotateKey(next);
    expect(await codeOf(trail.rotateKey(memorySigner()))).toBe("trail_unavailable");
    await first;
    for (const kind of ["key.rotate", "checkpoint"] as const) {
      expect(await codeOf(trail.append(sanitized({ kind })))).toBe("invalid_option");
    }
    await trail.close();
    expect(await codeOf(trail.rotateKey(old))).toBe("trail_unavailable");
    expect((await epochs(source)).filter(([kind]) => kind === "key.rotate")).toHaveLength(1);
  });

  it("goes on under the old key if that cannot sign the change", async () => {
    const good = memorySigner("old");
    let broken = false;
    const signer: Signer = {
      ...good,
      sign: async (message) => (broken ? Promise.reject(new Error("the key is away")) : await good.sign(message)),
    };
    const { trail, next, source } = await opened({ signer });
    broken = true;
    await expect(trail.rotateKey(next)).rejects.toThrow("the key is away");
    broken = false;
    await trail.append(decision("call", "deny"));
    await trail.close();
    expect((await epochs(source)).map(([kind]) => kind)).toEqual(["log.open", "decision", "log.close"]);
  });

  const FAULTS: readonly (readonly [string, Operation, string, Fault])[] = [
    ["the record is not written", "write", ".jsonl", { code: "ENOSPC" }],
    ["half the record is written", "write", ".jsonl", { shortWrite: 200 }],
    ["the record is written and its flush fails", "datasync", ".jsonl", { code: "EIO" }],
    ["the checkpoint is not written", "open", ".note", { code: "ENOSPC" }],
    ["the checkpoint is not put in place", "rename", ".note", { code: "EIO" }],
  ];
  it.each(FAULTS)("recovers by itself when %s", async (_what, operation, ending, fault) => {
    const { trail, disk, old, next, source } = await opened();
    await trail.append(decision("before", "deny"));
    let left = 1;
    disk.fault = (asked, path) =>
      left > 0 && asked === operation && path.includes(ending) && path.includes("/logs/") ? (left--, fault) : null;
    const answer = await codeOf(trail.rotateKey(next));
    expect(left).toBe(0);
    await eventually(() => trail.state === "ready");
    await trail.append(decision("after", "deny"));
    await trail.close();
    const rotated = (await recordsOf(source)).some(({ kind }) => kind === "key.rotate");
    // What it said is what is in the log.
    expect(answer).toBe(rotated ? "none" : "trail_unavailable");
    const last = (await recordsOf(source)).at(-1);
    expect([last?.kind, last?.hash_chain.key_epoch]).toEqual(["log.close", rotated ? 1 : 0]);
    expect(await damage(source, old)).toEqual([]);
  });
});

describe("a log whose writer died while it changed its key", () => {
  /** Dies at the n-th operation on the log's own files since the change began; tells whether the change was through by then. */
  async function dieAt(step: number) {
    const parts = await opened();
    const { trail, disk, next, store } = parts;
    const { log } = await trail.append(decision("call"));
    let left = step;
    const struck = Promise.withResolvers<void>();
    disk.fault = (_operation, path) => {
      if (!path.includes("/logs/") || --left >= 0) return null;
      struck.resolve();
      return { code: "EIO" };
    };
    const rotating = codeOf(trail.rotateKey(next));
    // Closing the store ends its leases, as death does; what is under way fails.
    await Promise.race([rotating, struck.promise]);
    await store.close();
    await trail.close().catch(() => undefined);
    await rotating;
    return { ...parts, log, done: left >= 0 };
  }

  async function allSteps(check: (parts: Awaited<ReturnType<typeof dieAt>>) => Promise<void>): Promise<number> {
    for (let step = 0; ; step++) {
      const parts = await dieAt(step);
      await check(parts);
      if (parts.done) return step;
    }
  }

  it("at any point is closed and signed by whoever has both keys", async () => {
    const steps = await allSteps(async ({ restart, dir, log, old, next, source }) => {
      await restart(next, [old]);
      const records = await recordsOf(source, log);
      const rotate = records.findIndex(({ kind }) => kind === "key.rotate");
      const signers = await signersOf(dir, log, [old, next]);
      expect(records.at(-1)).toMatchObject({
        kind: "log.close",
        hash_chain: { key_epoch: rotate < 0 ? 0 : 1 },
      });
      expect(signers[records.length]).toBe(rotate < 0 ? "old" : "next");
      if (rotate >= 0) expect(signers[rotate + 1]).toBe("old");
      expect(
        (await damage(source, rotate < 0 ? next : old)).filter((finding) => finding.log === log && rotate >= 0),
      ).toEqual([]);
    });
    // Write, flush, and the five of a checkpoint.
    expect(steps).toBeGreaterThan(6);
  }, 60_000);

  it("at any point is closed by whoever has the new key only, or the old one only", async () => {
    await allSteps(async ({ restart, log, next, source, old, dir }) => {
      await restart(next);
      const records = await recordsOf(source, log);
      expect(records.at(-1)?.kind).toBe("log.close");
      const rotated = records.some(({ kind }) => kind === "key.rotate");
      if (rotated) expect((await signersOf(dir, log, [old, next]))[records.length]).toBe("next");
    });
    await allSteps(async ({ restart, log, source, old, next, dir }) => {
      await restart(old);
      const records = await recordsOf(source, log);
      expect(records.at(-1)?.kind).toBe("log.close");
      const rotate = records.findIndex(({ kind }) => kind === "key.rotate");
      const signers = await signersOf(dir, log, [old, next]);
      // It signs to the end of its own epoch and not a record further.
      if (rotate < 0) expect(signers[records.length]).toBe("old");
      else {
        expect(signers[rotate + 1]).toBe("old");
        expect(records.at(-1)?.hash_chain.key_epoch).toBe(1);
        expect(signers[records.length]).toBeUndefined();
      }
    });
  }, 60_000);

  it("is signed by the new key later, if it was at hand too late", async () => {
    const { trail, store, dir, old, next, restart, source, warnings } = await opened();
    const { log } = await trail.append(decision("call", "deny"));
    await trail.rotateKey(next);
    await trail.append(decision("more", "deny"));
    await store.close();
    await trail.close().catch(() => undefined);
    await restart(old);
    expect(warnings.join("\n")).toContain("is signed with another key");
    const size = (await recordsOf(source, log)).length;
    expect((await signersOf(dir, log, [old, next]))[size]).toBeUndefined();
    await restart(next, [old]);
    expect((await signersOf(dir, log, [old, next]))[size]).toBe("next");
    // And if the last checkpoint gets lost, it is made again.
    const notes = join(dir, "logs", log, "checkpoints");
    const [last = ""] = (await readdir(notes)).sort().reverse();
    const note = await readFile(join(notes, last));
    await rm(join(notes, last));
    await restart(next, [old]);
    expect(await readFile(join(notes, last))).toEqual(note);
    expect((await source.logs()).filter(isLogId).length).toBeGreaterThan(2);
  });
});
