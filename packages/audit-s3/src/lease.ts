import { randomUUID } from "node:crypto";
import { ProclawError } from "@proclaw/core";
import type { Bucket } from "./bucket.ts";
import { lastOfEpoch } from "./epoch-folder.ts";
import { LEASES, logPrefix, number16, numberOf } from "./keys.ts";
import { histories } from "./listing.ts";
import { putLocked } from "./locked-put.ts";
import type { LockedPutOptions } from "./locked-put.ts";

/*
 * Leases in a place where nothing can be changed: a claim is an object, and giving it back is
 * another one. Of several claims of one epoch the oldest version holds, so a server that ignores
 * `If-None-Match` grants it once all the same. A holder that is dead cannot say so: its claim counts
 * until `leaseMs` passed since it last wrote.
 *
 * The lease is politeness; safety is the fence: a segment counts as acknowledged only if, after it
 * was there, no claim of a higher epoch was.
 */

const RELEASED = "-released.json";

/** Takes the lease of a log; returns the epoch. Throws `lease_held`, `store_failed`. */
export async function claim(
  bucket: Bucket,
  log: string,
  options: { readonly leaseMs: number; readonly now: () => number; readonly put: () => LockedPutOptions },
): Promise<number> {
  const newest = await newestClaim(bucket, log);
  if (newest !== null && !newest.released) {
    const written = await lastOfEpoch(bucket, log, newest.epoch);
    const active = Math.max(newest.at, written?.version.lastModified.getTime() ?? 0);
    if (options.now() - active < options.leaseMs) throw held(log);
  }
  const epoch = (newest?.epoch ?? -1) + 1;
  if (!Number.isSafeInteger(epoch)) throw new ProclawError("store_failed", `log \`${log}\` has no epoch left`);
  const body = Buffer.from(`${JSON.stringify({ holder: randomUUID() })}\n`);
  const key = leaseKey(bucket, log, epoch, ".json");
  try {
    await putLocked(bucket, key, body, options.put());
  } catch (error) {
    // Somebody else's claim is older than ours.
    const rival = await newestClaim(bucket, log).catch(() => null);
    if (rival !== null && rival.epoch >= epoch && (await bodyOf(bucket, rival))?.equals(body) === false) {
      throw held(log);
    }
    throw error;
  }
  return epoch;
}

/** Gives a lease back. What fails here is mended by time. */
export async function release(bucket: Bucket, log: string, epoch: number, put: LockedPutOptions): Promise<void> {
  const body = Buffer.from(`${JSON.stringify({ released: epoch })}\n`);
  await putLocked(bucket, leaseKey(bucket, log, epoch, RELEASED), body, put);
}

/** Whether somebody took the lease after `epoch`. */
export async function isOvertaken(bucket: Bucket, log: string, epoch: number): Promise<boolean> {
  const newest = await newestClaim(bucket, log, epoch);
  return newest !== null && newest.epoch > epoch;
}

interface Claim {
  readonly epoch: number;
  readonly key: string;
  readonly versionId: string;
  readonly at: number;
  readonly released: boolean;
}

/** @param from epochs below are not looked at */
async function newestClaim(bucket: Bucket, log: string, from = 0): Promise<Claim | null> {
  const folder = logPrefix(bucket.place, log) + LEASES;
  let newest: Claim | null = null;
  const released = new Set<number>();
  for await (const { key, versions } of histories(bucket, folder, { after: `${folder}${number16(from)}` })) {
    const name = key.slice(folder.length);
    const [oldest] = versions;
    if (oldest === undefined) continue;
    const ended = numberOf(name, RELEASED);
    if (ended !== null) released.add(ended);
    const epoch = numberOf(name, ".json");
    if (epoch === null || (newest !== null && epoch <= newest.epoch)) continue;
    newest = { epoch, key, versionId: oldest.versionId, at: oldest.lastModified.getTime(), released: false };
  }
  return newest === null ? null : { ...newest, released: released.has(newest.epoch) };
}

async function bodyOf(bucket: Bucket, { key, versionId }: Claim): Promise<Buffer | null> {
  return await bucket.getAll(key, versionId).catch(() => null);
}

function leaseKey(bucket: Bucket, log: string, epoch: number, suffix: string): string {
  return `${logPrefix(bucket.place, log)}${LEASES}${number16(epoch)}${suffix}`;
}

function held(log: string): ProclawError {
  return new ProclawError("lease_held", `the lease of log \`${log}\` is held by another writer`);
}
