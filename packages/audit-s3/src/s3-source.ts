import { SPEC_VERSION } from "@proclaw/core";
import type { AuditSource, StoredSegment } from "@proclaw/core";
import type { Bucket } from "./bucket.ts";
import { evidenceOf } from "./evidence.ts";
import type { WantedRetention } from "./evidence.ts";
import { CHECKPOINTS, logPrefix, logsPrefix, number16, numberOf } from "./keys.ts";
import { folders, histories } from "./listing.ts";
import { mapAhead } from "./map-ahead.ts";
import { segmentsOf } from "./segments.ts";

/** Checkpoints are small: so many are fetched at once. */
const NOTES_AT_ONCE = 8;

/** The read side of a trail in a bucket. Writes nothing. What a delete marker hides is shown all the same. */
export function createBucketSource(bucket: Bucket, wanted: WantedRetention): AuditSource {
  return {
    specVersion: SPEC_VERSION,

    async logs() {
      const names = await folders(bucket, logsPrefix(bucket.place));
      return names.map((name) => name.slice(0, -1)).sort();
    },

    async *read(log, fromSeq = 0): AsyncGenerator<StoredSegment> {
      for await (const { key, firstSeq, version } of segmentsOf(bucket, log, fromSeq)) {
        const from = (offset: number): AsyncIterable<Uint8Array> =>
          offset >= version.size ? nothing() : bucket.get(key, version.versionId, offset);
        yield { name: bucket.nameOf(key), firstSeq, bytes: bucket.get(key, version.versionId), from };
      }
    },

    async *checkpoints(log, fromSize = 0) {
      const folder = logPrefix(bucket.place, log) + CHECKPOINTS;
      // The key of `fromSize` itself sorts after its bare number.
      const after = `${folder}${number16(fromSize)}`;
      yield* mapAhead(histories(bucket, folder, { after }), NOTES_AT_ONCE, async ({ key, versions }) => {
        const [version] = versions;
        if (version === undefined || numberOf(key.slice(folder.length), ".note") === null) return null;
        return { name: bucket.nameOf(key), note: await bucket.getAll(key, version.versionId) };
      });
    },

    async evidence(log) {
      return await evidenceOf(bucket, log, wanted);
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
