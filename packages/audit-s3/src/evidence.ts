import type { StoreEvidence } from "@proclaw/core";
import type { Bucket, ObjectLock } from "./bucket.ts";
import { epochSpans } from "./epoch-spans.ts";
import type { EpochSpan } from "./epoch-spans.ts";
import { CHECKPOINTS, LEASES, logPrefix, numberOf } from "./keys.ts";
import { histories } from "./listing.ts";
import type { ObjectHistory } from "./listing.ts";
import { mapAhead } from "./map-ahead.ts";

/** How long an object must be locked to count. */
export interface WantedRetention {
  /** From its writing on; null: as long as it is locked at all. */
  readonly days: number | null;
  /** Null: any time. */
  readonly until: Date | null;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

const LOCKS_AT_ONCE = 16;
const MAX_FINDINGS = 50;
const DAY_MS = 86_400_000;

type ObjectKind = "segment" | "checkpoint" | "claim" | "release" | "stray";

interface Judged {
  readonly kind: ObjectKind;
  readonly history: ObjectHistory;
  readonly lock: ObjectLock | null;
}

/**
 * What the bucket proves of a log: looks at every version of every object below it.
 *
 * INVARIANT (worm means every object): `worm` is true only if the oldest version of each segment,
 * checkpoint and claim is under a COMPLIANCE lock that has not ended and is as long as wanted.
 */
export async function evidenceOf(bucket: Bucket, log: string, wanted: WantedRetention): Promise<StoreEvidence> {
  const folder = logPrefix(bucket.place, log);
  const findings = new Findings();
  const segments: ListedSegment[] = [];
  let objects = 0;
  let weak = 0;
  let until: Date | null = null;
  const judged = mapAhead(histories(bucket, folder), LOCKS_AT_ONCE, async (history): Promise<Judged> => {
    const kind = kindOf(history.key.slice(folder.length));
    const [oldest] = history.versions;
    // A claim decides what is read, so it must stay as long.
    const counts = oldest !== undefined && kind !== "release" && kind !== "stray";
    return { kind, history, lock: counts ? await bucket.lockOf(history.key, oldest.versionId) : null };
  });
  for await (const { kind, history, lock } of judged) {
    const { key } = history;
    const [oldest, ...later] = history.versions;
    const name = `\`${bucket.nameOf(key)}\``;
    if (kind === "stray") findings.add(`${name} is no object of this store`);
    if (history.markers > 0) findings.add(`${name} is hidden by ${plural(history.markers, "delete marker")}`);
    if (oldest === undefined) {
      findings.add(`${name} is gone: only delete markers are left of it`);
      continue;
    }
    if (later.length > 0) {
      const others = later.filter((version) => version.etag !== oldest.etag || version.size !== oldest.size).length;
      const what = others === 0 ? "all with the same bytes" : `${others} with other bytes`;
      findings.add(
        `${name} was written ${plural(later.length, "more time")}, ${what}; the oldest version is what is read`,
      );
    }
    if (lock === null) continue;
    objects++;
    const weakness = weaknessOf(lock, oldest.lastModified, wanted);
    if (weakness !== null) {
      weak++;
      findings.add(`${name} ${weakness}`);
    } else if (lock.until !== null && (until === null || lock.until < until)) until = lock.until;
    if (kind !== "segment") continue;
    const [epoch, seq] = placeIn(key.slice(folder.length));
    segments.push({ key, epoch, seq, at: oldest.lastModified.getTime() });
  }
  // After the list: a writer may have begun meanwhile.
  for (const finding of misplaced(bucket, segments, await epochSpans(bucket, log))) findings.add(finding);
  const worm = objects > 0 && weak === 0;
  return { worm, retainedUntil: worm ? (until?.toISOString() ?? null) : null, findings: findings.list() };
}

function weaknessOf(lock: ObjectLock, writtenAt: Date, wanted: WantedRetention): string | null {
  if (lock.mode === null || lock.until === null) return "has no lock: it can be deleted";
  if (lock.mode !== "COMPLIANCE") return `has a ${lock.mode} lock: whoever may bypass it can delete it`;
  const end = lock.until.getTime();
  if (end <= wanted.now()) return `was locked until ${lock.until.toISOString()}: it can be deleted now`;
  // A lock is counted from the clock of the writing host, the time of writing is the server's.
  const least = Math.max(
    wanted.days === null ? 0 : writtenAt.getTime() + wanted.days * DAY_MS - CLOCK_MS,
    wanted.until?.getTime() ?? 0,
  );
  return end < least ? `is locked until ${lock.until.toISOString()} only` : null;
}

const CLOCK_MS = 3_600_000;

function kindOf(name: string): ObjectKind {
  if (name.startsWith(CHECKPOINTS)) {
    return numberOf(name.slice(CHECKPOINTS.length), ".note") === null ? "stray" : "checkpoint";
  }
  if (name.startsWith(LEASES)) {
    const file = name.slice(LEASES.length);
    if (numberOf(file, ".json") !== null) return "claim";
    return numberOf(file, "-released.json") === null ? "stray" : "release";
  }
  const [epoch = "", file = "", ...more] = name.split("/");
  const fits = more.length === 0 && numberOf(epoch, "") !== null && numberOf(file, ".jsonl") !== null;
  return fits ? "segment" : "stray";
}

/** Epoch and first record of a segment's key in its log. */
function placeIn(name: string): [number, number] {
  const [epoch = "", file = ""] = name.split("/");
  return [Number(epoch), Number(file.slice(0, 16))];
}

interface ListedSegment {
  readonly key: string;
  readonly epoch: number;
  readonly seq: number;
  /** When it came, milliseconds. */
  readonly at: number;
}

/** Segments, by their keys, that no writer who held the lease can have put where they are. */
function* misplaced(
  bucket: Bucket,
  segments: readonly ListedSegment[],
  spans: readonly EpochSpan[],
): Generator<string> {
  const spanOf = (epoch: number): EpochSpan | undefined => spans.find((span) => span.epoch === epoch);
  const isRead = ({ epoch, seq }: ListedSegment): boolean => {
    const span = spanOf(epoch);
    return span !== undefined && span.from <= seq && seq < span.to;
  };
  const read = segments.filter(isRead).sort((a, b) => a.seq - b.seq);
  for (const one of segments) {
    if (isRead(one)) continue;
    const span = spanOf(one.epoch);
    const part =
      span === undefined ? "no part of this log" : `only what begins with records ${span.from} to ${span.to - 1}`;
    const honest = read.findLast(({ seq }) => seq <= one.seq);
    const instead = honest === undefined ? "" : `; by the leases the honest object is \`${bucket.nameOf(honest.key)}\``;
    yield `\`${bucket.nameOf(one.key)}\` is not read: the leases give epoch ${one.epoch} ${part}${instead}`;
  }
  for (const [index, one] of read.entries()) {
    const next = read[index + 1];
    if (next === undefined || next.epoch !== one.epoch || one.at <= next.at) continue;
    yield `\`${bucket.nameOf(one.key)}\` came after \`${bucket.nameOf(next.key)}\`, which follows it: writers put segments in order, so it was planted`;
  }
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

class Findings {
  readonly #list: string[] = [];
  #more = 0;

  add(finding: string): void {
    if (this.#list.length < MAX_FINDINGS) this.#list.push(finding);
    else this.#more++;
  }

  list(): string[] {
    return this.#more === 0 ? this.#list : [...this.#list, `and ${this.#more} more findings`];
  }
}
