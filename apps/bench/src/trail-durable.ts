import fs from "node:fs";
import { join } from "node:path";
import { openFileSource } from "@proclaw/audit";
import { withTrail } from "./bench-trail.ts";
import { interleave, table } from "./measure.ts";
import type { BenchContext } from "./part.ts";
import { allowed, denied, succeeded } from "./trail-events.ts";

/** What a durable record costs beyond writing its bytes durably. */
export async function durableSection(bench: BenchContext, folder: string): Promise<string> {
  const measured = await withTrail(folder, async (trail, appended) => {
    let calls = 0;
    const { log, seq } = await trail.append(denied(`call-${calls++}`));
    appended(1);
    const line = await storedLine(join(folder, "trail"), log, seq);
    // The candidates must do the same: the bytes that were stored, and their LF.
    const bytes = Buffer.concat([line, Buffer.from("\n")]);
    const bare = fs.openSync(join(folder, "bare"), "a");
    try {
      const times = await interleave(
        [
          {
            name: "bare write + fdatasync of the same bytes",
            run: async (n) => {
              for (let i = 0; i < n; i++) await writeBare(bare, bytes);
            },
          },
          {
            name: "decision, durable",
            run: async (n) => {
              for (let i = 0; i < n; i++) await trail.append(denied(`call-${calls++}`));
              appended(n);
            },
          },
          {
            name: "decision + outcome, each durable",
            run: async (n) => {
              for (let i = 0; i < n; i++) {
                const call = `call-${calls++}`;
                await trail.append(allowed(call));
                await trail.append(succeeded(call));
              }
              appended(2 * n);
            },
          },
        ],
        // Few at a time, so that one turn of the disk's mood hits all three.
        4,
        bench.pick(301, 5),
      );
      return { times, bytes: bytes.length };
    } finally {
      fs.closeSync(bare);
    }
  });
  return [
    "### A durable record, one caller",
    `Records of ${measured.bytes} bytes; both through the same asynchronous calls of node:fs. Goals: a decision at most 1.20×, decision and outcome at most 2.3×.`,
    table(measured.times),
    `CPU of one operation, all threads: ${measured.times.map(({ name, cpu }) => `${name} ${cpu.toFixed(0)} µs`).join("; ")}.`,
  ].join("\n\n");
}

function writeBare(fd: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error !== null) reject(error);
      else if (written !== bytes.length) reject(new Error("a short write"));
      else fs.fdatasync(fd, (failure) => (failure === null ? resolve() : reject(failure)));
    });
  });
}

async function storedLine(directory: string, log: string, seq: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const segment of openFileSource(directory).read(log)) {
    for await (const chunk of segment.bytes) chunks.push(chunk);
  }
  const line = Buffer.concat(chunks).toString("utf8").split("\n")[seq];
  if (line === undefined || line === "")
    throw new Error(`record ${seq} of log ${log} was acknowledged and is not there`);
  return Buffer.from(line);
}
