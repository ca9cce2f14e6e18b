import assert from "node:assert/strict";
import { MAX_RECORD_BYTES } from "@proclaw/core";
import type { ConformanceCase } from "../case.ts";
import { rejectsWith, showsExactly, storeCase } from "./bench.ts";
import type { AuditStoreKitOptions } from "./options.ts";
import { records, sealed } from "./records.ts";

export function appendCases(options: AuditStoreKitOptions): ConformanceCase[] {
  const named = storeCase.bind(null, options);
  return [
    named("append: what was appended reads back byte for byte", async (bench) => {
      const log = await bench.log();
      await log.grow(1);
      await log.grow(3);
      await showsExactly(log.store, log);
    }),

    named("append: an acknowledged batch is there for everybody at once", async (bench) => {
      const log = await bench.log();
      const reader = await bench.open();
      for (const count of [1, 2, 3, 5, 8]) {
        await log.grow(count);
        await showsExactly(reader, log);
      }
    }),

    named("append: any bytes but LF are kept as they are", async (bench) => {
      const log = await bench.log();
      const everyByte = Uint8Array.from({ length: 255 }, (_, byte) => (byte < 10 ? byte : byte + 1));
      const lines = [
        everyByte,
        Uint8Array.of(0xff, 0xfe, 0xc0, 0x80),
        Buffer.from('\uFEFF{ "b": 1.0,\t"a" : "\\u0041" }\r'),
        Buffer.from('{"a":1,"a":2}'),
        Buffer.from(" "),
        Buffer.alloc(MAX_RECORD_BYTES, "x"),
      ];
      await log.append(lines.map((bytes, seq) => sealed(seq, bytes)));
      await showsExactly(await bench.open(), log);
    }),

    named("append: what the caller does to its buffer later changes nothing", async (bench) => {
      const log = await bench.log();
      const [record] = records(0, 1);
      assert.ok(record);
      const bytes = Buffer.from(record.bytes);
      await log.store.append(log.lease, log.expected, [{ ...record, bytes }]);
      bytes.fill("!");
      log.written.push(record);
      await showsExactly(log.store, log);
    }),

    named("append: the receipt says what the log holds", async (bench) => {
      const log = await bench.log();
      await log.grow(2);
      const batch = records(2, 3);
      const { durability, object, ...head } = await log.store.append(log.lease, log.expected, batch);
      assert.deepEqual(head, { log: log.lease.log, size: 5, head: batch[2]?.leaf, tornBytes: 0 });
      if (object !== undefined) assert.match(object.sha256, /^[0-9a-f]{64}$/);
      assert.ok(durability === "local" || durability === "remote");
    }),

    named("append: another expected number of records is refused", async (bench) => {
      const log = await bench.log();
      await log.grow(3);
      for (const expectedSeq of [0, 2, 4]) {
        const expected = { ...log.expected, expectedSeq };
        await rejectsWith(log.store.append(log.lease, expected, records(expectedSeq, 1)), "head_mismatch");
      }
      await showsExactly(log.store, log);
      await log.grow(1);
      await showsExactly(log.store, log);
    }),

    named("append: another expected head is refused", async (bench) => {
      const log = await bench.log();
      const [first] = records(0, 1);
      assert.ok(first);
      const wrong = { expectedSeq: 0, expectedHead: "0".repeat(64) };
      await rejectsWith(log.store.append(log.lease, wrong, [first]), "head_mismatch");
      await log.grow(2);
      for (const expectedHead of [null, "0".repeat(64), log.written[0]?.leaf ?? null]) {
        const expected = { expectedSeq: 2, expectedHead };
        await rejectsWith(log.store.append(log.lease, expected, records(2, 1)), "head_mismatch");
      }
      await showsExactly(log.store, log);
      await log.grow(1);
      await showsExactly(log.store, log);
    }),

    named("append: a batch with one bad record leaves nothing behind", async (bench) => {
      const log = await bench.log();
      await log.grow(1);
      const [a, b, c] = records(1, 3);
      assert.ok(a && b && c);
      const outOfOrder = [a, c, b];
      const twoLines = [a, sealed(2, Buffer.from("one\ntwo")), c];
      const empty = [a, b, sealed(3, Buffer.alloc(0))];
      for (const batch of [outOfOrder, twoLines, empty]) {
        await rejectsWith(log.store.append(log.lease, log.expected, batch), "invalid_option");
      }
      await showsExactly(log.store, log);
      await log.append([a, b, c]);
      await showsExactly(log.store, log);
    }),

    named("append: large batches", async (bench) => {
      const log = await bench.log();
      await log.grow(2000, 1000);
      await log.grow(100, 65_000);
      await log.grow(1);
      await showsExactly(await bench.open(), log);
    }),

    named("append: many batches stay in order", async (bench) => {
      const log = await bench.log();
      for (let i = 0; i < 100; i++) await log.grow(1 + (i % 3));
      await showsExactly(await bench.open(), log);
    }),

    named("append: of two at once with the same expectation one is refused", async (bench) => {
      const log = await bench.log();
      await log.grow(1);
      const batches = [records(1, 2, 50), records(1, 2, 80)];
      const answers = await Promise.allSettled(
        batches.map((batch) => log.store.append(log.lease, { ...log.expected }, batch)),
      );
      const won = answers.findIndex(({ status }) => status === "fulfilled");
      const lost = answers.find(({ status }) => status === "rejected");
      assert.ok(won >= 0 && lost?.status === "rejected", "one of the two must win, and only one");
      await rejectsWith(Promise.reject(lost.reason as Error), "head_mismatch");
      log.written.push(...(batches[won] ?? []));
      await showsExactly(log.store, log);
    }),

    named("append: an aborted signal rejects before anything is written", async (bench) => {
      const log = await bench.log();
      await log.grow(1);
      await assert.rejects(log.store.append(log.lease, log.expected, records(1, 1), AbortSignal.abort()));
      await showsExactly(log.store, log);
      await log.grow(1);
      await showsExactly(log.store, log);
    }),
  ];
}
