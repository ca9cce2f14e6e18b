import { ProclawError } from "@proclaw/core";
import type { ListedVersion, ListVersionsOutput } from "./client.ts";
import type { Bucket } from "./bucket.ts";
import { compareUtf8 } from "./encoded-list.ts";

/** One version of a key. */
export interface Version {
  readonly versionId: string;
  readonly lastModified: Date;
  readonly size: number;
  readonly etag: string;
}

/**
 * All there is under one key.
 *
 * INVARIANT (the oldest version is the truth): whoever comes later can add versions and delete
 * markers to a key, but neither remove nor precede the locked version that was there first.
 */
export interface ObjectHistory {
  readonly key: string;
  /** Oldest first. */
  readonly versions: readonly Version[];
  /** Delete markers over it. */
  readonly markers: number;
}

export interface ListOptions {
  /** Only keys after this one. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

/** The histories of all keys that begin with `prefix`, by key. Also of those that a delete marker hides. */
export async function* histories(
  bucket: Bucket,
  prefix: string,
  options: ListOptions = {},
): AsyncGenerator<ObjectHistory> {
  let open: MutableHistory | null = null;
  for await (const page of pages(bucket, prefix, options)) {
    for (const history of groups(page)) {
      if (options.after !== undefined && compareUtf8(history.key, options.after) <= 0) continue;
      // A page may end in the middle of a key's versions.
      if (open !== null && open.key === history.key) {
        open.newestFirst.push(...history.newestFirst);
        open.markers += history.markers;
        continue;
      }
      if (open !== null) yield finished(open);
      open = history;
    }
  }
  if (open !== null) yield finished(open);
}

/** All versions of exactly this key. */
export async function historyOf(bucket: Bucket, key: string): Promise<ObjectHistory> {
  for await (const history of histories(bucket, key)) if (history.key === key) return history;
  return { key, versions: [], markers: 0 };
}

/** The folders right under `prefix`, each with its last slash and without `prefix`; also those whose keys are all hidden. */
export async function folders(bucket: Bucket, prefix: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const page of pages(bucket, prefix, {}, "/")) {
    for (const { Prefix } of page.CommonPrefixes ?? []) {
      if (Prefix !== undefined && Prefix.startsWith(prefix)) names.add(Prefix.slice(prefix.length));
    }
  }
  return [...names].sort();
}

/** One page of histories after a key, and whether there are more. The last of a page that has more may be incomplete. */
export async function firstPage(
  bucket: Bucket,
  prefix: string,
  after: string,
): Promise<{ readonly found: readonly ObjectHistory[]; readonly more: boolean }> {
  for await (const page of pages(bucket, prefix, { after })) {
    const found = groups(page).filter(({ key }) => compareUtf8(key, after) > 0);
    return { found: found.map(finished), more: page.IsTruncated === true };
  }
  return { found: [], more: false };
}

interface MutableHistory {
  readonly key: string;
  readonly newestFirst: Version[];
  markers: number;
}

function finished({ key, newestFirst, markers }: MutableHistory): ObjectHistory {
  // S3 lists the versions of a key from the newest on. Times would decide worse: a list has whole seconds.
  return { key, versions: newestFirst.toReversed(), markers };
}

function groups(page: ListVersionsOutput): MutableHistory[] {
  const byKey = new Map<string, MutableHistory>();
  const of = (listed: ListedVersion): MutableHistory => {
    const key = listed.Key ?? "";
    const there = byKey.get(key) ?? { key, newestFirst: [], markers: 0 };
    byKey.set(key, there);
    return there;
  };
  for (const version of page.Versions ?? []) {
    of(version).newestFirst.push({
      versionId: version.VersionId ?? "null",
      lastModified: version.LastModified ?? new Date(0),
      size: version.Size ?? 0,
      etag: version.ETag ?? "",
    });
  }
  for (const marker of page.DeleteMarkers ?? []) of(marker).markers++;
  return [...byKey.values()].sort((a, b) => compareUtf8(a.key, b.key));
}

async function* pages(
  bucket: Bucket,
  prefix: string,
  options: ListOptions,
  delimiter?: string,
): AsyncGenerator<ListVersionsOutput> {
  let key = options.after;
  let version: string | undefined;
  for (;;) {
    const page = await bucket.list(
      {
        Prefix: prefix,
        ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
        ...(key === undefined ? {} : { KeyMarker: key }),
        ...(version === undefined ? {} : { VersionIdMarker: version }),
      },
      options.signal,
    );
    yield page;
    if (page.IsTruncated !== true) return;
    // INVARIANT (a list is whole or an error): what is left out here nobody would miss.
    if (page.NextKeyMarker === undefined || (page.NextKeyMarker === key && page.NextVersionIdMarker === version)) {
      throw new ProclawError("unreadable_evidence", `the list of \`${prefix}\` says that it goes on, but not where`);
    }
    key = page.NextKeyMarker;
    version = page.NextVersionIdMarker;
  }
}
