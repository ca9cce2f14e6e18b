import type { StoreEvidence } from "@proclaw/core";
import type { Bucket, ObjectLock } from "./bucket.ts";
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

type ObjectKind = "segment" | "checkpoint" | "lease" | "stray";

interface Judged {
  readonly kind: ObjectKind;
  readonly history: ObjectHistory;
  readonly lock: ObjectLock | null;
}

/**
 * What the bucket proves of a log: looks at every version of every object below it.
 *
 * INVARIANT (worm means every object): `worm` is true only if the oldest version of each segment
 * and checkpoint is under a COMPLIANCE lock that has not ended and is as long as wanted.
 */
export async function evidenceOf(bucket: Bucket, log: string, wanted: WantedRetention): Promise<StoreEvidence> {
  const folder = logPrefix(bucket.place, log);
  const findings = new Findings();
  /** The epoch whose object holds a record first; with the time it came. */
  const segments = new Map<number, { readonly key: string; readonly at: number }>();
  let objects = 0;
  let weak = 0;
  let until: Date | null = null;
  const judged = mapAhead(histories(bucket, folder), LOCKS_AT_ONCE, async (history): Promise<Judged> => {
    const kind = kindOf(history.key.slice(folder.length));
    const [oldest] = history.versions;
    const counts = oldest !== undefined && (kind === "segment" || kind === "checkpoint");
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
    const seq = numberOf(key.slice(key.lastIndexOf("/") + 1), ".jsonl") as number;
    const at = oldest.lastModified.getTime();
    const rival = segments.get(seq);
    if (rival !== undefined) {
      const [first, second] = at < rival.at ? [key, rival.key] : [rival.key, key];
      findings.add(`\`${bucket.nameOf(second)}\` begins with a record that \`${bucket.nameOf(first)}\` held before it`);
    }
    if (rival === undefined || at < rival.at) segments.set(seq, { key, at });
  }
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
  if (name.startsWith(LEASES)) return /^\d{16}(-released)?\.json$/.test(name.slice(LEASES.length)) ? "lease" : "stray";
  const [epoch = "", file = "", ...more] = name.split("/");
  const fits = more.length === 0 && numberOf(epoch, "") !== null && numberOf(file, ".jsonl") !== null;
  return fits ? "segment" : "stray";
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
