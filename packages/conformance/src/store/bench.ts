import assert from "node:assert/strict";
import { ProclawError } from "@proclaw/core";
import type { AuditStore, ErrorCode } from "@proclaw/core";
import type { ConformanceCase } from "../case.ts";
import type { AuditStoreKitOptions, StoreUnderTest } from "./options.ts";
import { linesOf, logId, readBytes, TestLog } from "./records.ts";

/** What a case works with: an empty place, and the stores it opened there. */
export class Bench {
  readonly place: StoreUnderTest;
  readonly #opened: AuditStore[] = [];

  constructor(place: StoreUnderTest) {
    this.place = place;
  }

  async open(): Promise<AuditStore> {
    const store = await this.place.open();
    this.#opened.push(store);
    return store;
  }

  /** A store of its own with the lease of a log. */
  async log(n = 1, store?: AuditStore): Promise<TestLog> {
    const opened = store ?? (await this.open());
    return new TestLog(opened, await opened.lease(logId(n)));
  }

  async end(): Promise<void> {
    for (const store of this.#opened) await store.close();
    await this.place.dispose?.();
  }
}

export function storeCase(
  options: AuditStoreKitOptions,
  name: string,
  body: (bench: Bench) => Promise<void>,
): ConformanceCase {
  return {
    name,
    async run() {
      const bench = new Bench(await options.create());
      try {
        await body(bench);
      } finally {
        await bench.end();
      }
    },
  };
}

/** Fails unless `promise` rejects with a `ProclawError` of one of these codes. */
export async function rejectsWith(promise: Promise<unknown>, ...codes: ErrorCode[]): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(ProclawError.is(error), `expected a ProclawError, got ${String(error)}`);
    assert.ok(codes.includes(error.code), `expected ${codes.join(" or ")}, got ${error.code}: ${error.message}`);
    return true;
  });
}

/** Fails unless `store` shows exactly what was written, in every way it can be asked. */
export async function showsExactly(store: AuditStore, log: TestLog): Promise<void> {
  const id = log.lease.log;
  const expected = linesOf(log.written);
  const found = await readBytes(store, id);
  assert.ok(
    found.equals(expected),
    `read ${found.length} bytes that are not the ${expected.length} that were appended`,
  );
  const last = log.written.at(-1);
  assert.deepEqual(await store.head(id), {
    log: id,
    size: log.written.length,
    head: last?.leaf ?? null,
    tornBytes: 0,
  });
  const line = await store.lastLine(id);
  assert.ok(
    last === undefined ? line === null : line !== null && Buffer.from(line).equals(last.bytes),
    "lastLine is not the last record",
  );
}
