import type { SpecVersion } from "./spec-version.ts";

/** A record as it is kept: the bytes that are stored are the bytes that are hashed. */
export interface SealedRecord {
  readonly seq: number;
  /** Leaf hash, hex. */
  readonly leaf: string;
  /** Canonical JSON, UTF-8, without the LF that ends the line. */
  readonly bytes: Uint8Array;
}

/** What the store must find before it appends: optimistic concurrency, and the fence of the lease. */
export interface ExpectedHead {
  /** Records the log holds now, which is the `seq` of the first record of the batch. */
  readonly expectedSeq: number;
  /** Leaf (hex) of record `expectedSeq - 1`; null for an empty log. */
  readonly expectedHead: string | null;
}

export interface LogHead {
  readonly log: string;
  /** Whole records in the log. */
  readonly size: number;
  /** Leaf (hex) of the last whole record; null for an empty log. */
  readonly head: string | null;
  /** Bytes after the last LF, left by a crash in the middle of a write. */
  readonly tornBytes: number;
}

/** The store's word that a batch is durable. */
export interface StoreReceipt extends LogHead {
  /** Where it is durable: on this host, or in a store that this host cannot rewrite. */
  readonly durability: "local" | "remote";
  /** The object that holds the batch, of a store that makes one for each. */
  readonly object?: StoredObject;
}

/** An object of a store that locks what it keeps, as the store itself showed it afterwards. */
export interface StoredObject {
  /** Name to show to people. */
  readonly name: string;
  /** The store's id of this version of it. */
  readonly version: string;
  /** SHA-256 of its bytes, hex. */
  readonly sha256: string;
  /** Nobody can change or delete it before; RFC 3339. */
  readonly retainedUntil: string;
}

/** A run of stored lines, in order. `bytes` is raw: a verifier must see what is really there. */
export interface StoredSegment {
  /** Name to show to people (a file name, an object key). */
  readonly name: string;
  readonly firstSeq: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** `bytes` from this byte offset on, where a store can seek: who follows a growing log needs not read it again. */
  from?(offset: number): AsyncIterable<Uint8Array>;
}

export interface StoredCheckpoint {
  /** Name to show to people. */
  readonly name: string;
  /** A C2SP signed note, as it was put. */
  readonly note: Uint8Array;
}

/** What a store can prove of a log, besides the bytes: retention, locks, versions. */
export interface StoreEvidence {
  /** True only if nobody, not even the writer, can change or delete this log's checkpoints now. */
  readonly worm: boolean;
  /** RFC 3339; null: no retention. */
  readonly retainedUntil: string | null;
  readonly findings: readonly string[];
}

/** What a store enforces here and now, found by trying. */
export interface StoreProbe {
  readonly durable: boolean;
  readonly worm: boolean;
  readonly findings: readonly string[];
}

/** Exclusive right to append to a log. */
export interface StoreLease {
  readonly log: string;
  /** 0 for the first holder; every take-over raises it. */
  readonly epoch: number;
  /** Aborted when the lease is lost. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** The read side of a store: all a verifier, an exporter or a browser needs. Reading writes nothing. */
export interface AuditSource {
  readonly specVersion: SpecVersion;
  /** Ids of all logs, sorted. */
  logs(): Promise<readonly string[]>;
  /** Stored lines from the segment that holds `fromSeq` (default 0) on. */
  read(log: string, fromSeq?: number): AsyncIterable<StoredSegment>;
  /** Checkpoints of a log over `fromSize` (default 0) records or more, by size. */
  checkpoints(log: string, fromSize?: number): AsyncIterable<StoredCheckpoint>;
  evidence(log: string): Promise<StoreEvidence>;
}

/**
 * Keeps sealed bytes. Knows nothing of policy, signing or the meaning of a record: chaining,
 * signing and sanitizing happened before. Every store passes the kit in `@proclaw/conformance`.
 */
export interface AuditStore extends AuditSource {
  /**
   * `record`: any batch becomes durable by itself. `segment`: only whole segments do, so the trail
   * needs a local spool in front.
   */
  readonly granularity: "record" | "segment";
  /**
   * Takes the lease of a log, which is made if it does not exist. Rejects `lease_held` while
   * another live writer has it; the lease of a dead writer is taken over.
   */
  lease(log: string): Promise<StoreLease>;
  head(log: string): Promise<LogHead>;
  /**
   * The last whole line of a log without its LF, null for none, at a cost that does not grow with
   * the log: a starting trail asks it of every log.
   */
  lastLine(log: string): Promise<Uint8Array | null>;
  /**
   * Appends a batch, all or nothing, and resolves when it is durable. Rejects without having
   * written: `lease_lost`, or `head_mismatch` if `expected` is not what the log holds. Rejects
   * `store_failed` if durability is uncertain: some records of the batch may then exist, so the
   * caller settles with {@link recover} before it appends again.
   */
  append(
    lease: StoreLease,
    expected: ExpectedHead,
    batch: readonly SealedRecord[],
    signal?: AbortSignal,
  ): Promise<StoreReceipt>;
  /**
   * Makes the log appendable again after a crash or a failed append: keeps torn bytes aside, makes
   * what is there durable, and says where the log ends.
   */
  recover(lease: StoreLease): Promise<LogHead & { readonly keptAside: number }>;
  /** Keeps a C2SP signed note over the first `size` records; durable when it resolves. */
  putCheckpoint(lease: StoreLease, size: number, note: Uint8Array): Promise<void>;
  probe(): Promise<StoreProbe>;
  close(): Promise<void>;
}

/** A store that a trail can write to by itself; one of segments needs a spool in front of it. */
export type RecordStore = AuditStore & { readonly granularity: "record" };
