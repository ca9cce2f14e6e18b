import type { AuditStore, SealedRecord, StoreReceipt } from "@proclaw/core";
import { describe, expect, it } from "vitest";
import { auditStoreKit } from "./kit.ts";
import { createMemoryStore, memoryPlace } from "./memory-store.ts";
import type { MemoryPlace } from "./memory-store.ts";
import type { AuditStoreKitOptions } from "./options.ts";

/** A kit over memory stores, each changed by `spoil`. The place outlives its stores, so it can pass for durable. */
function memoryKit(spoil: (store: AuditStore, place: MemoryPlace) => AuditStore = (store) => store) {
  const options: AuditStoreKitOptions = {
    durable: true,
    can: ["kill"],
    create: async () => {
      const place = memoryPlace();
      return {
        open: async () => {
          const store = createMemoryStore(place);
          const probe: AuditStore["probe"] = async () => ({ ...(await store.probe()), durable: true });
          return spoil({ ...store, probe }, place);
        },
        kill: async () => {
          for (const log of place.logs.values()) log.holder = null;
        },
      };
    },
  };
  return auditStoreKit(options);
}

describe("the memory store", () => {
  it.each(memoryKit())("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });

  it("says that it is not durable, and a kit that expects it to be fails", async () => {
    const options: AuditStoreKitOptions = {
      create: async () => {
        const place = memoryPlace();
        return { open: async () => createMemoryStore(place) };
      },
    };
    const [honest, wrong] = [{ ...options, durable: false }, options].map((one) =>
      auditStoreKit(one).find(({ name }) => name.startsWith("evidence")),
    );
    await honest?.run();
    await expect(wrong?.run()).rejects.toThrow("false !== true");
  });
});

/** Names of the cases that fail. */
async function failing(spoil: (store: AuditStore, place: MemoryPlace) => AuditStore): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of memoryKit(spoil)) {
    try {
      await run();
    } catch {
      names.push(name);
    }
  }
  return names;
}

type Append = AuditStore["append"];

/** A store whose appends go through `around`. */
function withAppend(store: AuditStore, around: (append: Append, ...call: Parameters<Append>) => ReturnType<Append>) {
  return {
    ...store,
    append: async (...call: Parameters<Append>) => await around((...inner) => store.append(...inner), ...call),
  };
}

const spoilBytes = (batch: readonly SealedRecord[], change: (bytes: Uint8Array) => Uint8Array): SealedRecord[] =>
  batch.map((record) => ({ ...record, bytes: change(record.bytes) }));

/** What can be wrong with a store, and a case that finds it. */
const WRONG: Readonly<
  Record<string, { caught: string; spoil: (store: AuditStore, place: MemoryPlace) => AuditStore }>
