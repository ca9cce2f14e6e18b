import { createHash } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { auditStoreKit, createMemoryStore, memoryPlace } from "@proclaw/conformance";
import type { AuditStoreKitOptions } from "@proclaw/conformance";
import { ProclawError } from "@proclaw/core";
import type { AuditSource, SealedRecord } from "@proclaw/core";
import { leafHash, verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../fixtures/scratch.ts";
import { openFileSource } from "./file-source.ts";
import { createFileStore } from "./file-store.ts";

const verify = (source: AuditSource) => verifyTrail(source, { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify });

function fileKit(segmentBytes?: number): AuditStoreKitOptions {
  return {
    verify,
    can: ["kill", "tear", "fingerprint"],
    create: async () => {
      const dir = join(await scratchFolder(), "trail");
      return {
        open: async () => createFileStore(dir, segmentBytes === undefined ? {} : { segmentBytes }),
        // What the kernel does to a dead process's socket is what closing does; real deaths are in crash.test.ts.
        kill: (store) => store.close(),
        tear: async (log, bytes) => {
          const segments = join(dir, "logs", log, "segments");
          const last = (await readdir(segments)).sort().at(-1) ?? "0000000000000000.jsonl";
          await appendFile(join(segments, last), bytes);
        },
        fingerprint: () => fingerprint(dir),
      };
    },
  };
}

/** Names, modes, times and contents of everything in a folder. */
async function fingerprint(dir: string): Promise<string> {
  const hash = createHash("sha256");
  for (const entry of (await readdir(dir, { recursive: true, withFileTypes: true })).sort((a, b) =>
    join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1,
  )) {
    const path = join(entry.parentPath, entry.name);
    const { mode, mtimeMs, size } = await stat(path);
    hash.update(`${path} ${mode} ${mtimeMs} ${size}\n`);
    if (entry.isFile()) hash.update(await readFile(path));
  }
  return hash.digest("hex");
}

describe("file store", () => {
  it.each(auditStoreKit(fileKit()))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

describe("file store with segments of 4 KiB", () => {
  it.each(auditStoreKit(fileKit(4096)))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

describe("memory store", () => {
  const options: AuditStoreKitOptions = {
    durable: false,
    verify,
    create: async () => {
      const place = memoryPlace();
      return { open: async () => createMemoryStore(place) };
    },
  };
  it.each(auditStoreKit(options))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

const LOG = "01990000-0000-7000-8000-000000000001";

function line(seq: number, text: string): SealedRecord {
  const bytes = Buffer.from(text);
  return { seq, leaf: Buffer.from(leafHash(nodeHasher, bytes)).toString("hex"), bytes };
}

const EMPTY = { expectedSeq: 0, expectedHead: null };

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return ProclawError.is(error) ? error.code : String(error);
  }
}

describe("the folder of a trail", () => {
  it("is laid out as documented, for its owner only", async () => {
    const dir = join(await scratchFolder(), "a", "b", "trail");
    const store = createFileStore(dir, { segmentBytes: 10 });
    await expect(stat(dir)).rejects.toThrow("ENOENT");
    const lease = await store.lease(LOG);
    const first = line(0, "0123456789");
    await store.append(lease, EMPTY, [first]);
    await store.append(lease, { expectedSeq: 1, expectedHead: first.leaf }, [line(1, "x"), line(2, "y")]);
    await store.putCheckpoint(lease, 2, Buffer.from("note"));
    await store.close();
    const segments = join(dir, "logs", LOG, "segments");
    expect((await readdir(segments)).sort()).toEqual(["0000000000000000.jsonl", "0000000000000001.jsonl"]);
    expect(await readFile(join(segments, "0000000000000001.jsonl"), "utf8")).toBe("x\ny\n");
    const note = join(dir, "logs", LOG, "checkpoints", "0000000000000002.note");
    expect(await readFile(note, "utf8")).toBe("note");
    for (const folder of [dir, segments, join(dir, "logs", LOG)]) expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const file of [note, join(segments, "0000000000000000.jsonl")]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
  });

  it("keeps torn bytes in `torn`, once, and a source tells of them", async () => {
    const dir = await scratchFolder();
    const store = createFileStore(dir);
    const lease = await store.lease(LOG);
    await store.append(lease, EMPTY, [line(0, "whole")]);
    await appendFile(join(dir, "logs", LOG, "segments", "0000000000000000.jsonl"), "torn");
    expect(await store.recover(lease)).toMatchObject({ size: 1, tornBytes: 0, keptAside: 4 });
    expect(await store.recover(lease)).toMatchObject({ size: 1, tornBytes: 0, keptAside: 0 });
    const torn = join(dir, "logs", LOG, "torn");
    const [name, ...more] = await readdir(torn);
    expect(more).toEqual([]);
    expect(await readFile(join(torn, name ?? ""), "utf8")).toBe("torn");
    expect((await openFileSource(dir).evidence(LOG)).findings).toEqual([
      `1 torn ends of writes are kept aside in logs/${LOG}/torn`,
    ]);
    await store.close();
  });

  it("counts a run of zeros after a power cut as torn", async () => {
    const dir = await scratchFolder();
    const store = createFileStore(dir);
    const lease = await store.lease(LOG);
    await store.append(lease, EMPTY, [line(0, "whole")]);
    await store.close();
    await appendFile(join(dir, "logs", LOG, "segments", "0000000000000000.jsonl"), Buffer.alloc(5000));
    const again = createFileStore(dir);
    expect(await again.head(LOG)).toMatchObject({ size: 1, tornBytes: 5000 });
    expect(await again.recover(await again.lease(LOG))).toMatchObject({ size: 1, keptAside: 5000 });
    await again.close();
  });

  it("takes no name that leads out of it", async () => {
    const dir = await scratchFolder();
    const store = createFileStore(dir);
    for (const name of ["..", ".", "", "a/b", "../x", "a\\b", "a\0b", ".hidden"]) {
      expect(await codeOf(store.lease(name))).toBe("invalid_option");
      expect(await codeOf(store.head(name))).toBe("invalid_option");
    }
    expect(await readdir(dir)).toEqual([]);
  });

  it("refuses a folder that cannot be made, by its error code", async () => {
    const dir = await scratchFolder();
    await writeFile(join(dir, "file"), "");
    const store = createFileStore(join(dir, "file", "trail"));
    await expect(store.lease(LOG)).rejects.toMatchObject({
      code: "store_failed",
      message: expect.stringContaining("ENOTDIR"),
    });
  });

  it("says of a file it cannot read which one it is", async () => {
    const dir = await scratchFolder();
    await mkdir(join(dir, "logs", LOG, "segments", "0000000000000000.jsonl"), { recursive: true });
    const read = async () => {
      for await (const segment of openFileSource(dir).read(LOG)) for await (const chunk of segment.bytes) void chunk;
    };
    await expect(read()).rejects.toMatchObject({
      code: "unreadable_evidence",
      message: expect.stringMatching(/0000000000000000\.jsonl`: EISDIR$/),
    });
  });
});

describe("what happens under an open store", () => {
  async function opened() {
    const dir = await scratchFolder();
    const store = createFileStore(dir);
    const lease = await store.lease(LOG);
    const first = line(0, "first");
    await store.append(lease, EMPTY, [first]);
    const segment = join(dir, "logs", LOG, "segments", "0000000000000000.jsonl");
    const append = () => store.append(lease, { expectedSeq: 1, expectedHead: first.leaf }, [line(1, "second")]);
    return { dir, store, lease, segment, append };
  }

  it("a deleted segment is never written to", async () => {
    const { segment, append, store } = await opened();
    await rm(segment);
    expect(await codeOf(append())).toBe("store_failed");
    await store.close();
  });

  it("bytes of somebody else stop the log until it is recovered", async () => {
    const { segment, append, store, lease } = await opened();
    await appendFile(segment, "foreign");
    expect(await codeOf(append())).toBe("store_failed");
    expect(await codeOf(append())).toBe("store_failed");
    expect(await store.recover(lease)).toMatchObject({ size: 1, keptAside: 7 });
    await append();
    await store.close();
  });

  it("a lease whose file was removed is lost", async () => {
    const { dir, append, store, lease } = await opened();
    await rm(join(dir, "logs", LOG, "lease-0000000000000000.sock"));
    expect(lease.lost.aborted).toBe(false);
    expect(await codeOf(append())).toBe("lease_lost");
    expect(lease.lost.aborted).toBe(true);
    await store.close();
  });

  it("another checkpoint of the same size is refused, whatever became of the first", async () => {
    const { store, lease } = await opened();
    await store.putCheckpoint(lease, 1, Buffer.from("a"));
    expect(await codeOf(store.putCheckpoint(lease, 1, Buffer.from("b")))).toBe("store_failed");
    await store.close();
  });

  it("a batch beyond the limit is refused before anything is written", async () => {
    const { store, lease, append } = await opened();
    const many = Array.from({ length: 300 }, (_, index) => line(1 + index, "x".repeat(60_000)));
    expect(await codeOf(store.append(lease, { expectedSeq: 1, expectedHead: line(0, "first").leaf }, many))).toBe(
      "invalid_option",
    );
    await append();
    await store.close();
  });
});

describe("leases", () => {
  it("work in a folder whose path is far too long for a socket", async () => {
    const dir = join(await scratchFolder(), "x".repeat(200), "y".repeat(200));
    const store = createFileStore(dir);
    const lease = await store.lease(LOG);
    expect(await codeOf(createFileStore(dir).lease(LOG))).toBe("lease_held");
    await lease.release();
    await (await createFileStore(dir).lease(LOG)).release();
    await store.close();
  });

  it("leave one file behind, which remembers the epoch", async () => {
    const dir = await scratchFolder();
    for (let epoch = 0; epoch < 3; epoch++) {
      const store = createFileStore(dir);
      expect((await store.lease(LOG)).epoch).toBe(epoch);
      await store.close();
    }
    const names = await readdir(join(dir, "logs", LOG));
    expect(names.sort()).toEqual(["lease-0000000000000002.sock", "segments"]);
  });

  it("count an owner that cannot be asked as living", async () => {
    const dir = await scratchFolder();
    const folder = join(dir, "logs", LOG);
    await mkdir(folder, { recursive: true });
    // Connecting fails, but not because nobody listens.
    await symlink("lease-0000000000000005.sock", join(folder, "lease-0000000000000005.sock"));
    expect(await codeOf(createFileStore(dir).lease(LOG))).toBe("lease_held");
  });
});
