import type { AuditSource } from "@proclaw/core";
import { boundTrail, cleanTrail, LogWriter, SIGNER, sourceOf, tamper, TAMPER_CASES } from "@proclaw/conformance/tamper";
import fc from "fast-check";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { verifyTrail, type VerifyOptions, type VerifyReport } from "./index.ts";
import { LineSplitter } from "./line-splitter.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";
import { LinesScanner } from "./scanned-lines.ts";
import { verifyLog } from "./verify-log.ts";
import { verifyTrailWith } from "./verify-trail.ts";
import { WindowCutter } from "./window-cutter.ts";
import { WindowReader, type ScannedWindow, type WindowHelper } from "./window-reader.ts";

const parts = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify };
const base: VerifyOptions = { ...parts, keys: [SIGNER.vkey] };

/** A helper as another thread is one: what it was given is gone, and it takes its time. */
class FarHelper implements WindowHelper {
  windows = 0;
  readonly #turns: number;
  readonly #edit: (scanned: ScannedWindow) => void;

  constructor(turns: number, edit: (scanned: ScannedWindow) => void = () => undefined) {
    this.#turns = turns;
    this.#edit = edit;
  }

  async scan(window: Buffer, { log, strict }: { log: string; strict: boolean }): Promise<ScannedWindow> {
    this.windows++;
    const own = Buffer.from(new Uint8Array(window).buffer);
    window.fill(0xff);
    for (let i = 0; i < this.#turns; i++) await turn();
    const answer = { window: own, scanned: new LinesScanner(log, { hasher: nodeHasher, strict }).scan(own) };
    this.#edit(answer);
    return answer;
  }
}

/** {@link verifyTrail} with the ordinary logs read in windows. */
function inWindows(
  source: AuditSource,
  options: VerifyOptions,
  helpers: readonly WindowHelper[],
  windowBytes: number,
): Promise<VerifyReport> {
  return verifyTrailWith(source, options, async function* (jobs) {
    for (const job of jobs) {
      const reader = new WindowReader(job, helpers, windowBytes);
      yield await verifyLog(source, job, { ...parts, claims: null, tick: () => undefined, reader });
    }
  });
}

describe("logs read in windows", () => {
  test.each([false, true])("every case of the tamper kit gives the same report (strict: %s)", async (strict) => {
    let scanned = 0;
    for (const [index, one] of TAMPER_CASES.entries()) {
      const { trail, anchors } = tamper(one);
      const options = { ...base, anchors, strict };
      const helpers = [new FarHelper(index % 3), new FarHelper(2)];
      // From one line a window to several.
      const report = await inWindows(sourceOf(trail), options, helpers, 1 + 700 * (index % 6));
      expect(report, one.name).toEqual(await verifyTrail(sourceOf(trail), options));
      for (const { windows } of helpers) scanned += windows;
    }
    expect(scanned).toBeGreaterThan(5 * TAMPER_CASES.length);
  });

  test("clean trails give the same report, whatever the windows and the helpers", async () => {
    for (const trail of [cleanTrail(), boundTrail()]) {
      const expected = await verifyTrail(sourceOf(trail), base);
      expect(expected.verdict).toBe("intact");
      for (const windowBytes of [1, 900, 5_000, 1_000_000]) {
        for (const turns of [[], [0], [3, 0], [9, 1, 0]]) {
          const helpers = turns.map((many) => new FarHelper(many));
          expect(await inWindows(sourceOf(trail), base, helpers, windowBytes)).toEqual(expected);
        }
      }
    }
  });

  test("a helper that says something wrong shows: what it says is used", async () => {
    const lies: readonly ((answer: ScannedWindow) => void)[] = [
      ({ scanned }) => (scanned.leaves[0] = (scanned.leaves[0] ?? 0) ^ 1),
      // Every decision becomes an outcome; every decision a denial.
      ({ scanned }) => (scanned.numbers[1] = 1),
      ({ scanned }) => (scanned.numbers[3] = 1),
    ];
    for (const lie of lies) {
      const report = await inWindows(sourceOf(cleanTrail()), base, [new FarHelper(0, lie)], 1);
      expect(report.verdict).toBe("tampered");
    }
  });

  test("a helper that fails ends it", async () => {
    const broken: WindowHelper = { scan: () => Promise.reject(new Error("the thread is gone")) };
    const report = await inWindows(sourceOf(cleanTrail()), base, [broken], 900);
    expect(report).toMatchObject({ verdict: "unreadable", first_bad: { kind: "source_failed" } });
  });

  test("what was read before the source failed is judged as one by one", async () => {
    const writer = new LogWriter({ n: 1, signer: SIGNER }).call("a").call("b", "deny").call("c").checkpoint();
    const bytes = Buffer.from(writer.log.segments[0]?.bytes ?? []);
    bytes[3_000] = 0x7e;
    const whole = sourceOf({ logs: [writer.log] });
    const failing: AuditSource = {
      ...whole,
      async *read() {
        yield { name: "0000000000000000.jsonl", firstSeq: 0, bytes: chunks() };
      },
    };
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 4_500; at += 100) yield bytes.subarray(at, at + 100);
      throw Object.assign(new Error("the disk is gone"), { code: "EIO" });
    }
    const expected = await verifyTrail(failing, base);
    expect(expected.finding_counts.damage).toBeGreaterThan(1);
    expect(await inWindows(failing, base, [new FarHelper(1)], 700)).toEqual(expected);
  });

  test("whoever stops in the middle closes the source", async () => {
    let closed = false;
    async function* bytes(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from("{}\n");
      } finally {
        closed = true;
      }
    }
    const reader = new WindowReader({ log: "x", strict: false }, [new FarHelper(1)], 10);
    for await (const batch of reader.batches(bytes())) {
      expect(batch.next()).toEqual(Buffer.from("{}"));
      break;
    }
    expect(closed).toBe(true);
  });
});

test("property: windows hold the lines that a splitter finds, whatever the chunks", async () => {
  const line = fc.oneof(
    { weight: 9, arbitrary: fc.nat(300) },
    { weight: 1, arbitrary: fc.constantFrom(65_534, 65_535, 65_536, 65_537, 140_000) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 12 }),
      fc.nat(70_000),
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 90_000 }),
      async (lengths, tail, chunkBytes, windowBytes) => {
        const all = Buffer.from(
          `${lengths.map((length, i) => `${String(i % 10).repeat(length)}\n`).join("")}${"t".repeat(tail)}`,
        );
        async function* chunks(): AsyncGenerator<Uint8Array> {
          for (let at = 0; at < all.length; at += chunkBytes) yield all.subarray(at, at + chunkBytes);
        }
        const expected: string[] = [];
        const splitter = new LineSplitter();
        for await (const chunk of chunks()) {
          splitter.feed(chunk);
          for (let one = splitter.next(); one !== null; one = splitter.next())
            expected.push(Buffer.from(one).toString());
        }
        const cutter = new WindowCutter(windowBytes);
        const found: string[] = [];
        for await (const window of cutter.windows(chunks())) {
          const scanner = new LineSplitter();
          scanner.feed(window);
          for (let one = scanner.next(); one !== null; one = scanner.next()) found.push(Buffer.from(one).toString());
          expect(scanner.takeRest()).toBe(0);
          cutter.recycle(window);
        }
        expect(found).toEqual(expected);
        expect(cutter.takeRest()).toBe(splitter.takeRest());
      },
    ),
    { seed: 11, numRuns: 200 },
  );
});
