import { setTimeout as sleep } from "node:timers/promises";
import { lockHeaders, PAGES } from "./case.ts";
import type { ConformanceCase } from "./case.ts";
import { md5, outcome } from "./target.ts";
import type { Target } from "./target.ts";

const allowWriter = async (t: Target, ...Action: readonly string[]): Promise<unknown> =>
  t.policy({ Effect: "Allow", Principal: { AWS: ["ARN(writer)"] }, Action, Resource: ["BUCKET", "BUCKET/*"] });

/** Which permission each request needs, and when a lock ends. */
export const PERMISSION_CASES: readonly ConformanceCase[] = [
  {
    group: "permission",
    title: "GET of a version needs s3:GetObjectVersion",
    source: PAGES.getObject,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x");
      const get = { key: "a", query: { versionId }, user: "writer" };
      await allowWriter(t, "s3:GetObject");
      const without = await t.send(get);
      await allowWriter(t, "s3:GetObjectVersion");
      return `${outcome(without)}; ${outcome(await t.send(get))}`;
    },
    aws: "403 AccessDenied; 200",
  },
  {
    group: "permission",
    title: "HEAD tells the lock to who may s3:GetObjectRetention",
    source: PAGES.considerations,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x", lockHeaders(1));
      const head = async (): Promise<string> => {
        const { headers } = await t.send({ method: "HEAD", key: "a", user: "writer" });
        return headers["x-amz-object-lock-mode"] ?? "not told";
      };
      await allowWriter(t, "s3:GetObject");
      const without = await head();
      await allowWriter(t, "s3:GetObject", "s3:GetObjectRetention");
      return `${without}; ${await head()}`;
    },
    aws: "not told; COMPLIANCE",
  },
  {
    group: "permission",
    title: "a legal hold needs s3:PutObjectLegalHold",
    source: PAGES.putLegalHold,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      const body = "<LegalHold><Status>ON</Status></LegalHold>";
      const hold = { key: "a", query: { "legal-hold": "" }, body, user: "writer" };
      await allowWriter(t, "s3:PutObject");
      const without = await t.putXml(hold);
      await allowWriter(t, "s3:PutObjectLegalHold");
      return `${outcome(without)}; ${outcome(await t.putXml(hold))}`;
    },
    aws: "403 AccessDenied; 200",
  },
  {
    group: "permission",
    title: "a legal hold in a PUT needs s3:PutObjectLegalHold too",
    source: PAGES.objectLock,
    run: async (t) => {
      await t.lockBucket();
      const headers = { "content-md5": md5("x"), "x-amz-object-lock-legal-hold": "ON" };
      const put = { method: "PUT", key: "a", body: "x", user: "writer", headers };
      await allowWriter(t, "s3:PutObject");
      const without = await t.send(put);
      await allowWriter(t, "s3:PutObject", "s3:PutObjectLegalHold");
      return `${outcome(without)}; ${outcome(await t.send(put))}`;
    },
    aws: "403 AccessDenied; 200",
    ceph: "200; 200",
  },
  {
    group: "permission",
    title: "the writer replaces the policy, deletes the empty bucket",
    source: PAGES.policyLogic,
    run: async (t) => {
      await t.lockBucket();
      await allowWriter(t, "s3:PutObject");
      const replaced = await t.send({ method: "PUT", query: { policy: "" }, body: "{}", user: "writer" });
      return `${outcome(replaced)}; ${outcome(await t.send({ method: "DELETE", user: "writer" }))}`;
    },
    aws: "403 AccessDenied; 403 AccessDenied",
  },
  {
    group: "permission",
    title: "ListObjectVersions needs s3:ListBucketVersions",
    source: PAGES.listVersions,
    run: async (t) => {
      await t.lockBucket();
      const list = { query: { versions: "" }, user: "writer" };
      await allowWriter(t, "s3:ListBucket");
      const without = await t.send(list);
      await allowWriter(t, "s3:ListBucketVersions");
      return `${outcome(without)}; ${outcome(await t.send(list))}`;
    },
    aws: "403 AccessDenied; 200",
  },
  {
    group: "retention",
    title: "a COMPLIANCE lock of 2 s: the version deleted before, deleted after",
    source: PAGES.objectLock,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x", lockHeaders(2 / 86_400));
      const remove = { method: "DELETE", key: "a", query: { versionId } };
      const before = await t.send(remove);
      await sleep(2500);
      return `${outcome(before)}; ${outcome(await t.send(remove))}`;
    },
    aws: "403 AccessDenied; 204",
  },
  {
    group: "list",
    title: "two PUTs of a key in a bucket without versioning: its versions",
    source: PAGES.listVersions,
    run: async (t) => {
      await t.plainBucket();
      await t.put("a", "1");
      await t.put("a", "2");
      const xml = (await t.must({ query: { versions: "" } })).body.toString();
      return [...xml.matchAll(/<VersionId>(.*?)</g)].map(([, id]) => id).join(", ");
    },
    aws: "null",
  },
];
