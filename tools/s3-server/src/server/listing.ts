import { compareUtf8 } from "./bucket.ts";
import type { Bucket, ObjectVersion } from "./bucket.ts";
import { uriEncodePath } from "./canonical.ts";
import type { Manner } from "./manner.ts";
import { S3Error } from "./s3-error.ts";
import { writeXml } from "./xml.ts";
import type { XmlValue } from "./xml.ts";

type Query = ReadonlyMap<string, string>;
type Entry = { readonly version: ObjectVersion; readonly isLatest: boolean } | { readonly prefix: string };

const MOST_KEYS = 1000;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
export function listObjectVersions(bucket: Bucket, query: Query, manner: Manner): string {
  const keyMarker = query.get("key-marker") ?? "";
  const versionMarker = query.get("version-id-marker") ?? "";
  if (versionMarker !== "" && keyMarker === "" && manner.strictMarkers) {
    throw new S3Error("InvalidArgument", "A version-id marker cannot be specified without a key marker.");
  }
  const page = new Page(query);
  for (const key of bucket.sortedKeys()) {
    const versions = bucket.versions(key);
    // The version of the marker was the last of the page before.
    const after =
      key === keyMarker && versionMarker !== "" ? versions.findIndex((v) => v.versionId === versionMarker) + 1 : 0;
    if (keyMarker !== "" && compareUtf8(key, keyMarker) < (after > 0 ? 0 : 1)) continue;
    if (!page.takesKey(key, keyMarker)) continue;
    for (const [index, version] of versions.entries()) {
      if (index < after) continue;
      page.add({ version, isLatest: index === 0 });
    }
  }
  const encode = encoder(query);
  const { entries, next } = page;
  const last = next === null ? undefined : entries.at(-1);
  const nextKey = last === undefined ? null : "prefix" in last ? last.prefix : last.version.key;
  return writeXml("ListVersionsResult", {
    Name: bucket.name,
    Prefix: encode(query.get("prefix") ?? ""),
    KeyMarker: encode(keyMarker),
    VersionIdMarker: versionMarker,
    NextKeyMarker: nextKey === null ? null : encode(nextKey),
    NextVersionIdMarker: last === undefined || "prefix" in last ? null : last.version.versionId,
    MaxKeys: page.size,
    Delimiter: optional(query.get("delimiter"), encode),
    EncodingType: query.get("encoding-type") ?? null,
    IsTruncated: next !== null,
  }).replace(
    "</ListVersionsResult>",
    `${elements(
      entries,
      manner,
      (entry) =>
        entry.version.isDeleteMarker
          ? ["DeleteMarker", versionFields(entry, bucket, encode)]
          : ["Version", { ...versionFields(entry, bucket, encode), ...bodyFields(entry.version) }],
      encode,
    )}</ListVersionsResult>`,
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html; the first version answers alike. */
export function listObjects(bucket: Bucket, query: Query, manner: Manner): string {
  const isV2 = query.get("list-type") === "2";
  const token = query.get("continuation-token");
  const after =
    (isV2 ? (token === undefined ? query.get("start-after") : readToken(token)) : query.get("marker")) ?? "";
  const page = new Page(query);
  for (const key of bucket.sortedKeys()) {
    const version = bucket.current(key);
    if (version === undefined || version.isDeleteMarker) continue;
    if (after !== "" && compareUtf8(key, after) <= 0) continue;
    if (!page.takesKey(key, after)) continue;
    page.add({ version, isLatest: true });
  }
  const encode = encoder(query);
  const { entries, next } = page;
  const last = next === null ? undefined : entries.at(-1);
  const lastName = last === undefined ? null : "prefix" in last ? last.prefix : last.version.key;
  return writeXml("ListBucketResult", {
    Name: bucket.name,
    Prefix: encode(query.get("prefix") ?? ""),
    Delimiter: optional(query.get("delimiter"), encode),
    EncodingType: query.get("encoding-type") ?? null,
    MaxKeys: page.size,
    IsTruncated: next !== null,
    ...(isV2
      ? {
          KeyCount: entries.length,
          StartAfter: optional(query.get("start-after"), encode),
          ContinuationToken: token ?? null,
          NextContinuationToken: lastName === null ? null : Buffer.from(lastName).toString("base64url"),
        }
      : { Marker: encode(after), NextMarker: lastName === null ? null : encode(lastName) }),
  }).replace(
    "</ListBucketResult>",
    `${elements(
      entries,
      manner,
      ({ version }) => ["Contents", { Key: encode(version.key), LastModified: iso(version), ...bodyFields(version) }],
      encode,
    )}</ListBucketResult>`,
  );
}

/** One page of a listing: keys of the prefix, rolled up at the delimiter. */
class Page {
  readonly size: number;
  readonly entries: Entry[] = [];
  /** The first entry that found no place, or null. */
  next: Entry | null = null;
  readonly #prefix: string;
  readonly #delimiter: string;
  #lastPrefix = "";

  constructor(query: Query) {
    const wanted = query.get("max-keys") ?? String(MOST_KEYS);
    if (!/^\d{1,9}$/.test(wanted))
      throw new S3Error("InvalidArgument", "Provided max-keys not an integer or within integer range");
    this.size = Math.min(Number(wanted), MOST_KEYS);
    this.#prefix = query.get("prefix") ?? "";
    this.#delimiter = query.get("delimiter") ?? "";
  }

  /** Whether the key is listed by itself; a common prefix is added here, once. */
  takesKey(key: string, marker: string): boolean {
    if (!key.startsWith(this.#prefix)) return false;
    const end = this.#delimiter === "" ? -1 : key.indexOf(this.#delimiter, this.#prefix.length);
    if (end < 0) return true;
    const prefix = key.slice(0, end + this.#delimiter.length);
    // A page that begins behind a common prefix does not begin with it again.
    if (prefix !== this.#lastPrefix && prefix !== marker) this.add({ prefix });
    this.#lastPrefix = prefix;
    return false;
  }

  add(entry: Entry): void {
    if (this.entries.length < this.size) this.entries.push(entry);
    else if (this.size > 0) this.next ??= entry;
  }
}

type VersionEntry = Exclude<Entry, { readonly prefix: string }>;

function elements(
  entries: readonly Entry[],
  manner: Manner,
  toElement: (entry: VersionEntry) => readonly [name: string, content: XmlValue],
  encode: (text: string) => string,
): string {
  const written = entries.map((entry) => {
    const [name, content] =
      "prefix" in entry ? (["CommonPrefixes", { Prefix: encode(entry.prefix) }] as const) : toElement(entry);
    return { isPrefix: "prefix" in entry, xml: writeXml(name, content, "").replace(/^<\?xml.*?\?>\n/, "") };
  });
  const ordered = manner.prefixesLast
    ? [...written.filter((entry) => !entry.isPrefix), ...written.filter((entry) => entry.isPrefix)]
    : written;
  return ordered.map((entry) => entry.xml).join("");
}

function versionFields(
  { version, isLatest }: VersionEntry,
  bucket: Bucket,
  encode: (text: string) => string,
): Record<string, XmlValue> {
  return {
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: isLatest,
    LastModified: iso(version),
    Owner: { ID: bucket.owner, DisplayName: bucket.owner },
  };
}

function bodyFields(version: ObjectVersion): Record<string, XmlValue> {
  return { ETag: version.etag, Size: version.body.length, StorageClass: "STANDARD" };
}

function iso(version: ObjectVersion): string {
  return new Date(version.lastModified).toISOString();
}

function encoder(query: Query): (text: string) => string {
  const type = query.get("encoding-type");
  if (type !== undefined && type !== "url")
    throw new S3Error("InvalidArgument", "Invalid Encoding Method specified in Request");
  return type === "url" ? uriEncodePath : (text) => text;
}

function optional(text: string | undefined, encode: (text: string) => string): string | null {
  return text === undefined ? null : encode(text);
}

function readToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (Buffer.from(text).toString("base64url") !== token)
    throw new S3Error("InvalidArgument", "The continuation token provided is incorrect");
  return text;
}
