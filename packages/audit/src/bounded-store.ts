import { ProclawError } from "@proclaw/core";
import type { AuditStore, StoreLease } from "@proclaw/core";
import { within } from "./deadline.ts";

/**
 * A store of which every answer has to come in time: a store that hangs then fails, so that calls
 * are denied instead of waiting for ever. Leases are its own; they end like the ones behind them.
 */
export function boundedStore(store: AuditStore, ms: number): AuditStore {
  const inner = new WeakMap<StoreLease, StoreLease>();
  const timed = <T>(operation: () => Promise<T>): Promise<T> => within(ms, "the store", operation);
  const innerOf = (lease: StoreLease): StoreLease => {
    const found = inner.get(lease);
    if (found === undefined) throw new ProclawError("lease_lost", `the lease of log \`${lease.log}\` is not held`);
    return found;
  };
  return {
    specVersion: store.specVersion,
    granularity: store.granularity,
    logs: () => timed(() => store.logs()),
    async *read(log, fromSeq) {
      for await (const segment of timedSteps(ms, store.read(log, fromSeq))) {
        yield { name: segment.name, firstSeq: segment.firstSeq, bytes: timedSteps(ms, segment.bytes) };
      }
    },
    checkpoints: (log, fromSize) => timedSteps(ms, store.checkpoints(log, fromSize)),
    evidence: (log) => timed(() => store.evidence(log)),
    async lease(log) {
      // Nobody waits any more for a lease that comes too late, and it must not stay held.
      const late = (lease: StoreLease): void => void lease.release().catch(() => undefined);
      const lease = await within(ms, "the store", () => store.lease(log), late);
      const outer: StoreLease = {
        log: lease.log,
        epoch: lease.epoch,
        lost: lease.lost,
        release: () => timed(() => lease.release()),
      };
      inner.set(outer, lease);
      return outer;
    },
    head: (log) => timed(() => store.head(log)),
    lastLine: (log) => timed(() => store.lastLine(log)),
    append: async (lease, expected, batch) => {
      const held = innerOf(lease);
      const giveUp = new AbortController();
      try {
        return await timed(() => store.append(held, expected, batch, giveUp.signal));
      } catch (error) {
        // Tells a store that still has it in a queue of its own.
        giveUp.abort(error);
        throw error;
      }
    },
    recover: async (lease) => {
      const held = innerOf(lease);
      return await timed(() => store.recover(held));
    },
    putCheckpoint: async (lease, size, note) => {
      const held = innerOf(lease);
      await timed(() => store.putCheckpoint(held, size, note));
    },
    probe: () => timed(() => store.probe()),
    close: () => store.close(),
  };
}

async function* timedSteps<T>(ms: number, steps: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = steps[Symbol.asyncIterator]();
  let waiting = false;
  try {
    for (;;) {
      waiting = true;
      const step = await within(ms, "the store", () => iterator.next());
      waiting = false;
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    // One that hangs in `next` would not return either.
    if (!waiting) await iterator.return?.();
  }
}
