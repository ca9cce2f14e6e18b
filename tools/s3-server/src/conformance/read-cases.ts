import { PAGES } from "./case.ts";
import type { ConformanceCase } from "./case.ts";

/** What comes back, and how what is not there is answered. */
export const READ_CASES: readonly ConformanceCase[] = [
  {
    group: "read",
    title: "a range",
    source: PAGES.getObject,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "0123456789");
      const answer = await t.send({ key: "a", headers: { range: "bytes=2-4" } });
      return `${answer.status} ${answer.body.toString()} ${answer.headers["content-range"]}`;
    },
    aws: "206 234 bytes 2-4/10",
  },
  {
    group: "read",
    title: "a range from the end",
    source: PAGES.getObject,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "0123456789");
      const answer = await t.send({ key: "a", headers: { range: "bytes=-3" } });
      return `${answer.status} ${answer.body.toString()} ${answer.headers["content-range"]}`;
    },
    aws: "206 789 bytes 7-9/10",
  },
  {
    group: "read",
    title: "a range behind the end",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "0123456789");
      return t.send({ key: "a", headers: { range: "bytes=10-" } });
    },
    aws: "416 InvalidRange",
  },
  {
    group: "read",
    title: "a key that never was",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ key: "a" });
    },
    aws: "404 NoSuchKey",
  },
  {
    group: "read",
    title: "HEAD of a key whose newest version is a delete marker",
    source: PAGES.deleteMarkers,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      await t.must({ method: "DELETE", key: "a" });
      const head = await t.send({ method: "HEAD", key: "a" });
      return `${head.status} marker ${head.headers["x-amz-delete-marker"] ?? "not told"}`;
    },
    aws: "404 marker true",
    ceph: "404 marker not told",
  },
  {
    group: "read",
    title: "GET of a delete marker by its version id",
    source: PAGES.deleteMarkers,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      const marker = await t.must({ method: "DELETE", key: "a" });
      return t.send({ key: "a", query: { versionId: marker.headers["x-amz-version-id"] ?? "" } });
    },
    aws: "405 MethodNotAllowed",
    ceph: "404 NoSuchKey",
  },
  {
    group: "read",
    title: "a version id that never was",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x");
      await t.put("b", "x");
      return t.send({ key: "b", query: { versionId } });
    },
    aws: "404 NoSuchVersion",
    ceph: "404 NoSuchKey",
  },
  {
    group: "read",
    title: "a version id that is none",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      return t.send({ key: "a", query: { versionId: "none" } });
    },
    aws: "400 InvalidArgument",
    ceph: "404 NoSuchKey",
  },
];
