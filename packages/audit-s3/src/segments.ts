import type { Bucket } from "./bucket.ts";
import { lastOfEpoch, segmentsOfEpoch } from "./epoch-folder.ts";
import type { SegmentObject } from "./epoch-folder.ts";
import { epochSpans } from "./epoch-spans.ts";

/**
 * The segments of a log from the one that holds `fromSeq` on, by their first record.
 *
 * INVARIANT (the leases decide): an object that is not in the span of its epoch is not the log's,
 * however old it is; it is left to `evidence`.
 */
export async function* segmentsOf(bucket: Bucket, log: string, fromSeq: number): AsyncGenerator<SegmentObject> {
  let held: SegmentObject | null = null;
  for (const span of await epochSpans(bucket, log)) {
    for await (const segment of segmentsOfEpoch(bucket, log, span.epoch, fromSeq)) {
      if (segment.firstSeq < span.from) continue;
      if (segment.firstSeq >= span.to) break;
      // Each epoch begins with the one that may hold `fromSeq`: of several, the last is near enough.
      if (held !== null && segment.firstSeq > fromSeq) yield held;
      held = segment;
    }
  }
  if (held !== null) yield held;
}

/** The last segment of a log, found with a number of requests that does not grow with it. */
export async function lastSegment(bucket: Bucket, log: string): Promise<SegmentObject | null> {
  const span = (await epochSpans(bucket, log)).at(-1);
  if (span === undefined) return null;
  return await lastOfEpoch(bucket, log, span.epoch);
}
