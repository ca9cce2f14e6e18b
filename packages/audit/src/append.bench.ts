/*
 * What durability costs, as ratios within one interleaved run, about 1 KB a record:
 *
 *     node --conditions @proclaw/source packages/audit/src/append.bench.ts [folder]
 *
 * 1. a durable append over a bare write + fdatasync of the same bytes, both through the same
 *    asynchronous calls (goal: at most 1.20); and decision + outcome (goal: at most 2.3);
 * 2. the rate of 64 callers over that of one (goal: at least 8);
 * 3. the chain step over the package `canonicalize` + createHash (goal: at least 2.5 times faster).
 *
 * Absolute times are noise on a shared machine; medians of pairs taken side by side are compared.
 */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import canonicalize from "canonicalize";
import { SPEC_VERSION } from "@proclaw/core";
import type { AuditTrail, Signer } from "@proclaw/core";
import { createDrafter } from "./draft.ts";
import { decision, outcome } from "./fixtures/events.ts";
import { createFileStore } from "./store/file-store.ts";
import { nodeFileSystem } from "./store/file-system-port.ts";
import type { PortFile } from "./store/file-system-port.ts";
import { seal } from "./seal.ts";
import { openTrail } from "./trail.ts";
import { uuidV7Source } from "./uuid-v7.ts";

const NOTE = "the patient was seen at noon ".repeat(4);
const PAIRS = 400;
const CALLERS = 64;

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const signer: Signer = {
  specVersion: SPEC_VERSION,
  name: "bench",
  publicKey: Buffer.from(publicKey.export({ format: "jwk" }).x as string, "base64url"),
  sign: async (message) => sign(null, message, privateKey),
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function writeBare(file: PortFile, bytes: Uint8Array): Promise<void> {
  await file.write(bytes, null);
  await file.datasync();
}

async function appends(folder: string): Promise<void> {
  const trail = await openTrail({ store: createFileStore(join(folder, "trail")), signer, heartbeatMs: 0 });
  const file = await nodeFileSystem.open(join(folder, "bare"), "create");
  const bytes = Buffer.alloc(lineBytes() + 1, "x");
  const one: number[] = [];
  const two: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < PAIRS; i++) {
    const call = `call ${i}`;
    const turns = [
      async () => bare.push(await timed(() => writeBare(file, bytes))),
      async () => one.push(await timed(() => trail.append(decision(`${call} one`, "deny", NOTE)))),
      async () => two.push(await timed(() => decideAndSettle(trail, call))),
    ];
    // Whoever comes first would always pay for what the disk was left with.
    for (let turn = 0; turn < turns.length; turn++) await turns[(turn + i) % turns.length]?.();
  }
  await file.close();
  const base = median(bare);
  report("bare write + fdatasync", `${base.toFixed(0)} µs`);
  report("durable append / bare", ratio(median(one) / base), "goal ≤ 1.20");
  report("decision + outcome / bare", ratio(median(two) / base), "goal ≤ 2.3");

  const serial: number[] = [];
  const together: number[] = [];
  for (let round = 0; round < 15; round++) {
    serial.push(
      (await timed(async () => {
        for (let i = 0; i < 20; i++) await trail.append(decision(`s ${round} ${i}`, "deny", NOTE));
      })) / 20,
    );
    together.push(
      (await timed(() =>
        Promise.all(
          Array.from({ length: CALLERS }, async (_, caller) => {
            for (let i = 0; i < 10; i++) await trail.append(decision(`t ${round} ${caller} ${i}`, "deny", NOTE));
          }),
        ),
      )) /
        (CALLERS * 10),
    );
  }
  report(`${CALLERS} callers / serial, records per second`, ratio(median(serial) / median(together)), "goal ≥ 8");
  report(`${CALLERS} callers`, `${(1e6 / median(together)).toFixed(0)} records/s`);
  await trail.close();
}

async function decideAndSettle(trail: AuditTrail, call: string): Promise<void> {
  await trail.append(decision(call, "allow", NOTE));
  await trail.append(outcome(call, NOTE));
}

const LOG = "01990000-0000-7000-8000-000000000001";
const chain = { log: LOG, writer: LOG, writerEpoch: 0, keyEpoch: 0 };
const clock = { now: () => Date.now(), monotonic: () => process.hrtime.bigint() };
const draft = createDrafter({ clock, bootId: LOG, nextId: uuidV7Source(clock.now) });

function lineBytes(): number {
  return seal(draft(decision("call 100", "allow", NOTE)), chain, 100, "a".repeat(64)).bytes.length;
}

function chainStep(): void {
  const event = decision("call", "allow", NOTE);
  const nextId = uuidV7Source(clock.now);
  let prev: string | null = null;
  const ours = (seq: number): void => {
    prev = seal(draft(event), chain, seq, prev).leaf;
  };
  let peerPrev: string | null = null;
  // What ours does, with the usual parts: the same members, the same leaf.
  const peer = (seq: number): void => {
    const text = canonicalize({
      ...event,
      v: 1,
      event_id: nextId(),
      timestamp: new Date(clock.now()).toISOString(),
      mono_ns: String(clock.monotonic()),
      boot_id: LOG,
      hash_chain: { alg: "sha256-rfc6962", log: LOG, writer: LOG, writer_epoch: 0, key_epoch: 0, seq, prev: peerPrev },
    }) as string;
    const bytes = Buffer.from(text);
    peerPrev = createHash("sha256").update(Uint8Array.of(0)).update(bytes).digest("hex");
  };
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < 30; round++) {
    for (const [index, step] of [ours, peer].entries()) {
      const start = process.cpuUsage();
      for (let seq = 0; seq < 4000; seq++) step(seq);
      const { user, system } = process.cpuUsage(start);
      times[index]?.push((user + system) / 4000);
    }
  }
  const [own, other] = [Math.min(...times[0]), Math.min(...times[1])];
  report(`chain step, ${lineBytes()} bytes`, `${own.toFixed(1)} µs CPU`);
  report("canonicalize + createHash", `${other.toFixed(1)} µs CPU`);
  report("canonicalize + createHash / chain step", ratio(other / own), "goal ≥ 2.5");
}

function ratio(value: number): string {
  return `${value.toFixed(2)}×`;
}

function report(what: string, value: string, goal = ""): void {
  console.log(`${what.padEnd(44)} ${value.padStart(16)}  ${goal}`);
}

const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), "proclaw-bench-"));
try {
  console.log(
    `load average ${loadavg()
      .map((load) => load.toFixed(1))
      .join(" ")}`,
  );
  chainStep();
  await appends(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
