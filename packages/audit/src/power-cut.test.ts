import { ProclawError } from "@proclaw/core";
import type { AppendReceipt, RecordStore, Signer, StoredCheckpoint } from "@proclaw/core";
import { logOrigin, parseCheckpoint, parseNote } from "@proclaw/verify";
import type { VerifyReport } from "@proclaw/verify";
import { expect, it } from "vitest";
import { randomSource, times } from "./fixtures/depth.ts";
import { decision, outcome } from "./fixtures/events.ts";
import { FaultyFileSystem } from "./fixtures/faulty-file-system.ts";
import { memorySigner } from "./fixtures/memory-signer.ts";
import { scratchFolder } from "./fixtures/scratch.ts";
import { recordsOf, verify } from "./fixtures/verified.ts";
import type { SignedTrail } from "./signed-trail.ts";
import { openFileSource } from "./store/file-source.ts";
import { createFileStore } from "./store/file-store.ts";
import { openTrail } from "./trail.ts";

/** What is known outside of the machine whose power is cut. */
interface Outside {
  /** The key in force first. */
  signers: Signer[];
  /** What the trail said is durable. */
  readonly receipts: AppendReceipt[];
  /** Calls that ran on the strength of their decision. */
  readonly executed: string[];
  /** The newest checkpoint of each log, by its origin, that a second machine was handed. */
  readonly anchors: Map<string, { readonly size: number; readonly note: Uint8Array }>;
}

const sum = {
  cuts: 0,
  receipts: 0,
  executed: 0,
  honestLost: 0,
  rotations: 0,
  lyingCuts: 0,
  lost: 0,
  lostUnderAnchor: 0,
  revealed: 0,
};

/** A store that hands each checkpoint it has kept to a second machine. */
function handingOut(store: RecordStore, outside: Outside): RecordStore {
  return {
    ...store,
    async putCheckpoint(lease, size, note) {
      await store.putCheckpoint(lease, size, note);
      outside.anchors.set(parseCheckpoint(parseNote(note).text).origin, { size, note });
    },
  };
}

/** One life of a process on the machine, until the power goes after so many operations of the disk. */
async function live(
  dir: string,
  outside: Outside,
  random: () => number,
  lying: false | (() => boolean),
  life: number,
): Promise<void> {
  const disk = new FaultyFileSystem();
  disk.lying = lying;
  const off = Promise.withResolvers<void>();
  let left = Math.floor(random() ** 2 * 500);
  disk.fault = () => {
    if (left-- > 0) return null;
    disk.switchOff();
    off.resolve();
    return { code: "EIO" };
  };
  const files = createFileStore(dir, { fileSystem: disk, segmentBytes: 8000 });
  const [signer, ...formerSigners] = outside.signers as [Signer, ...Signer[]];
  let trail: SignedTrail | null = null;
  let rotating = Promise.resolve();
  try {
    trail = await openTrail({
      store: handingOut(files, outside),
      signer,
      formerSigners,
      heartbeatMs: 7,
      checkpointEvery: { records: 5, ms: 3 },
      bindMs: 1,
      bindAtCloseMs: 1,
      retry: { firstMs: 1, lastMs: 5 },
    });
    const opened = trail;
    const callers = Array.from({ length: 4 }, async (_, caller) => {
      for (let i = 0; ; i++) {
        const call = `${life} ${caller} ${i}`;
        outside.receipts.push(await opened.append(decision(call, "allow", "x".repeat(random() * 1500))));
        outside.executed.push(call);
        outside.receipts.push(await opened.append(outcome(call)));
      }
    });
    rotating = rotate(opened, outside, random);
    await Promise.all([...callers.map((caller) => caller.catch(() => undefined)), off.promise]);
  } catch (error) {
    // The power went while it started.
    if (!ProclawError.is(error) || left >= 0) throw error;
  }
  // The process dies with the machine: its leases, and its attempts to recover.
  await disk.cutPower(random);
  await files.close().catch(() => undefined);
  await trail?.close().catch(() => undefined);
  await rotating;
}

/** Sometimes changes the key: the new one is kept for good before. */
async function rotate(trail: SignedTrail, outside: Outside, random: () => number): Promise<void> {
  if (random() < 0.6) return;
  await new Promise((resolve) => setTimeout(resolve, random() * 15));
  const next = memorySigner(`key-${outside.signers.length}`);
  // As `rotateKeyFile` does it: the new key waits, and comes into force when the trail has introduced it.
  outside.signers.push(next);
  try {
    await trail.rotateKey(next);
    outside.signers = [next, ...outside.signers.filter((signer) => signer !== next)];
    sum.rotations++;
  } catch {
    // The old key stays in force.
  }
}

