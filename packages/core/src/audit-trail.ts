import type { SanitizedEvent } from "./record.ts";
import type { SpecVersion } from "./spec-version.ts";

/** Says that a record is durable. */
export interface AppendReceipt {
  readonly log: string;
  readonly seq: number;
  readonly event_id: string;
  /** The record's RFC 3339 timestamp. */
  readonly timestamp: string;
  /** The record's leaf hash, hex. */
  readonly leaf: string;
}

export type TrailState = "opening" | "ready" | "failed" | "closed";

/**
 * The trail as the enforcement point sees it.
 *
 * INVARIANT (durable means flushed): `append` resolves only after the store's flush returned; it
 * rejects (`trail_unavailable`, `store_failed`, `record_too_large`, …) if that is not certain, and
 * then nothing may run on the strength of that record. A rejected record may still have become
 * durable; the trail sorts that out when it recovers.
 */
export interface AuditTrail {
  readonly specVersion: SpecVersion;
  readonly state: TrailState;
  append(event: SanitizedEvent, options?: { readonly signal?: AbortSignal }): Promise<AppendReceipt>;
  /** Flushes, appends `log.close`, signs a last checkpoint, gives the lease back. */
  close(): Promise<void>;
}
