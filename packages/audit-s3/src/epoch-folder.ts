import type { Bucket } from "./bucket.ts";
import { epochFolder, LAST_NUMBER, logPrefix, number16, numberOf } from "./keys.ts";
import { firstPage, histories, historyOf } from "./listing.ts";
import type { ObjectHistory, Version } from "./listing.ts";

/** A segment object: the oldest version of its key. */
export interface SegmentObject {
  readonly key: string;
  readonly epoch: number;
  readonly firstSeq: number;
  readonly version: Version;
}

const SUFFIX = ".jsonl";

/** The first segment in the folder of an epoch that begins with `fromSeq` or later, counting or not. */
export async function firstOfEpoch(
  bucket: Bucket,
  log: string,
  epoch: number,
  fromSeq: number,
): Promise<SegmentObject | null> {
  const folder = logPrefix(bucket.place, log) + epochFolder(epoch);
  // A bare number sorts before the key of that number.
  for await (const { key, versions } of histories(bucket, folder, { after: `${folder}${number16(fromSeq)}` })) {
    const firstSeq = numberOf(key.slice(folder.length), SUFFIX);
    const [version] = versions;
    if (firstSeq !== null && version !== undefined) return { key, epoch, firstSeq, version };
  }
  return null;
}

/** The segments in the folder of an epoch from the one that holds `fromSeq` on (or some before it), counting or not. */
export async function* segmentsOfEpoch(
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
