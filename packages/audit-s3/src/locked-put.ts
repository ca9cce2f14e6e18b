import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ProclawError } from "@proclaw/core";
import type { Bucket, ObjectLock } from "./bucket.ts";
import type { ObjectFacts } from "./client.ts";
import { historyOf } from "./listing.ts";
import { failureKind, s3Failure } from "./s3-error.ts";

/** An object that is there, locked, and the oldest of its key: seen after it was put. */
export interface LockedObject {
  readonly key: string;
  readonly versionId: string;
  /** SHA-256 of its bytes, hex. */
  readonly sha256: string;
  readonly retainedUntil: Date;
}

export interface LockedPutOptions {
  readonly until: Date;
  /** How often a PUT without a clear answer is tried. */
  readonly attempts: number;
  /** Milliseconds before the second try; doubled after each. */
  readonly retryMs: number;
  /** Look before the first try, too: it may be there from a life before this one. */
  readonly look?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Puts an object under a COMPLIANCE lock, and finds out what became of it where the answer is lost
 * or says "taken".
 *
 * INVARIANT (nothing is believed unseen): it resolves only after the server, asked again, showed
 * the version, its lock, and that no other version of the key is older.
 *
 * @throws ProclawError `store_failed`
 */
export async function putLocked(
  bucket: Bucket,
  key: string,
  bytes: Uint8Array,
  options: LockedPutOptions,
): Promise<LockedObject> {
  const what = `could not store \`${bucket.nameOf(key)}\``;
  /** A PUT went out whose answer is missing or says "taken": before another one, look. */
  let look = options.look === true;
  for (let attempt = 1; ; attempt++) {
    try {
      if (!look || (await historyOf(bucket, key)).versions.length === 0) {
        look = false;
        const { versionId } = await bucket.put(key, bytes, { until: options.until }, options.signal);
        look = true;
        if (versionId === null) {
          throw new ProclawError("store_failed", `${what}: the bucket keeps no versions; run \`proclaw doctor s3\``);
        }
      }
      return await confirm(bucket, key, bytes, options.until);
    } catch (error) {
      if (ProclawError.is(error, "store_failed")) throw error;
      // Listing and HEAD wrap what the client threw.
      const kind = failureKind(ProclawError.is(error) ? error.cause : error);
      if (kind === "refused" || kind === "absent") throw failed(what, error);
      look ||= kind !== "again";
      if (attempt >= options.attempts || options.signal?.aborted === true) throw failed(what, error);
    }
    await sleep(options.retryMs * 2 ** (attempt - 1));
  }
}

function failed(what: string, error: unknown): ProclawError {
  if (!ProclawError.is(error)) return s3Failure("store_failed", what, error);
  return new ProclawError("store_failed", `${what}: ${error.message}`, { cause: error });
}

async function confirm(bucket: Bucket, key: string, bytes: Uint8Array, until: Date): Promise<LockedObject> {
  const name = bucket.nameOf(key);
  const [oldest, ...later] = (await historyOf(bucket, key)).versions;
  if (oldest === undefined) throw new ProclawError("store_failed", `\`${name}\` was stored and is not there`);
  const sha256 = createHash("sha256").update(bytes).digest();
  const facts = await bucket.head(key, oldest.versionId);
  // A server that keeps SHA-256 vouches for it; of another one, only the bytes themselves tell.
  const vouched = facts.ChecksumSHA256 === sha256.toString("base64");
  const alone = later.length === 0 && facts.ETag === `"${createHash("md5").update(bytes).digest("hex")}"`;
  if (
    facts.ContentLength !== bytes.length ||
    !(vouched || alone || (await sameBytes(bucket, key, oldest.versionId, bytes)))
  ) {
    throw new ProclawError("store_failed", `another object is there under \`${name}\`: what it holds is not ours`);
  }
  const lock = await lockedUntil(bucket, key, oldest.versionId, facts, until);
  return { key, versionId: oldest.versionId, sha256: sha256.toString("hex"), retainedUntil: lock };
}

/** The end of a version's COMPLIANCE lock; a lock that ends before `until` is made longer. */
async function lockedUntil(
  bucket: Bucket,
  key: string,
  versionId: string,
  facts: ObjectFacts,
  until: Date,
): Promise<Date> {
  const name = bucket.nameOf(key);
  let lock = await bucket.readLock(key, versionId, facts);
  // An earlier try of ours, before a crash: the same bytes under a lock that began earlier.
  if (lock.mode === "COMPLIANCE" && isShort(lock, until)) lock = await bucket.extendLock(key, versionId, until);
  if (lock.mode !== "COMPLIANCE") {
    const said = lock.mode === null ? "no lock" : `only a ${lock.mode} lock`;
    throw new ProclawError("store_failed", `\`${name}\` has ${said}; run \`proclaw doctor s3\``);
  }
  if (lock.until === null || isShort(lock, until)) {
    const said = lock.until?.toISOString() ?? "no time";
    throw new ProclawError("store_failed", `\`${name}\` is locked until ${said}, not until ${until.toISOString()}`);
  }
  return lock.until;
}

/** Servers keep whole seconds. */
function isShort(lock: ObjectLock, until: Date): boolean {
  return lock.until === null || lock.until.getTime() < Math.floor(until.getTime() / 1000) * 1000;
}

async function sameBytes(bucket: Bucket, key: string, versionId: string, bytes: Uint8Array): Promise<boolean> {
  return (await bucket.getAll(key, versionId)).equals(bytes);
}
