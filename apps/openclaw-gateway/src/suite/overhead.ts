import { performance } from "node:perf_hooks";
import { markerPath } from "./policy.ts";
import { sessionKey, type World } from "./world.ts";

const CALLS = 300;
const WARM_UP = 20;

export interface Measured {
  readonly p50: number;
  readonly p99: number;
  /** Resident memory of the gateway's process after the calls. */
  readonly memoryMiB: number | null;
}

export interface Overhead {
  readonly calls: number;
  readonly without: Measured;
  readonly with: Measured;
  /** Median of the differences of neighboring calls, milliseconds. */
  readonly difference: number;
}

/**
 * Time of `POST /tools/invoke` of an allowed tool, from request to answer, against two gateways side
 * by side. The calls alternate, so that whatever else the machine does meets both alike, and the
 * order within a pair alternates too.
 */
export async function measureOverhead(guarded: World, bare: World): Promise<Overhead> {
  const once = async (world: World): Promise<number> => {
    const file = markerPath(world.places.workspace, "overhead");
    const begun = performance.now();
    const { status, body } = await world.gateway.invoke(sessionKey("overhead"), "ward_note", { file });
    const took = performance.now() - begun;
    if (status !== 200) throw new Error(`the gateway answered ${status}: ${body.slice(0, 300)}`);
    return took;
  };
  for (let i = 0; i < WARM_UP; i++) {
    await once(guarded);
    await once(bare);
  }
  const withTimes: number[] = [];
  const withoutTimes: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    if (i % 2 === 0) withTimes.push(await once(guarded));
    withoutTimes.push(await once(bare));
    if (i % 2 === 1) withTimes.push(await once(guarded));
  }
  return {
    calls: CALLS,
    with: { ...percentiles(withTimes), memoryMiB: guarded.gateway.process.memoryMiB() },
    without: { ...percentiles(withoutTimes), memoryMiB: bare.gateway.process.memoryMiB() },
    difference: quantile(withTimes.map((time, i) => time - (withoutTimes[i] ?? 0)).sort(ascending), 0.5),
  };
}

const ascending = (a: number, b: number): number => a - b;

function percentiles(times: readonly number[]): { readonly p50: number; readonly p99: number } {
  const sorted = times.toSorted(ascending);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

/** Nearest rank, of ascending `sorted`. */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
