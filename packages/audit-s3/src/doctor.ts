import { Bucket } from "./bucket.ts";
import { checkBucket } from "./check-bucket.ts";
import type { BucketReport } from "./check-bucket.ts";
import { LazyClient } from "./client.ts";
import { parseStoreUrl } from "./store-url.ts";
import { bucketPolicy } from "./templates/bucket-policy.ts";

const REQUEST_MS = 30_000;

/** What `proclaw doctor s3` asks. */
export interface BucketDoctor {
  /** Name of the place to show to people. */
  readonly name: string;
  /** Tries the bucket with a canary; see `checkBucket`. Throws `store_failed`, `missing_peer`. */
  check(options?: { readonly canarySeconds?: number }): Promise<BucketReport>;
  /** A policy for this bucket and prefix, as JSON text. */
  policy(options: { readonly writer: string; readonly minimumDays: number }): string;
}

/** Opens the doctor of a store's URL; sends nothing yet. Throws `invalid_option`. */
export async function openDoctor(url: string): Promise<BucketDoctor> {
  const { place, clientConfig } = parseStoreUrl(url);
  return {
    name: `s3://${place.bucket}/${place.prefix}`,
    async check(options = {}) {
      const client = new LazyClient({ clientConfig });
      try {
        return await checkBucket(new Bucket({ client, place, requestMs: REQUEST_MS }), { ...options, now: Date.now });
      } finally {
        await client.close();
      }
    },
    policy: (options) => bucketPolicy({ ...options, bucket: place.bucket, prefix: place.prefix }),
  };
}
