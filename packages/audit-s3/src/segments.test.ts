import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bucket } from "./bucket.ts";
import { LazyClient } from "./client.ts";
import { epochsOf } from "./epoch-spans.ts";
import { MemoryBucket } from "./fixtures/memory-bucket.ts";
import { number16 } from "./keys.ts";
import { lastSegment, segmentsOf } from "./segments.ts";

const LOG = "log-1";

function over(memory: MemoryBucket): Bucket {
  const client = new LazyClient({ client: memory.client });
  return new Bucket({ client, place: { bucket: "evidence", prefix: "" }, requestMs: 60_000 });
}

function claim(memory: MemoryBucket, epoch: number): void {
  memory.add(`v1/${LOG}/leases/${number16(epoch)}.json`, Buffer.from("{}\n"));
}

/** A segment of one record. */
function put(memory: MemoryBucket, epoch: number, seq: number): void {
  memory.add(`v1/${LOG}/${number16(epoch)}/${number16(seq)}.jsonl`, Buffer.from(`${epoch} ${seq}\n`));
}

async function seqsFrom(bucket: Bucket, fromSeq: number): Promise<[number, number][]> {
  const found: [number, number][] = [];
  for await (const { epoch, firstSeq } of segmentsOf(bucket, LOG, fromSeq)) found.push([firstSeq, epoch]);
  return found;
}

/** Sequence numbers as logs have them, and as somebody who plants objects may choose them. */
const seqs = fc.uniqueArray(fc.oneof(fc.nat(50), fc.nat(100_000), fc.maxSafeNat()), { minLength: 1, maxLength: 40 });

describe("segments", () => {
  it("are found from any record on, and so is the last, whatever the pages and epochs", async () => {
    const scene = fc.record({
      epochs: fc.array(seqs, { minLength: 1, maxLength: 3 }),
      pageSize: fc.integer({ min: 1, max: 7 }),
      fromSeq: fc.oneof(fc.nat(60), fc.nat(120_000)),
      unclaimed: fc.integer({ min: -2, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(scene, async ({ epochs, pageSize, fromSeq, unclaimed }) => {
        const memory = new MemoryBucket();
        memory.pageSize = pageSize;
        // All at one moment: what lower epochs have stands, and each epoch begins after it.
        memory.now = () => 1_700_000_000_000;
        const all: [number, number][] = [];
        for (const [epoch, list] of epochs.entries()) {
          const claimed = unclaimed !== epoch;
          if (claimed) claim(memory, epoch);
          for (const seq of list) put(memory, epoch, seq);
          const end = all.at(-1)?.[0] ?? -1;
          const rising = list.filter((seq) => claimed && seq > end).sort((a, b) => a - b);
          all.push(...rising.map((seq): [number, number] => [seq, epoch]));
        }
        const holder = Math.max(
          0,
          all.findLastIndex(([seq]) => seq <= fromSeq),
        );
        const bucket = over(memory);
        expect(await seqsFrom(bucket, fromSeq)).toEqual(all.slice(holder));
        const last = await lastSegment(bucket, LOG);
        expect(last === null ? undefined : [last.firstSeq, last.epoch]).toEqual(all.at(-1));
        expect(await epochsOf(bucket, LOG)).toEqual(epochs.map((_, epoch) => epoch));
      }),
      { seed: 20_261_122, numRuns: 200 },
    );
  });

  it("the end of a long log is found with a bounded number of requests", async () => {
    const memory = new MemoryBucket();
    claim(memory, 0);
    for (let i = 0; i < 20_000; i++) put(memory, 0, i * 37);
    const bucket = over(memory);
    memory.calls.length = 0;
    expect((await lastSegment(bucket, LOG))?.firstSeq).toBe(19_999 * 37);
    expect(memory.calls.length).toBeLessThan(60);
    memory.calls.length = 0;
    expect((await seqsFrom(bucket, 19_990 * 37 + 5)).map(([seq]) => seq / 37)).toEqual([
      19_990, 19_991, 19_992, 19_993, 19_994, 19_995, 19_996, 19_997, 19_998, 19_999,
    ]);
    expect(memory.calls.length).toBeLessThan(6);
  });

  it("many planted keys between them hide nothing", async () => {
    const memory = new MemoryBucket();
    memory.pageSize = 5;
    claim(memory, 0);
    put(memory, 0, 0);
    put(memory, 0, 40);
    for (let i = 0; i < 60; i++)
      memory.add(`v1/${LOG}/${number16(0)}/${number16(20)}-planted-${i + 10}`, Buffer.from("x"));
    for (let i = 0; i < 30; i++) memory.add(`v1/${LOG}/${number16(0)}/${number16(40)}.jsonl`, Buffer.from("later"));
    const last = await lastSegment(over(memory), LOG);
    expect(last?.firstSeq).toBe(40);
    // The oldest of its 31 versions, which stand on several pages.
    expect(last?.version.size).toBe("0 40\n".length);
    expect((await seqsFrom(over(memory), 0)).map(([seq]) => seq)).toEqual([0, 40]);
  });

  it("a list that goes on without saying where is an error, not an end", async () => {
    const memory = new MemoryBucket();
    put(memory, 0, 0);
    const listObjectVersions = memory.client.listObjectVersions.bind(memory.client);
    const client = {
      ...memory.client,
      listObjectVersions: async (...call: Parameters<typeof listObjectVersions>) => ({
        ...(await listObjectVersions(...call)),
        IsTruncated: true,
      }),
    };
    const bucket = new Bucket({
      client: new LazyClient({ client }),
      place: { bucket: "evidence", prefix: "" },
      requestMs: 1000,
    });
    await expect(epochsOf(bucket, LOG)).rejects.toMatchObject({ code: "unreadable_evidence" });
  });
});
