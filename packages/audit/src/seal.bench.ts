/*
 * The chain step (an event to its canonical line and leaf hash) against the usual parts: the package
 * `canonicalize` and createHash (goal: at least 2.5 times as fast).
 *
 *     node --conditions @proclaw/source packages/audit/src/seal.bench.ts [--json] [rounds]
 *
 * CPU time, because nothing here waits; the ratio is the median of the ratios within a round. The
 * whole path of a record, with its flush, is measured by apps/bench.
 */
import { createHash } from "node:crypto";
import { loadavg } from "node:os";
import canonicalize from "canonicalize";
import { createDrafter } from "./draft.ts";
import { decision } from "./fixtures/events.ts";
import { seal } from "./seal.ts";
import { uuidV7Source } from "./uuid-v7.ts";

const LOG = "01990000-0000-7000-8000-000000000001";
const EVENT = decision("call", "allow", "the patient was seen at noon ".repeat(4));
const STEPS = 4000;

interface Parts {
  readonly clock: { readonly now: () => number; readonly monotonic: () => bigint };
  readonly nextId: () => string;
}

interface Sealed {
  readonly bytes: Uint8Array;
  readonly leaf: string;
}

/** Makes the next record of a chain. */
type Step = (seq: number) => Sealed;

function ours({ clock, nextId }: Parts): Step {
  const draft = createDrafter({ clock, bootId: LOG, nextId });
  const chain = { log: LOG, writer: LOG, writerEpoch: 0, keyEpoch: 0 };
  let prev: string | null = null;
  return (seq) => {
    const record = seal(draft(EVENT), chain, seq, prev);
    prev = record.leaf;
    return record;
  };
}

/** The same members and the same leaf, with the usual parts. */
function usual({ clock, nextId }: Parts): Step {
  let prev: string | null = null;
  return (seq) => {
    const text = canonicalize({
      ...EVENT,
      v: 1,
      event_id: nextId(),
      timestamp: new Date(clock.now()).toISOString(),
      mono_ns: String(clock.monotonic()),
      boot_id: LOG,
      hash_chain: { alg: "sha256-rfc6962", log: LOG, writer: LOG, writer_epoch: 0, key_epoch: 0, seq, prev },
    }) as string;
    const bytes = Buffer.from(text);
    const leaf = createHash("sha256").update(Uint8Array.of(0)).update(bytes).digest("hex");
    prev = leaf;
    return { bytes, leaf };
  };
}

/** Candidates that do not answer alike are not compared. Returns the bytes of a record. */
function compareAnswers(): number {
  const frozen = (): Parts => {
    let ticks = 0;
    return {
      clock: { now: () => 1_800_000_000_000 + ticks, monotonic: () => BigInt(ticks) },
      nextId: () => `01990000-0000-7000-8000-${String(ticks++).padStart(12, "0")}`,
    };
  };
  const [one, other] = [ours(frozen()), usual(frozen())];
  let length = 0;
  for (let seq = 0; seq < 1000; seq++) {
    const [a, b] = [one(seq), other(seq)];
    if (a.leaf !== b.leaf || !Buffer.from(a.bytes).equals(b.bytes)) {
      throw new Error(`record ${seq} differs:\n${Buffer.from(a.bytes).toString()}\n${Buffer.from(b.bytes).toString()}`);
    }
    length = a.bytes.length;
  }
  return length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const json = process.argv.includes("--json");
const rounds = Number(process.argv.slice(2).find((word) => !word.startsWith("-")) ?? 31);

const bytes = compareAnswers();
const clock = { now: () => Date.now(), monotonic: () => process.hrtime.bigint() };
const parts: Parts = { clock, nextId: uuidV7Source(clock.now) };
const candidates = [
  { name: "`canonicalize` + createHash", step: usual(parts), times: [] as number[] },
  { name: "`@proclaw/audit`", step: ours(parts), times: [] as number[] },
];
for (let round = -1; round < rounds; round++) {
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[(i + round + candidates.length) % candidates.length];
    if (candidate === undefined) continue;
    const start = process.cpuUsage();
    for (let seq = 0; seq < STEPS; seq++) candidate.step(seq);
    const { user, system } = process.cpuUsage(start);
    // The first round warms up.
    if (round >= 0) candidate.times.push((user + system) / STEPS);
  }
}
const base = candidates[0]?.times ?? [];
const measured = candidates.map(({ name, times }) => ({
  name,
  p50: median(times),
  best: Math.min(...times),
  ratio: median(times.map((time, round) => time / (base[round] ?? Number.NaN))),
}));
const faster = median((candidates[1]?.times ?? []).map((time, round) => (base[round] ?? Number.NaN) / time));
if (json) console.log(JSON.stringify({ bytes, measured, faster }));
else {
  console.log(`load average ${loadavg()[0]?.toFixed(1)}, ${bytes} bytes a record`);
  for (const { name, p50, best } of measured) {
    console.log(`${name.padEnd(30)} p50 ${p50.toFixed(1)} µs CPU, quietest ${best.toFixed(1)}`);
  }
  console.log(`${faster.toFixed(2)} times as fast (goal: at least 2.5)`);
}