interface Judgment {
  readonly report: VerifyReport;
  readonly lost: readonly AppendReceipt[];
  readonly ranWithoutDecision: readonly string[];
}

/** Starts once more, on a disk in order, and looks at everything from outside. */
async function judge(dir: string, outside: Outside): Promise<Judgment> {
  const [signer, ...formerSigners] = outside.signers as [Signer, ...Signer[]];
  const store = createFileStore(dir);
  await (await openTrail({ store, signer, formerSigners, heartbeatMs: 0, bindAtCloseMs: 20_000 })).close();
  await store.close();
  const source = openFileSource(dir);
  const records = await recordsOf(source);
  const ids = new Set(records.map(({ event_id }) => event_id));
  const allowed = new Set(
    records
      .filter(({ kind, policy_decision: by }) => kind === "decision" && by?.effect === "allow")
      .map(({ call_id }) => call_id),
  );
  const anchors: StoredCheckpoint[] = [...outside.anchors].map(([name, { note }]) => ({ name, note }));
  return {
    report: await verify(source, outside.signers, anchors),
    lost: outside.receipts.filter(({ event_id }) => !ids.has(event_id)),
    ranWithoutDecision: outside.executed.filter((call) => !allowed.has(call)),
  };
}

async function lives(seed: number, lying: (random: () => number) => false | (() => boolean)) {
  const random = randomSource(seed);
  const dir = await scratchFolder();
  const outside: Outside = { signers: [memorySigner("key-0")], receipts: [], executed: [], anchors: new Map() };
  for (let life = 0; life < LIVES; life++) await live(dir, outside, random, lying(random), life);
  return { outside, judged: await judge(dir, outside) };
}

const LIVES = 4;

it.each(Array.from({ length: times(12, 300) }, (_, seed) => ({ seed })))(
  "a power cut loses nothing that an honest disk acknowledged (seed $seed)",
  async ({ seed }) => {
    const { outside, judged } = await lives(seed, () => false);
    sum.cuts += LIVES;
    sum.receipts += outside.receipts.length;
    sum.executed += outside.executed.length;
    sum.honestLost += judged.lost.length;
    expect(judged.lost).toEqual([]);
    expect(judged.ranWithoutDecision).toEqual([]);
    expect(judged.report.findings.filter(({ severity }) => severity === "damage")).toEqual([]);
    expect(judged.report).toMatchObject({
      verdict: "intact",
      level: "L1",
      anchors: { confirmed: outside.anchors.size },
    });
    expect(judged.report.findings.filter(({ kind }) => kind === "unbound_log" || kind === "open_decision")).toEqual([]);
  },
  120_000,
);

it.each(Array.from({ length: times(12, 100) }, (_, seed) => ({ seed })))(
  "what a lying disk loses, a verifier with anchors finds missing (seed $seed)",
  async ({ seed }) => {
    // Some lie always, some now and then.
    const { outside, judged } = await lives(10_000 + seed, (random) => {
      const share = random() < 0.5 ? 1 : random() * 0.5;
      return () => random() < share;
    });
    sum.lyingCuts += LIVES;
    sum.lost += judged.lost.length;
    const covered = judged.lost.filter(({ log, seq }) => seq < (outside.anchors.get(logOrigin(log))?.size ?? 0));
    sum.lostUnderAnchor += covered.length;
    if (judged.report.verdict !== "intact") sum.revealed++;
    expect(covered.length > 0 && judged.report.verdict === "intact").toBe(false);
  },
  120_000,
);

it("was shown by disks that did lose what they had acknowledged", () => {
  process.stdout.write(
    `power cuts on an honest disk: ${sum.cuts}, acknowledged ${sum.receipts}, executed ${sum.executed}, lost ${sum.honestLost}, key changes ${sum.rotations}\n` +
      `power cuts on a lying disk: ${sum.lyingCuts}, records lost ${sum.lost}, of these under an anchor ${sum.lostUnderAnchor}; trails found damaged ${sum.revealed}\n`,
  );
  expect(sum.receipts).toBeGreaterThan(0);
  expect(sum.executed).toBeGreaterThan(0);
  expect(sum.lostUnderAnchor).toBeGreaterThan(0);
});