> = {
  "drops the last record of a batch": {
    caught: "append: what was appended reads back byte for byte",
    spoil: (store) =>
      withAppend(store, async (append, lease, expected, batch, signal) => {
        const receipt = await append(lease, expected, batch.slice(0, Math.max(1, batch.length - 1)), signal);
        return { ...receipt, size: expected.expectedSeq + batch.length, head: batch.at(-1)?.leaf ?? null };
      }),
  },
  "ignores the expected number of records": {
    caught: "append: another expected number of records is refused",
    spoil: (store, place) =>
      withAppend(store, async (append, lease, expected, batch, signal) => {
        const records = place.logs.get(lease.log)?.records ?? [];
        const batchHere = batch.map((record, index) => ({ ...record, seq: records.length + index }));
        return await append(lease, { ...expected, expectedSeq: records.length }, batchHere, signal);
      }),
  },
  "ignores the expected head": {
    caught: "append: another expected head is refused",
    spoil: (store, place) =>
      withAppend(store, async (append, lease, expected, batch, signal) => {
        const records = place.logs.get(lease.log)?.records ?? [];
        return await append(lease, { ...expected, expectedHead: records.at(-1)?.leaf ?? null }, batch, signal);
      }),
  },
  "acknowledges before it has written": {
    caught: "append: an acknowledged batch is there for everybody at once",
    spoil: (store) =>
      withAppend(store, async (append, lease, expected, batch, signal) => {
        setTimeout(() => void append(lease, expected, batch, signal).catch(() => undefined), 5);
        const size = expected.expectedSeq + batch.length;
        return { log: lease.log, size, head: batch.at(-1)?.leaf ?? null, tornBytes: 0, durability: "local" };
      }),
  },
  "encodes bytes anew": {
    caught: "append: any bytes but LF are kept as they are",
    spoil: (store) =>
      withAppend(store, (append, lease, expected, batch, signal) => {
        const reencode = (bytes: Uint8Array): Uint8Array => Buffer.from(new TextDecoder().decode(bytes));
        return append(lease, expected, spoilBytes(batch, reencode), signal);
      }),
  },
  "parses and prints JSON, as jsonb does": {
    caught: "append: any bytes but LF are kept as they are",
    spoil: (store) =>
      withAppend(store, (append, lease, expected, batch, signal) => {
        const print = (bytes: Uint8Array): Uint8Array => {
          try {
            return Buffer.from(JSON.stringify(JSON.parse(Buffer.from(bytes).toString())));
          } catch {
            return bytes;
          }
        };
        return append(lease, expected, spoilBytes(batch, print), signal);
      }),
  },
  "keeps the caller's buffer": {
    caught: "append: what the caller does to its buffer later changes nothing",
    spoil: (store, place) =>
      withAppend(store, async (append, lease, expected, batch, signal) => {
        const receipt = await append(lease, expected, batch, signal);
        place.logs.get(lease.log)?.records.splice(expected.expectedSeq, batch.length, ...batch);
        return receipt;
      }),
  },
  "writes the first half of a batch that it refuses": {
    caught: "append: a batch with one bad record leaves nothing behind",
    spoil: (store) =>
      withAppend(store, async (append, lease, expected, batch, signal) => {
        let at = expected;
        let receipt: StoreReceipt | null = null;
        for (const record of batch) {
          receipt = await append(lease, at, [record], signal);
          at = { expectedSeq: receipt.size, expectedHead: receipt.head };
        }
        return receipt ?? (await append(lease, expected, batch, signal));
      }),
  },
  "lies in its receipt": {
    caught: "append: the receipt says what the log holds",
    spoil: (store) =>
      withAppend(store, async (append, ...call) => {
        const receipt = await append(...call);
        return { ...receipt, size: call[2].length };
      }),
  },
  "does not look at the signal": {
    caught: "append: an aborted signal rejects before anything is written",
    spoil: (store) => withAppend(store, (append, lease, expected, batch) => append(lease, expected, batch)),
  },
  "lists logs in the order of their making": {
    caught: "reading: logs are listed in order, each with its own head",
    spoil: (store, place) => ({ ...store, logs: async () => [...place.logs.keys()] }),
  },
  "gives one log's head for every log": {
    caught: "reading: logs are listed in order, each with its own head",
    spoil: (store, place) => ({
      ...store,
      head: async (log) => ({ ...(await store.head([...place.logs.keys()][0] ?? log)), log }),
    }),
  },
  "makes a log when it is asked for": {
    caught: "reading: a log that is not there is empty, and asking does not make it",
    spoil: (store, place) => ({
      ...store,
      head: async (log) => {
        if (!place.logs.has(log)) await (await store.lease(log)).release();
        return await store.head(log);
      },
    }),
  },
  "begins reading after the record asked for": {
    caught: "reading: begins with the segment that holds the record asked for",
    spoil: (store) => ({ ...store, read: (log, fromSeq = 0) => store.read(log, fromSeq === 0 ? 0 : fromSeq + 1) }),
  },
  "gives out a lease twice": {
    caught: "lease: one holder at a time, also within one store",
    spoil: (store, place) => ({
      ...store,
      lease: async (log) => {
        const state = place.logs.get(log);
        if (state !== undefined) state.holder = null;
        return await store.lease(log);
      },
    }),
  },
  "never raises the epoch": {
    caught: "lease: begins at epoch 0, and every holder has a higher one",
    spoil: (store) => ({
      ...store,
      lease: async (log) => Object.assign(await store.lease(log), { epoch: 0 }),
    }),
  },
  "appends under a lease that was given back": {
    caught: "lease: after its release nothing can be done with it",
    spoil: (store, place) =>
      withAppend(store, async (append, lease, expected, batch, signal) => {
        const state = place.logs.get(lease.log);
        if (state === undefined || state.holder === lease) return await append(lease, expected, batch, signal);
        state.records.push(...batch);
        const head = batch.at(-1)?.leaf ?? null;
        return { log: lease.log, size: state.records.length, head, tornBytes: 0, durability: "local" };
      }),
  },
  "keeps its leases when it is closed": {
    caught: "lease: closing a store gives its leases back",
    spoil: (store) => ({ ...store, close: async () => {} }),
  },
  "replaces a checkpoint": {
    caught: "checkpoints: one is never replaced by another",
    spoil: (store, place) => ({
      ...store,
      putCheckpoint: async (lease, size, note) => {
        place.logs.get(lease.log)?.checkpoints.delete(size);
        await store.putCheckpoint(lease, size, note);
      },
    }),
  },
  "shows checkpoints from the newest on": {
    caught: "checkpoints: are read as they were put, by size",
    spoil: (store) => ({
      ...store,
      async *checkpoints(log, fromSize) {
        const all = [];
        for await (const note of store.checkpoints(log, fromSize)) all.unshift(note);
        yield* all;
      },
    }),
  },
  "loses everything when it is opened again": {
    caught: "durable: everything is there when the store is opened again",
    spoil: (store, place) => ({
      ...store,
      close: async () => {
        await store.close();
        for (const log of place.logs.values()) log.records.length = 0;
      },
    }),
  },
  "loses the last batch when its writer dies": {
    caught: "durable: everything acknowledged is there after the writer died",
    spoil: (store, place) => {
      let last = 0;
      const dead = (log: string): boolean => place.logs.get(log)?.holder === null;
      return {
        ...withAppend(store, async (append, ...call) => {
          last = call[2].length;
          return await append(...call);
        }),
        // The first look after the death: what was never flushed is gone.
        async *read(log, fromSeq) {
          if (dead(log)) place.logs.get(log)?.records.splice(-Math.max(1, last));
          yield* store.read(log, fromSeq);
        },
      };
    },
  },
  "recovers by dropping the last record": {
    caught: "recover: changes nothing in a log that is in order",
    spoil: (store, place) => ({
      ...store,
      recover: async (lease) => {
        const recovered = await store.recover(lease);
        place.logs.get(lease.log)?.records.pop();
        return recovered;
      },
    }),
  },
  "calls itself WORM without a retention": {
    caught: "evidence and probe say what the store can prove",
    spoil: (store) => ({ ...store, evidence: async (log) => ({ ...(await store.evidence(log)), worm: true }) }),
  },
  "works after it was closed": {
    caught: "closed: a closed store refuses everything that needs it open",
    spoil: (store, place) => ({ ...store, lease: (log) => createMemoryStore(place).lease(log) }),
  },
};

describe("the kit finds a store that", () => {
  it.each(Object.entries(WRONG))("%s", async (_what, { caught, spoil }) => {
    expect(await failing(spoil)).toContain(caught);
  });
});
