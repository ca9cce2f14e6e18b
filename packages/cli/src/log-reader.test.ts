import { describe, expect, it } from "vitest";
import { memorySource } from "./fixtures/memory-source.ts";
import { LogReader } from "./log-reader.ts";
import type { TailLine } from "./record-line.ts";

const LOG = "log";
const line = (seq: number): string => `{"seq":${seq}}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => line(from + i)).join("");
const texts = (found: readonly TailLine[]): string[] =>
  found.map(({ seq, bytes }) => `${seq} ${Buffer.from(bytes).toString()}`);
const expected = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${from + i} {"seq":${from + i}}`);

describe.each([[true], [false]])("LogReader (store that seeks: %s)", (seek) => {
  function open(segments: Readonly<Record<number, string>>) {
    const memory = memorySource(seek);
    memory.logs.set(LOG, new Map(Object.entries(segments).map(([first, text]) => [Number(first), text])));
    return {
      ...memory,
      reader: new LogReader(memory.source, LOG),
      segments: memory.logs.get(LOG) ?? new Map<number, string>(),
    };
  }

  async function appended(reader: LogReader): Promise<string[]> {
    const found: TailLine[] = [];
    for await (const one of reader.appended()) found.push(one);
    return texts(found);
  }

  it("finds the last lines, over several segments, and reads no more segments than it takes", async () => {
    const { reader, read } = open({ 0: lines(0, 100), 100: lines(100, 103), 103: lines(103, 105) });
    expect(texts(await reader.last(4))).toEqual(expected(101, 105));
    expect(read()).toBeLessThan(100);
    expect(texts(await open({ 0: lines(0, 100) }).reader.last(3))).toEqual(expected(97, 100));
    expect(texts(await open({ 0: lines(0, 2) }).reader.last(10))).toEqual(expected(0, 2));
    expect(texts(await open({}).reader.last(10))).toEqual([]);
    expect(texts(await open({ 0: lines(0, 2) }).reader.last(0))).toEqual([]);
  });

  it("goes on where it was: growth, a line in the making, a new segment", async () => {
    const { reader, segments } = open({ 0: lines(0, 2) + '{"se' });
    expect(texts(await reader.last(1))).toEqual(expected(1, 2));
    expect(await appended(reader)).toEqual([]);
    segments.set(0, lines(0, 4));
    expect(await appended(reader)).toEqual(expected(2, 4));
    expect(await appended(reader)).toEqual([]);
    segments.set(0, lines(0, 5));
    segments.set(5, lines(5, 7));
    expect(await appended(reader)).toEqual(expected(4, 7));
    segments.set(7, lines(7, 8));
    expect(await appended(reader)).toEqual(expected(7, 8));
  });

  it("follows a log that was empty, or was never read, from its beginning", async () => {
    const { reader, segments } = open({});
    expect(await reader.last(5)).toEqual([]);
    segments.set(0, lines(0, 2));
    expect(await appended(reader)).toEqual(expected(0, 2));
    expect(await appended(open({ 0: lines(0, 2), 2: lines(2, 3) }).reader)).toEqual(expected(0, 3));
  });

  it("passes over a monstrous line without keeping it", async () => {
    const { reader } = open({ 0: `${line(0)}${"x".repeat(2_000_000)}\n${line(2)}` });
    expect(texts(await reader.last(3))).toEqual(['0 {"seq":0}', "1 ", '2 {"seq":2}']);
  });
});
