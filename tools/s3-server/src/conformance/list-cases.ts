import { outcome } from "./target.ts";
import type { Target } from "./target.ts";
import { PAGES } from "./case.ts";
import type { ConformanceCase } from "./case.ts";

/** The elements of a listing in their order: `a v1`, `a marker latest`, `b/` as a common prefix. */
function entries(xml: string, ids: readonly string[] = []): string {
  const found = xml.matchAll(/<(Version|DeleteMarker|Contents|CommonPrefixes)>(.*?)<\/\1>/gs);
  return [...found]
    .map(([, kind, inner = ""]) => {
      if (kind === "CommonPrefixes") return `${/<Prefix>(.*?)</.exec(inner)?.[1]} prefix`;
      const index = ids.indexOf(/<VersionId>(.*?)</.exec(inner)?.[1] ?? "");
      const name = [
        /<Key>(.*?)</.exec(inner)?.[1],
        kind === "DeleteMarker" ? "marker" : "",
        index < 0 ? "" : `v${index + 1}`,
      ];
      return [...name, inner.includes("<IsLatest>true") ? "latest" : ""].filter((part) => part !== "").join(" ");
    })
    .join(", ");
}

/** Every page of a listing of versions, `size` at a time. */
async function pages(t: Target, size: number, query: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const all: string[] = [];
  let markers: Record<string, string> = {};
  while (all.length < 20) {
    const answer = await t.must({ query: { versions: "", "max-keys": String(size), ...query, ...markers } });
    const xml = answer.body.toString();
    all.push(entries(xml));
    if (!xml.includes("<IsTruncated>true")) break;
    const key = /<NextKeyMarker>(.*?)</.exec(xml)?.[1] ?? "";
    const version = /<NextVersionIdMarker>(.*?)</.exec(xml)?.[1] ?? "";
    markers = { "key-marker": key, ...(version === "" ? {} : { "version-id-marker": version }) };
  }
  return all;
}

/** Listings: what a verifier reads. */
export const LIST_CASES: readonly ConformanceCase[] = [
  {
    group: "list",
    title: "ListObjectVersions: keys ascending, newest version first, markers among them",
    source: PAGES.listVersions,
    run: async (t) => {
      await t.lockBucket();
      const ids = [await t.put("b", "1"), await t.put("a", "1"), await t.put("b", "2")];
      await t.must({ method: "DELETE", key: "a" });
      return entries((await t.must({ query: { versions: "" } })).body.toString(), ids);
    },
    aws: "a marker latest, a v2, b v3 latest, b v1",
  },
  {
    group: "list",
    title: "ListObjectVersions by pages of 2",
    source: PAGES.listVersions,
    run: async (t) => {
      await t.lockBucket();
      for (const key of ["a", "a", "a", "b", "c"]) await t.put(key, "x");
      return (await pages(t, 2)).join(" | ");
    },
    aws: "a latest, a | a, b latest | c latest",
  },
  {
    group: "list",
    title: "ListObjectVersions with a prefix and a delimiter",
    source: PAGES.listVersions,
    run: async (t) => {
      await t.lockBucket();
      for (const key of ["p/a/1", "p/a/2", "p/b", "q"]) await t.put(key, "x");
      return entries((await t.must({ query: { versions: "", prefix: "p/", delimiter: "/" } })).body.toString());
    },
    aws: "p/b latest, p/a/ prefix",
    ceph: "p/a/ prefix, p/b latest",
  },
  {
    group: "list",
    title: "ListObjectVersions with a prefix and a delimiter, by pages of 1",
    source: PAGES.listVersions,
    run: async (t) => {
      await t.lockBucket();
      for (const key of ["p/a/1", "p/a/2", "p/b", "p/c/1", "q"]) await t.put(key, "x");
      return (await pages(t, 1, { prefix: "p/", delimiter: "/" })).join(" | ");
    },
    aws: "p/a/ prefix | p/b latest | p/c/ prefix",
  },
  {
    group: "list",
    title: "keys in the order of their UTF-8 bytes",
    source: PAGES.listObjects,
    run: async (t) => {
      await t.lockBucket();
      for (const key of ["a", "B", "é", "0", "a/b", "a-b"]) await t.put(key, "x");
      return entries((await t.must({ query: { "list-type": "2" } })).body.toString());
    },
    aws: "0, B, a, a-b, a/b, é",
  },
  {
    group: "list",
    title: "ListObjectsV2 by pages of 2, without what is deleted",
    source: PAGES.listObjects,
    run: async (t) => {
      await t.lockBucket();
      for (const key of ["a", "b", "c", "d"]) await t.put(key, "x");
      await t.must({ method: "DELETE", key: "b" });
      const first = (await t.must({ query: { "list-type": "2", "max-keys": "2" } })).body.toString();
      const token = /<NextContinuationToken>(.*?)</.exec(first)?.[1] ?? "";
      const second = await t.must({ query: { "list-type": "2", "continuation-token": token } });
      return `${entries(first)} | ${entries(second.body.toString())}`;
    },
    aws: "a, c | d",
  },
  {
    group: "list",
    title: "ListObjectsV2 after a key",
    source: PAGES.listObjects,
    run: async (t) => {
      await t.lockBucket();
      for (const key of ["a", "b", "c"]) await t.put(key, "x");
      return entries((await t.must({ query: { "list-type": "2", "start-after": "a" } })).body.toString());
    },
    aws: "b, c",
  },
  {
    group: "list",
    title: "max-keys that is no number",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return outcome(await t.send({ query: { versions: "", "max-keys": "many" } }));
    },
    aws: "400 InvalidArgument",
  },
  {
    group: "list",
    title: "version-id-marker without key-marker",
    source: PAGES.listVersions,
    run: async (t) => {
      await t.lockBucket();
      const marker = await t.put("a", "x");
      return outcome(await t.send({ query: { versions: "", "version-id-marker": marker } }));
    },
    aws: "400 InvalidArgument",
    ceph: "200",
  },
];
