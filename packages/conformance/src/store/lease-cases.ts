import assert from "node:assert/strict";
import type { ConformanceCase } from "../case.ts";
import type { Bench } from "./bench.ts";
import { rejectsWith, showsExactly, storeCase } from "./bench.ts";
import type { AuditStoreKitOptions } from "./options.ts";
import { logId, records, TestLog } from "./records.ts";

export function leaseCases(options: AuditStoreKitOptions): ConformanceCase[] {
  const named = storeCase.bind(null, options);
  return [
    named("lease: one holder at a time, also within one store", async (bench) => {
      const log = await bench.log();
      await rejectsWith((await bench.open()).lease(log.lease.log), "lease_held");
      await rejectsWith(log.store.lease(log.lease.log), "lease_held");
      await log.grow(1);
      await showsExactly(log.store, log);
    }),

    named("lease: of many at once one wins", async (bench) => {
      const stores = [await bench.open(), await bench.open(), await bench.open(), await bench.open()];
      for (const n of [1, 2, 3]) {
        const answers = await Promise.allSettled(stores.map((store) => store.lease(logId(n))));
        assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 1);
        for (const answer of answers) {
          if (answer.status === "rejected") await rejectsWith(Promise.reject(answer.reason as Error), "lease_held");
        }
      }
    }),

    named("lease: different logs are independent", async (bench) => {
      const store = await bench.open();
      const first = await bench.log(1, store);
      const second = await bench.log(2, store);
      await Promise.all([first.grow(3), second.grow(4)]);
      await first.grow(1);
      await showsExactly(store, first);
      await showsExactly(store, second);
    }),

    named("lease: begins at epoch 0, and every holder has a higher one", async (bench) => {
      const stores = [await bench.open(), await bench.open()];
      const epochs: number[] = [];
      for (let i = 0; i < 4; i++) {
        const lease = await (stores[i % 2] ?? assert.fail()).lease(logId(1));
        epochs.push(lease.epoch);
        await lease.release();
      }
      assert.equal(epochs[0], 0);
      for (const [i, epoch] of epochs.entries()) if (i > 0) assert.ok(epoch > (epochs[i - 1] ?? 0), epochs.join());
    }),

    named("lease: after its release nothing can be done with it", async (bench) => {
      const log = await bench.log();
      await log.grow(1);
      await log.lease.release();
      await log.lease.release();
      const next = await (await bench.open()).lease(log.lease.log);
      await rejectsWith(log.store.append(log.lease, log.expected, records(1, 1)), "lease_lost");
      await rejectsWith(log.store.recover(log.lease), "lease_lost");
      await rejectsWith(log.store.putCheckpoint(log.lease, 1, Buffer.from("note")), "lease_lost");
      await showsExactly(log.store, log);
      await next.release();
    }),

    named("lease: the next holder goes on where the last one stopped", async (bench) => {
      const log = await bench.log();
      await log.grow(3);
      await log.lease.release();
      const store = await bench.open();
      const next = new TestLog(store, await store.lease(log.lease.log), log.written);
      await next.grow(2);
      await showsExactly(await bench.open(), next);
    }),

    named("lease: closing a store gives its leases back", async (bench) => {
      const log = await bench.log();
      await log.grow(1);
      await log.store.close();
      const lease = await (await bench.open()).lease(log.lease.log);
      assert.ok(lease.epoch > log.lease.epoch);
    }),
  ];
}

/** For a place where a writer can die. */
export function takeOverCases(
  options: AuditStoreKitOptions,
  kill: (bench: Bench, log: TestLog) => Promise<void>,
): ConformanceCase[] {
  const named = storeCase.bind(null, options);
  return [
    named("take-over: the lease of a dead writer can be taken, at a higher epoch", async (bench) => {
      const log = await bench.log();
      await log.grow(3);
      await kill(bench, log);
      const store = await bench.open();
      const next = new TestLog(store, await store.lease(log.lease.log), log.written);
      assert.ok(next.lease.epoch > log.lease.epoch);
      const recovered = await store.recover(next.lease);
      assert.equal(recovered.size, 3);
      assert.equal(recovered.head, log.written.at(-1)?.leaf);
      await next.grow(2);
      await showsExactly(await bench.open(), next);
    }),

    named("take-over: of many at once one wins", async (bench) => {
      const log = await bench.log();
      await log.grow(1);
      for (let round = 0; round < 3; round++) {
        const stores = [await bench.open(), await bench.open(), await bench.open()];
        if (round === 0) await kill(bench, log);
        const answers = await Promise.allSettled(stores.map((store) => store.lease(log.lease.log)));
        const won = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
        assert.equal(won.length, 1);
        await won[0]?.release();
      }
    }),
  ];
}
