import type { AuditSource, AuditStore } from "@proclaw/core";

/** One place where a store keeps its logs (a folder, a schema, a bucket prefix), made empty for one case. */
export interface StoreUnderTest {
  /**
   * Opens a store over the place: each call gives one of its own, as another process would have.
   * What one wrote, the others must see. The kit closes what it opened.
   */
  readonly open: () => Promise<AuditStore>;
  /** Ends everything `store` holds as the death of its process would, without closing it. */
  readonly kill?: (store: AuditStore) => Promise<void>;
  /** Leaves `bytes`, which hold no LF, at the end of a log, as a write that was cut off would. */
  readonly tear?: (log: string, bytes: Uint8Array) => Promise<void>;
  /** A text that changes whenever anything in the place does, to show that reading writes nothing. */
  readonly fingerprint?: () => Promise<string>;
  /** Removes the place. */
  readonly dispose?: () => Promise<void>;
}

export interface AuditStoreKitOptions {
  /** Makes an empty place. */
  readonly create: () => Promise<StoreUnderTest>;
  /** Which of its optional abilities a place has; cases that need another are left out. */
  readonly can?: readonly ("kill" | "tear" | "fingerprint")[];
  /** Whether what is acknowledged outlives the store object. Default true; without it the store says `durable: false`. */
  readonly durable?: boolean;
  /**
   * Verifies a trail, such as `(source) => verifyTrail(source, { hasher, ed25519Verify })` with
   * `@proclaw/verify`: the kit writes a small trail and expects the verdict `intact`. Left out: that
   * case is left out.
   */
  readonly verify?: (source: AuditSource) => Promise<{ readonly verdict: string }>;
}
