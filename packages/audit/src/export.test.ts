import { appendFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuditSource } from "@proclaw/core";
import { describe, expect, it } from "vitest";
import { exportTrail } from "./export.ts";
import { openFileSource } from "./store/file-source.ts";
import { createFileStore } from "./store/file-store.ts";
import { tailTrail } from "./tail.ts";
import type { TailLine } from "./tail.ts";
import { decision } from "./fixtures/events.ts";
import { memorySigner } from "./fixtures/memory-signer.ts";
import { scratchFolder } from "./fixtures/scratch.ts";
import { openTrail } from "./trail.ts";

async function opened(segmentBytes = 3000) {
  const dir = await scratchFolder();
  const open = () =>
    openTrail({ store: createFileStore(dir, { segmentBytes }), signer: memorySigner(), heartbeatMs: 0 });
  return { dir, open, source: openFileSource(dir) };
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

describe("exportTrail", () => {
  it("gives the stored lines byte for byte, by log, then seq, across segments", async () => {
    const { dir, open, source } = await opened();
    const trails = [await open(), await open()];
    for (let i = 0; i < 10; i++) for (const trail of trails) await trail.append(decision(`call ${i}`, "deny"));
    await Promise.all(trails.map((trail) => trail.close()));
    let expected = "";
    // Logs of checkpoints come last.
    for (const [kind, least] of [
      ["logs", 3],
      ["checkpoints", 1],
    ] as const) {
      for (const log of (await readdir(join(dir, kind))).sort()) {
        const segments = (await readdir(join(dir, kind, log, "segments"))).sort();
        expect(segments.length).toBeGreaterThanOrEqual(least);
        for (const segment of segments) expected += await readFile(join(dir, kind, log, "segments", segment), "utf8");
      }
    }
    expect(await bytesOf(exportTrail(source))).toBe(expected);
  });

  it("leaves out what is no whole line, so that logs cannot run into each other", async () => {
    const source = {
      logs: async () => ["a", "b"],
      async *read(log: string) {
        const chunks = log === "a" ? ["one\ntw", "o", "\nto", "rn"] : ["three\n"];
        yield {
          name: log,
          firstSeq: 0,
          bytes: (async function* () {
            for (const one of chunks) yield Buffer.from(one);
          })(),
        };
      },
    } as unknown as AuditSource;
    expect(await bytesOf(exportTrail(source))).toBe("one\ntwo\nthree\n");
  });

  it("of nothing is nothing", async () => {
    expect(await bytesOf(exportTrail(openFileSource(join(await scratchFolder(), "none"))))).toBe("");
  });
});

describe("tailTrail", () => {
  it("delivers every line once, while logs are written, rotated and added", async () => {
    const { open, source, dir } = await opened(2000);
    const first = await open();
    await first.append(decision("before", "deny"));
    const stop = new AbortController();
    const lines: TailLine[] = [];
    const following = (async () => {
      for await (const line of tailTrail(source, { signal: stop.signal, pollMs: 2 })) {
        lines.push(line);
        if (Buffer.from(line.bytes).includes("the end")) stop.abort();
      }
    })();
    for (let i = 0; i < 20; i++) await first.append(decision(`call ${i}`, "deny"));
    const second = await open();
    for (let i = 0; i < 5; i++) await second.append(decision(`other ${i}`, "deny"));
    await first.close();
    await second.append(decision("the end", "deny"));
    await following;
    const logs = await readdir(join(dir, "logs"));
    for (const log of logs) {
      const seqs = lines.filter((line) => line.log === log).map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, i) => i));
    }
    expect(lines.filter(({ log }) => log === logs.sort()[0])).toHaveLength(23);
    await second.close();
  });

  it("leaves out what is there with `fromEnd`, and holds back a line that is not whole yet", async () => {
    const { open, source, dir } = await opened(1_000_000);
    const trail = await open();
    const { log } = await trail.append(decision("before", "deny"));
    await trail.close();
    const segment = join(dir, "logs", log, "segments", "0000000000000000.jsonl");
    const stop = new AbortController();
    const tail = tailTrail(source, { signal: stop.signal, fromEnd: true, pollMs: 2 });
    const next = tail.next();
    // The first look has to be over before there is something new.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await appendFile(segment, '{"half":');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await appendFile(segment, "1}\n");
    expect(await next).toMatchObject({ value: { log, seq: 3, bytes: Buffer.from('{"half":1}') } });
    stop.abort();
    expect(await tail.next()).toEqual({ done: true, value: undefined });
  });

  it("skips in sources that cannot seek", async () => {
    const { open, source } = await opened();
    const plain: AuditSource = {
      ...source,
      async *read(log, fromSeq) {
        for await (const { name, firstSeq, bytes } of source.read(log, fromSeq)) yield { name, firstSeq, bytes };
      },
    };
    const trail = await open();
    const stop = new AbortController();
    const seqs: number[] = [];
    const following = (async () => {
      for await (const { seq } of tailTrail(plain, { signal: stop.signal, pollMs: 1 }))
        if (seqs.push(seq) === 16) stop.abort();
    })();
    for (let i = 0; i < 15; i++) await trail.append(decision(`call ${i}`, "deny"));
    await following;
    expect(seqs).toEqual(seqs.map((_, i) => i));
    await trail.close();
  });
});
