import assert from "node:assert/strict";
import type { AuditSource } from "@proclaw/core";
import type { ConformanceCase } from "../case.ts";
import { rejectsWith, showsExactly, storeCase } from "./bench.ts";
import type { AuditStoreKitOptions } from "./options.ts";
import { linesOf, logId, readBytes } from "./records.ts";
import { smallTrail } from "./small-trail.ts";

export function readingCases(options: AuditStoreKitOptions): ConformanceCase[] {
  const named = storeCase.bind(null, options);
  const cases = [
    named("reading: an empty place has no logs", async (bench) => {
      assert.deepEqual(await (await bench.open()).logs(), []);
    }),

    named("reading: logs are listed in order, each with its own head", async (bench) => {
      const store = await bench.open();
      const logs = [];
      for (const n of [5, 1, 12, 3, 2, 10]) {
        const log = await bench.log(n, store);
        await log.grow(n);
        logs.push(log);
      }
      const reader = await bench.open();
      assert.deepEqual(await reader.logs(), [1, 2, 3, 5, 10, 12].map(logId));
      for (const log of logs) await showsExactly(reader, log);
    }),

    named("reading: a log that is not there is empty, and asking does not make it", async (bench) => {
      const store = await bench.open();
      const log = logId(7);
      assert.equal((await readBytes(store, log)).length, 0);
      assert.deepEqual(await store.head(log), { log, size: 0, head: null, tornBytes: 0 });
      assert.equal(await store.lastLine(log), null);
      assert.deepEqual(await notes(store, log), []);
      assert.deepEqual(await store.logs(), []);
    }),

    named("reading: begins with the segment that holds the record asked for", async (bench) => {
      const log = await bench.log();
      for (let i = 0; i < 20; i++) await log.grow(3);
      for (const fromSeq of [0, 1, 29, 58, 59]) {
        let expected: number | null = null;
        for await (const segment of log.store.read(log.lease.log, fromSeq)) {
          if (expected === null) assert.ok(segment.firstSeq <= fromSeq, `began with record ${segment.firstSeq}`);
          else assert.equal(segment.firstSeq, expected, "segments must follow each other");
          const bytes = await collect(segment.bytes);
          const count = bytes.filter((byte) => byte === 0x0a).length;
          expected = segment.firstSeq + count;
          assert.ok(bytes.equals(linesOf(log.written.slice(segment.firstSeq, expected))));
          assert.equal(typeof segment.name, "string");
          if (segment.from !== undefined) {
            assert.ok((await collect(segment.from(7))).equals(bytes.subarray(7)), "`from` must leave out 7 bytes");
            assert.equal((await collect(segment.from(bytes.length))).length, 0);
          }
        }
        assert.equal(expected, log.written.length, `from record ${fromSeq} on the end was not reached`);
      }
    }),

    named("checkpoints: are read as they were put, by size", async (bench) => {
      const log = await bench.log();
      await log.grow(12);
      for (const size of [1, 9, 12]) await log.store.putCheckpoint(log.lease, size, noteOf(size));
      const reader = await bench.open();
      assert.deepEqual(
        await notes(reader, log.lease.log),
        [1, 9, 12].map((size) => noteOf(size).toString("latin1")),
      );
      const late = await notes(reader, log.lease.log, 9);
      assert.deepEqual(
        late,
        [9, 12].map((size) => noteOf(size).toString("latin1")),
      );
      await showsExactly(reader, log);
    }),

    named("checkpoints: one is never replaced by another", async (bench) => {
      const log = await bench.log();
      await log.grow(2);
      await log.store.putCheckpoint(log.lease, 2, noteOf(2));
      await log.store.putCheckpoint(log.lease, 2, noteOf(2));
      await rejectsWith(log.store.putCheckpoint(log.lease, 2, noteOf(3)), "store_failed");
      assert.deepEqual(await notes(log.store, log.lease.log), [noteOf(2).toString("latin1")]);
    }),

    named("evidence and probe say what the store can prove", async (bench) => {
      const log = await bench.log();
      await log.grow(1);
      const evidence = await log.store.evidence(log.lease.log);
      assert.equal(typeof evidence.worm, "boolean");
      if (evidence.retainedUntil !== null) assert.ok(!Number.isNaN(Date.parse(evidence.retainedUntil)));
      if (evidence.worm) assert.notEqual(evidence.retainedUntil, null, "nothing is kept for ever without a retention");
      assert.ok(evidence.findings.every((finding) => typeof finding === "string"));
      const probe = await log.store.probe();
      assert.equal(probe.durable, options.durable ?? true);
      assert.equal(typeof probe.worm, "boolean");
      assert.ok(probe.findings.every((finding) => typeof finding === "string"));
      assert.deepEqual(await log.store.logs(), [log.lease.log], "probing must leave no log behind");
      await showsExactly(log.store, log);
    }),

    named("closed: a closed store refuses everything that needs it open", async (bench) => {
      const log = await bench.log();
      await log.grow(1);
      await log.store.close();
      await log.store.close();
      await rejectsWith(log.store.lease(logId(2)), "store_failed");
      await rejectsWith(log.store.append(log.lease, log.expected, []), "store_failed", "lease_lost");
      await rejectsWith(log.store.recover(log.lease), "store_failed", "lease_lost");
      await rejectsWith(log.store.putCheckpoint(log.lease, 1, noteOf(1)), "store_failed", "lease_lost");
      await showsExactly(await bench.open(), log);
    }),
  ];
  const { verify } = options;
  if (verify !== undefined) {
    cases.push(
      named("verify: a small trail is intact, and so it is for another store", async (bench) => {
        const log = await bench.log();
        const trail = smallTrail(log.lease.log, 20);
        await log.append(trail.records.slice(0, 5));
        await log.append(trail.records.slice(5));
        await log.store.putCheckpoint(log.lease, 20, trail.checkpoint);
        for (const store of [log.store, await bench.open()]) assert.equal((await verify(store)).verdict, "intact");
      }),
    );
  }
  return cases;
}

/** For a place that can tell whether anything in it changed. */
export function quietReadingCases(options: AuditStoreKitOptions): ConformanceCase[] {
  return [
    storeCase(options, "reading: writes nothing", async (bench) => {
      const log = await bench.log();
      await log.grow(5);
      await log.store.putCheckpoint(log.lease, 5, noteOf(5));
      await log.store.close();
      const before = await bench.place.fingerprint?.();
      assert.equal(typeof before, "string");
      const reader = await bench.open();
      for (const id of [...(await reader.logs()), logId(99)]) {
        await readBytes(reader, id);
        await readBytes(reader, id, 3);
        await notes(reader, id);
        await reader.evidence(id);
        await reader.head(id);
        await reader.lastLine(id);
      }
      await reader.close();
      assert.equal(await bench.place.fingerprint?.(), before);
    }),
  ];
}

/** Not a note: a store keeps the bytes and does not look at them. */
function noteOf(size: number): Buffer {
  return Buffer.concat([Buffer.from(`log\n${size}\n\n\u2014 key `), Uint8Array.of(size, 0, 13, 10, 255, 10)]);
}

async function notes(source: AuditSource, log: string, fromSize?: number): Promise<string[]> {
  const all: string[] = [];
  for await (const { note } of source.checkpoints(log, fromSize)) all.push(Buffer.from(note).toString("latin1"));
  return all;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
