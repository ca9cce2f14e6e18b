import { ProclawError, SPEC_VERSION } from "@proclaw/core";
import type { LogHead, RecordStore, SealedRecord, StoreLease } from "@proclaw/core";

/** Logs in the memory of this process, for several stores to share. */
export interface MemoryPlace {
  readonly logs: Map<string, MemoryLog>;
}

export interface MemoryLog {
  readonly records: SealedRecord[];
  readonly checkpoints: Map<number, Uint8Array>;
  epoch: number;
  holder: StoreLease | null;
}

export function memoryPlace(): MemoryPlace {
  return { logs: new Map() };
}

/**
 * A store for tests of other things: NOT DURABLE, everything is gone with the process, and
 * `probe()` says so. Stores over one `place` see the same logs.
 */
export function createMemoryStore(place: MemoryPlace = memoryPlace()): RecordStore {
  const mine = new Set<StoreLease>();
  let closed = false;

  const assertOpen = (): void => {
    if (closed) throw new ProclawError("store_failed", "the store is closed");
  };
  const held = (lease: StoreLease): MemoryLog => {
    assertOpen();
    const log = place.logs.get(lease.log);
    if (log === undefined || log.holder !== lease || !mine.has(lease)) {
      throw new ProclawError("lease_lost", `the lease of log \`${lease.log}\` is not held`);
    }
    return log;
  };
  const headOf = (log: string): LogHead => {
    const records = place.logs.get(log)?.records ?? [];
    return { log, size: records.length, head: records.at(-1)?.leaf ?? null, tornBytes: 0 };
  };

  return {
    specVersion: SPEC_VERSION,
    granularity: "record",

    async logs() {
      return [...place.logs.keys()].sort();
    },

    async *read(log, fromSeq = 0) {
      const records = place.logs.get(log)?.records ?? [];
      if (records.length === 0) return;
      const bytes = Buffer.concat(records.slice(fromSeq).flatMap((record) => [record.bytes, LF]));
      yield { name: `memory:${log}`, firstSeq: Math.min(fromSeq, records.length), bytes: chunks(bytes) };
    },

    async *checkpoints(log, fromSize = 0) {
      const notes = [...(place.logs.get(log)?.checkpoints ?? [])].sort(([a], [b]) => a - b);
      for (const [size, note] of notes)
        if (size >= fromSize) yield { name: `memory:${log}:${size}`, note: new Uint8Array(note) };
    },

    async evidence() {
      return { worm: false, retainedUntil: null, findings: ["the store is the memory of one process"] };
    },

    async lease(log) {
      assertOpen();
      const state = place.logs.get(log) ?? { records: [], checkpoints: new Map(), epoch: -1, holder: null };
      if (state.holder !== null) throw new ProclawError("lease_held", `the lease of log \`${log}\` is held`);
      place.logs.set(log, state);
      const lease: StoreLease = {
        log,
        epoch: ++state.epoch,
        lost: new AbortController().signal,
        async release() {
          mine.delete(lease);
          if (state.holder === lease) state.holder = null;
        },
      };
      state.holder = lease;
      mine.add(lease);
      return lease;
    },

    async head(log) {
      assertOpen();
      return headOf(log);
    },

    async lastLine(log) {
      assertOpen();
      const last = place.logs.get(log)?.records.at(-1);
      // Not `slice`: a Buffer's would share its memory.
      return last === undefined ? null : new Uint8Array(last.bytes);
    },

    async append(lease, expected, batch, signal) {
      const log = held(lease);
      signal?.throwIfAborted();
      const { size, head } = headOf(lease.log);
      if (size !== expected.expectedSeq || head !== expected.expectedHead) {
        throw new ProclawError(
          "head_mismatch",
          `log \`${lease.log}\` holds ${size} records, not ${expected.expectedSeq}`,
        );
      }
      for (const [index, record] of batch.entries()) {
        if (record.seq !== size + index || record.bytes.length === 0 || record.bytes.includes(0x0a)) {
          throw new ProclawError("invalid_option", `record ${record.seq} is out of order, empty or not one line`);
        }
      }
      log.records.push(...batch.map((record) => ({ ...record, bytes: new Uint8Array(record.bytes) })));
      return { ...headOf(lease.log), durability: "local" };
    },

    async recover(lease) {
      held(lease);
      return { ...headOf(lease.log), keptAside: 0 };
    },

    async putCheckpoint(lease, size, note) {
      const log = held(lease);
      const there = log.checkpoints.get(size);
      if (there !== undefined && !Buffer.from(there).equals(note)) {
        throw new ProclawError("store_failed", `another checkpoint of size ${size} of log \`${lease.log}\` is there`);
      }
      log.checkpoints.set(size, new Uint8Array(note));
    },

    async probe() {
      assertOpen();
      return { durable: false, worm: false, findings: ["not durable: everything is gone with the process"] };
    },

    async close() {
      closed = true;
      await Promise.all([...mine].map((lease) => lease.release()));
    },
  };
}

const LF = Buffer.from("\n");

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
