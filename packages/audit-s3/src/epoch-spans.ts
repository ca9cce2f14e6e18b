import type { Bucket } from "./bucket.ts";
import { firstOfEpoch, lastOfEpoch, segmentsOfEpoch } from "./epoch-folder.ts";
import type { SegmentObject } from "./epoch-folder.ts";
import { LEASES, logPrefix, numberOf } from "./keys.ts";
import { folders, histories } from "./listing.ts";
import { endOf } from "./segment-bytes.ts";

/** The part of a log that one epoch wrote: its segments that begin with `from` up to `to - 1`. */
export interface EpochSpan {
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
}

const CLAIM = ".json";

/** Writer epochs that have a folder in a log, rising. */
export async function epochsOf(bucket: Bucket, log: string): Promise<number[]> {
  const names = await folders(bucket, logPrefix(bucket.place, log));
  return names.flatMap((name) => numberOf(name, "/") ?? []).sort((a, b) => a - b);
}

/**
 * Which epoch's folder counts where, rising and without overlaps. Whoever may put can put anywhere,
 * so only what the leases say counts, never which of two objects looks older:
 *
 * - A folder whose epoch nobody claimed does not count, nor does a claim that came after one of a
 *   higher epoch: a live writer claims the next epoch.
 * - INVARIANT (what was acknowledged stays): an append is acknowledged only while no higher claim is
 *   there, so what lower epochs had when a claim came stands, and the claimed epoch begins after it.
 *   A list has whole seconds: what came in the second of the claim stands too, and no writer that
 *   took over is acknowledged within that second (`TAKEOVER_MS`).
 * - INVARIANT (fenced): where a higher epoch begins, lower ones end: what an overtaken writer put
 *   there later was never acknowledged.
 */
export async function epochSpans(bucket: Bucket, log: string): Promise<EpochSpan[]> {
  const claimed = await claimsOf(bucket, log);
  const spans: { readonly epoch: number; readonly from: number; to: number }[] = [];
  for (const epoch of await epochsOf(bucket, log)) {
    const claimedAt = claimed.get(epoch);
    if (claimedAt === undefined) continue;
    const from = await endAt(bucket, log, spans, claimedAt);
    const first = await firstOfEpoch(bucket, log, epoch, from);
    if (first === null) continue;
    for (const lower of spans) lower.to = Math.min(lower.to, first.firstSeq);
    spans.push({ epoch, from: first.firstSeq, to: Number.POSITIVE_INFINITY });
  }
  return spans.filter(({ from, to }) => from < to);
}

/** Epochs whose claims count, with the second in which each came. */
async function claimsOf(bucket: Bucket, log: string): Promise<Map<number, number>> {
  const folder = logPrefix(bucket.place, log) + LEASES;
  const claims: [number, number][] = [];
  for await (const { key, versions } of histories(bucket, folder)) {
    const epoch = numberOf(key.slice(folder.length), CLAIM);
    const [oldest] = versions;
    if (epoch !== null && oldest !== undefined) claims.push([epoch, secondOf(oldest.lastModified)]);
  }
  const counting = new Map<number, number>();
  let earliest = Number.POSITIVE_INFINITY;
  for (const [epoch, at] of claims.toReversed()) {
    if (at <= earliest) counting.set(epoch, at);
    earliest = Math.min(earliest, at);
  }
  return counting;
}

/** Where the log that `spans` make ended in a second: the record after the last segment that was there. */
async function endAt(bucket: Bucket, log: string, spans: readonly EpochSpan[], second: number): Promise<number> {
  let standing: SegmentObject | null = null;
  for (const span of spans) {
    const last = await lastStanding(bucket, log, span, second);
    if (last !== null && (standing === null || last.firstSeq > standing.firstSeq)) standing = last;
  }
  if (standing === null) return 0;
  // One line at least: two epochs never have a segment that begins with the same record.
  const { count } = endOf(await bucket.getAll(standing.key, standing.version.versionId));
  return standing.firstSeq + Math.max(1, count);
}

async function lastStanding(
  bucket: Bucket,
  log: string,
  { epoch, from, to }: EpochSpan,
  second: number,
): Promise<SegmentObject | null> {
  const counts = (one: SegmentObject): boolean =>
    one.firstSeq >= from && one.firstSeq < to && secondOf(one.version.lastModified) <= second;
  const last = await lastOfEpoch(bucket, log, epoch);
  if (last === null || counts(last)) return last;
  // Somebody put into it after it was overtaken: then the whole folder must be read.
  let standing: SegmentObject | null = null;
  for await (const one of segmentsOfEpoch(bucket, log, epoch, 0)) if (counts(one)) standing = one;
  return standing;
}

function secondOf(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
