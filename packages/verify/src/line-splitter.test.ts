import { MAX_RECORD_BYTES } from "@proclaw/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "./line-splitter.ts";

const split = (chunks: Iterable<Uint8Array>): { lines: string[]; rest: number } => {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  for (const chunk of chunks) {
    splitter.feed(chunk);
    for (let line = splitter.next(); line !== null; line = splitter.next())
      lines.push(Buffer.from(line).toString("latin1"));
  }
  return { lines, rest: splitter.takeRest() };
};

test("property: however the bytes are cut, the lines are those between the line feeds", () => {
  const bytes = fc.array(fc.constantFrom(0x0a, 0x41, 0x0d, 0xff, 0x0a), { maxLength: 60 });
  fc.assert(
    fc.property(bytes, fc.array(fc.nat({ max: 60 })), (all, cuts) => {
      const buffer = Uint8Array.from(all);
      const at = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length];
      const chunks = at.slice(1).map((end, i) => buffer.slice(at[i], end));
      const parts = Buffer.from(buffer).toString("latin1").split("\n");
      expect(split(chunks)).toEqual({ lines: parts.slice(0, -1), rest: parts.at(-1)?.length });
    }),
    { seed: 9, numRuns: 1_000 },
  );
});

test.each([1, 1_000, 65_535, 65_536, 1_000_000])(
  "a line too long is cut to one byte more than a record, chunks of %i",
  (size) => {
    const all = Buffer.from(`${"x".repeat(200_000)}\nshort\n${"y".repeat(MAX_RECORD_BYTES)}\n${"z".repeat(100_000)}`);
    const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
      all.subarray(i * size, (i + 1) * size),
    );
    const { lines, rest } = split(chunks);
    expect(lines.map((line) => line.length)).toEqual([MAX_RECORD_BYTES + 1, 5, MAX_RECORD_BYTES]);
    expect(rest).toBe(MAX_RECORD_BYTES + 1);
  },
);
