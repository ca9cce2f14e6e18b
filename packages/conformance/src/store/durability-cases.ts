import assert from "node:assert/strict";
import type { ConformanceCase } from "../case.ts";
import type { Bench } from "./bench.ts";
import { rejectsWith, showsExactly, storeCase } from "./bench.ts";
import type { AuditStoreKitOptions } from "./options.ts";
import { linesOf, readBytes, records, TestLog } from "./records.ts";

export function recoverCases(options: AuditStoreKitOptions): ConformanceCase[] {
  const named = storeCase.bind(null, options);
  return [
    named("recover: changes nothing in a log that is in order", async (bench) => {
      const log = await bench.log();
      const empty = await log.store.recover(log.lease);
      assert.deepEqual(empty, { log: log.lease.log, size: 0, head: null, tornBytes: 0, keptAside: 0 });
      await log.grow(4);
      const { size, head, tornBytes, keptAside } = await log.store.recover(log.lease);
      assert.deepEqual(
        { size, head, tornBytes, keptAside },
        { size: 4, head: log.written[3]?.leaf, tornBytes: 0, keptAside: 0 },
      );
      await log.grow(2);
      await showsExactly(log.store, log);
    }),
  ];
}

/** For a store whose acknowledged records outlive it. */
export function durabilityCases(options: AuditStoreKitOptions): ConformanceCase[] {
  const named = storeCase.bind(null, options);
  return [
    named("durable: everything is there when the store is opened again", async (bench) => {
      const log = await bench.log();
      await log.grow(3);
      await log.grow(200, 1000);
      await log.store.putCheckpoint(log.lease, 203, Buffer.from("note"));
      await log.store.close();
      const store = await bench.open();
      await showsExactly(store, log);
      let notes = 0;
      for await (const { note } of store.checkpoints(log.lease.log)) {
        assert.ok(Buffer.from(note).equals(Buffer.from("note")));
        notes++;
      }
      assert.equal(notes, 1);
    }),

    named("durable: a log goes on when the store is opened again", async (bench) => {
      let written: TestLog["written"] = [];
      for (let i = 0; i < 4; i++) {
        const store = await bench.open();
        const log = await bench.log(1, store);
        const again = new TestLog(store, log.lease, written);
        await again.grow(i + 1);
        written = again.written;
        await store.close();
        await showsExactly(await bench.open(), again);
      }
    }),
  ];
}

export function deathCases(
  options: AuditStoreKitOptions,
  kill: (bench: Bench, log: TestLog) => Promise<void>,
): ConformanceCase[] {
  return [
    storeCase(options, "durable: everything acknowledged is there after the writer died", async (bench) => {
      const log = await bench.log();
      for (let i = 0; i < 20; i++) await log.grow(1 + (i % 4), 300);
      await kill(bench, log);
      await showsExactly(await bench.open(), log);
    }),
  ];
}

/** For a place where a write can be cut off in the middle. */
export function tornCases(
  options: AuditStoreKitOptions,
  kill: (bench: Bench, log: TestLog) => Promise<void>,
): ConformanceCase[] {
  const torn = Buffer.from('{"seq":3,"text":"cut o');
  return [
    storeCase(options, "torn: an unfinished line is seen, kept aside and never counted", async (bench) => {
      const log = await bench.log();
      await log.grow(3);
      await kill(bench, log);
      await tear(bench, log.lease.log, torn);
      const store = await bench.open();
      const head = log.written.at(-1)?.leaf;
      assert.deepEqual(await store.head(log.lease.log), { log: log.lease.log, size: 3, head, tornBytes: torn.length });
      assert.ok(Buffer.from((await store.lastLine(log.lease.log)) ?? []).equals(log.written[2]?.bytes ?? torn));
      const shown = await readBytes(store, log.lease.log);
      assert.ok(shown.equals(Buffer.concat([linesOf(log.written), torn])), "a verifier must see what is really there");
      const next = new TestLog(store, await store.lease(log.lease.log), log.written);
      await rejectsWith(store.append(next.lease, next.expected, records(3, 1)), "store_failed");
      const { size, head: found, tornBytes, keptAside } = await store.recover(next.lease);
      assert.deepEqual(
        { size, found, tornBytes, keptAside },
        { size: 3, found: head, tornBytes: 0, keptAside: torn.length },
      );
      await next.grow(2);
      await showsExactly(await bench.open(), next);
    }),

    storeCase(options, "torn: the first line of a log may be the unfinished one", async (bench) => {
      const log = await bench.log();
      await log.store.recover(log.lease);
      await kill(bench, log);
      await tear(bench, log.lease.log, torn);
      const store = await bench.open();
      const next = new TestLog(store, await store.lease(log.lease.log));
      const { size, head, keptAside } = await store.recover(next.lease);
      assert.deepEqual({ size, head, keptAside }, { size: 0, head: null, keptAside: torn.length });
      await next.grow(2);
      await showsExactly(await bench.open(), next);
    }),
  ];
}

async function tear(bench: Bench, log: string, bytes: Uint8Array): Promise<void> {
  assert.ok(bench.place.tear, "`can` promises `tear`, and the place has none");
  await bench.place.tear(log, bytes);
}
