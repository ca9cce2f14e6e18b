import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineBatches } from "./lines.ts";

async function lines(chunks: readonly (string | Uint8Array)[], maxBytes = 100): Promise<(string | null)[]> {
  const source = (async function* () {
    for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  })();
  const found: (string | null)[] = [];
  for await (const batch of lineBatches(source, maxBytes)) {
    found.push(...batch.map((line) => (line.bytes === null ? null : Buffer.from(line.bytes).toString())));
  }
  return found;
}

describe("lineBatches", () => {
  it("finds the same lines however the bytes were cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: "binary", maxLength: 20 }).map((line) => line.replaceAll("\n", "")),
          { maxLength: 10 },
        ),
        fc.array(fc.nat(60), { maxLength: 10 }),
        async (expected, cuts) => {
          const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(""));
          const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
          const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
          expect(await lines(chunks, 1_000)).toEqual(expected.map((line) => Buffer.from(line).toString()));
        },
      ),
      { seed: 20_261_122, numRuns: 300 },
    );
  });

  it("counts blank lines and a last line without LF, but no line after the last LF", async () => {
    expect(await lines(["a\n\nb"])).toEqual(["a", "", "b"]);
    expect(await lines(["a\n"])).toEqual(["a"]);
    expect(await lines([""])).toEqual([]);
    expect(await lines(["\n"])).toEqual([""]);
  });

  it("lets go of a line that is too long and goes on with the next", async () => {
    expect(await lines(["x".repeat(11), "x\nok\n", "y".repeat(10), "\n"], 10)).toEqual([null, "ok", "y".repeat(10)]);
    expect(await lines(["x".repeat(11)], 10)).toEqual([null]);
    expect(await lines(["x".repeat(6), "x".repeat(6), "x".repeat(6), "\na"], 10)).toEqual([null, "a"]);
  });

  it("copies what it holds, since a stream may reuse its chunk", async () => {
    const chunk = Buffer.from("abc");
    const source = (async function* () {
      yield chunk;
      chunk.fill("z");
      yield Buffer.from("d\n");
    })();
    for await (const batch of lineBatches(source, 10))
      expect(Buffer.from(batch[0]?.bytes ?? []).toString()).toBe("abcd");
  });

  it("says how long each line is and whether it is finished", async () => {
    const found = [];
    const source = (async function* () {
      yield Buffer.from("ab\n".concat("x".repeat(20)));
      yield Buffer.from("yy\n\nrest");
    })();
    for await (const batch of lineBatches(source, 10))
      found.push(...batch.map(({ length, ended }) => ({ length, ended })));
    expect(found).toEqual([
      { length: 2, ended: true },
      { length: 22, ended: true },
      { length: 0, ended: true },
      { length: 4, ended: false },
    ]);
  });
});
