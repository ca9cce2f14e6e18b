import type { AuditSource } from "@proclaw/core";
import { Bucket } from "./bucket.ts";
import { LazyClient } from "./client.ts";
import { createBucketSource } from "./s3-source.ts";
import { parseStoreUrl } from "./store-url.ts";

const REQUEST_MS = 60_000;

/**
 * The read side of a trail at `s3://bucket/prefix?region=…&endpoint=…`: streams, writes nothing.
 * Needs s3:ListBucketVersions, s3:GetObjectVersion and s3:GetObjectRetention.
 *
 * @throws ProclawError `invalid_option`; later `missing_peer`, `unreadable_evidence`
 */
export async function openSource(url: string): Promise<AuditSource> {
  const { place, clientConfig, expectedOwner } = parseStoreUrl(url);
  const bucket = new Bucket({
    client: new LazyClient({ clientConfig }),
    place,
    requestMs: REQUEST_MS,
    ...(expectedOwner === undefined ? {} : { expectedOwner }),
  });
  // Whoever reads need not know for how long the writer meant to lock: that it is locked counts.
  return createBucketSource(bucket, { days: null, until: null, now: Date.now });
}
