import type { Bucket } from "./bucket.ts";
import { epochFolder, LAST_NUMBER, logPrefix, number16, numberOf } from "./keys.ts";
import { firstPage, folders, histories, historyOf } from "./listing.ts";
import type { ObjectHistory, Version } from "./listing.ts";

/** A segment object: the oldest version of its key. */
export interface SegmentObject {
  readonly key: string;
  readonly epoch: number;
  readonly firstSeq: number;
  readonly version: Version;
}

const SUFFIX = ".jsonl";

/** Writer epochs that have a folder in a log, rising. */
export async function epochsOf(bucket: Bucket, log: string): Promise<number[]> {
  const names = await folders(bucket, logPrefix(bucket.place, log));
  return names.flatMap((name) => numberOf(name, "/") ?? []).sort((a, b) => a - b);
}

/**
 * The segments of a log from the one that holds `fromSeq` on, by their first record.
 *
 * INVARIANT (what comes later changes nothing): where two epochs have a segment that begins with
 * the same record, the one that the server had first is the log's; the others are left to
 * `evidence`.
 */
export async function* segmentsOf(bucket: Bucket, log: string, fromSeq: number): AsyncGenerator<SegmentObject> {
  const sources = [];
  for (const epoch of await epochsOf(bucket, log)) sources.push(segmentsOfEpoch(bucket, log, epoch, fromSeq));
  let held: SegmentObject | null = null;
  for await (const segment of mergedBySeq(sources)) {
    // Each epoch begins with the one that may hold `fromSeq`: of several, the last is near enough.
    if (held !== null && segment.firstSeq > fromSeq) yield held;
    held = segment;
  }
  if (held !== null) yield held;
}

async function* mergedBySeq(sources: readonly AsyncGenerator<SegmentObject>[]): AsyncGenerator<SegmentObject> {
  const heads: { readonly source: AsyncGenerator<SegmentObject>; segment: SegmentObject }[] = [];
  for (const source of sources) {
    const first = await source.next();
    if (first.done !== true) heads.push({ source, segment: first.value });
  }
  while (heads.length > 0) {
    const seq = Math.min(...heads.map(({ segment }) => segment.firstSeq));
    const rivals = heads.filter(({ segment }) => segment.firstSeq === seq);
    yield rivals.map(({ segment }) => segment).reduce((a, b) => (isOlder(b, a) ? b : a));
    for (const rival of rivals) {
      const next = await rival.source.next();
      if (next.done === true) heads.splice(heads.indexOf(rival), 1);
      else rival.segment = next.value;
    }
  }
}

/** Epochs come in rising order, so that of equal times the lower epoch stays. */
function isOlder(one: SegmentObject, other: SegmentObject): boolean {
  return one.version.lastModified.getTime() < other.version.lastModified.getTime();
}

async function* segmentsOfEpoch(
  bucket: Bucket,
  log: string,
  epoch: number,
  fromSeq: number,
): AsyncGenerator<SegmentObject> {
  const folder = logPrefix(bucket.place, log) + epochFolder(epoch);
  const after = await beforeHolder(bucket, folder, fromSeq);
  for await (const { key, versions } of histories(bucket, folder, after === null ? {} : { after })) {
    const firstSeq = numberOf(key.slice(folder.length), SUFFIX);
    const [version] = versions;
    if (firstSeq !== null && version !== undefined) yield { key, epoch, firstSeq, version };
  }
}

/**
 * A key after which listing still shows the segment that holds `fromSeq`; null: from the beginning.
 * Looks further and further back, so that reading the end of a long log does not list all of it.
 */
async function beforeHolder(bucket: Bucket, folder: string, fromSeq: number): Promise<string | null> {
  for (let span = 4096; span < fromSeq; span *= 8) {
    const after = `${folder}${number16(fromSeq - span)}`;
    const { found } = await firstPage(bucket, folder, after);
    const first = numberOf(found[0]?.key.slice(folder.length) ?? "", SUFFIX);
    if (first !== null && first <= fromSeq) return after;
  }
  return null;
}

/** The last segment of a log, found with a number of requests that does not grow with it. */
export async function lastSegment(bucket: Bucket, log: string): Promise<SegmentObject | null> {
  let last: SegmentObject | null = null;
  for (const epoch of await epochsOf(bucket, log)) {
    const segment = await lastOfEpoch(bucket, log, epoch);
    if (segment === null) continue;
    const further = last === null || segment.firstSeq > last.firstSeq;
    if (further || (last !== null && segment.firstSeq === last.firstSeq && isOlder(segment, last))) last = segment;
  }
  return last;
}

/** S3 lists in one direction only, so the end is found by halving the numbers that a key can have. */
export async function lastOfEpoch(bucket: Bucket, log: string, epoch: number): Promise<SegmentObject | null> {
  const folder = logPrefix(bucket.place, log) + epochFolder(epoch);
  let last: SegmentObject | null = null;
  const look = (found: readonly ObjectHistory[]): void => {
    for (const { key, versions } of found) {
      const firstSeq = numberOf(key.slice(folder.length), SUFFIX);
      const [version] = versions;
      if (firstSeq === null || version === undefined || (last !== null && firstSeq <= last.firstSeq)) continue;
      last = { key, epoch, firstSeq, version };
    }
  };
  /** Everything from `high` on is known to be absent. */
  let high = LAST_NUMBER;
  for (let after = folder; ;) {
    const low = seqOf(last);
    const { found, more } = await firstPage(bucket, folder, after);
    look(found);
    if (found.length === 0) {
      if (after === folder) break;
      high = middle(low, high);
    } else if (!more) break;
    else if (seqOf(last) === low) {
      // A page without a segment, of which somebody planted many: then all of it must be read.
      for await (const history of histories(bucket, folder, { after })) look([history]);
      break;
    }
    if (high - seqOf(last) <= 1) break;
    // Keys begin with their number: those of the middle and above sort after this.
    after = `${folder}${number16(middle(seqOf(last), high))}`;
  }
  return last === null ? null : await withOldest(bucket, last);
}

/** The page that named a segment may have ended in the middle of its versions. */
async function withOldest(bucket: Bucket, segment: SegmentObject): Promise<SegmentObject> {
  const [version] = (await historyOf(bucket, segment.key)).versions;
  return version === undefined ? segment : { ...segment, version };
}

function seqOf(segment: SegmentObject | null): number {
  return segment?.firstSeq ?? -1;
}

function middle(low: number, high: number): number {
  return low + Math.max(1, Math.floor((high - low) / 2));
}
