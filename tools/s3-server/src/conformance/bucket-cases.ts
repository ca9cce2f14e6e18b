import { outcome } from "./target.ts";
import { defaultRule, lockHeaders, lockXml, PAGES } from "./case.ts";
import type { ConformanceCase } from "./case.ts";

const VERSIONING = { versioning: "" };
const LOCK = { "object-lock": "" };
const versioning = (status: string): string =>
  `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;

/** Settings of a bucket. */
export const BUCKET_CASES: readonly ConformanceCase[] = [
  {
    group: "bucket",
    title: "a bucket made with Object Lock has versioning",
    source: PAGES.createBucket,
    run: async (t) => {
      await t.lockBucket();
      return /<Status>(\w+)</.exec((await t.send({ query: VERSIONING })).body.toString())?.[1] ?? "off";
    },
    aws: "Enabled",
  },
  {
    group: "bucket",
    title: "versioning suspended on a bucket with Object Lock",
    source: PAGES.configureLock,
    run: async (t) => {
      await t.lockBucket();
      return t.putXml({ query: VERSIONING, body: versioning("Suspended") });
    },
    aws: "409 InvalidBucketState",
  },
  {
    group: "bucket",
    title: "versioning suspended on a bucket without Object Lock",
    source: PAGES.putVersioning,
    run: async (t) => {
      await t.plainBucket();
      await t.putXml({ query: VERSIONING, body: versioning("Enabled") });
      return t.putXml({ query: VERSIONING, body: versioning("Suspended") });
    },
    aws: "200",
  },
  {
    group: "bucket",
    title: "GetObjectLockConfiguration without Object Lock",
    source: PAGES.getLockConfiguration,
    run: async (t) => {
      await t.plainBucket();
      return t.send({ query: LOCK });
    },
    aws: "404 ObjectLockConfigurationNotFoundError",
  },
  {
    group: "bucket",
    title: "GetObjectLockConfiguration without a default rule",
    source: PAGES.getLockConfiguration,
    run: async (t) => {
      await t.lockBucket();
      const answer = await t.send({ query: LOCK });
      const text = answer.body.toString();
      return `${outcome(answer)} ${/<ObjectLockEnabled>(\w+)</.exec(text)?.[1]}, ${text.includes("<Rule>") ? "rule" : "no rule"}`;
    },
    aws: "200 Enabled, no rule",
  },
  {
    group: "bucket",
    title: "a default rule comes back as it was put",
    source: PAGES.putLockConfiguration,
    run: async (t) => {
      await t.lockBucket();
      await t.putXml({ query: LOCK, body: defaultRule("COMPLIANCE", "<Years>2</Years>") });
      const text = (await t.send({ query: LOCK })).body.toString();
      return `${/<Mode>(\w+)</.exec(text)?.[1]} ${/<Years>(\d+)</.exec(text)?.[1]} years`;
    },
    aws: "COMPLIANCE 2 years",
  },
  ...[
    ["of 0 days", defaultRule("COMPLIANCE", "<Days>0</Days>"), "400 InvalidArgument", "400 InvalidRetentionPeriod"],
    ["of days and years", defaultRule("COMPLIANCE", "<Days>1</Days><Years>1</Years>"), "400 MalformedXML"],
    ["of an unknown mode", defaultRule("compliance", "<Days>1</Days>"), "400 MalformedXML"],
    ["without ObjectLockEnabled", "<ObjectLockConfiguration/>", "400 MalformedXML"],
  ].map(
    ([title, body = "", aws = "", ceph = aws]) =>
      ({
        group: "bucket",
        title: `a default rule ${title}`,
        source: PAGES.putLockConfiguration,
        run: async (t) => {
          await t.lockBucket();
          return t.putXml({ query: LOCK, body });
        },
        aws,
        ceph,
      }) satisfies ConformanceCase,
  ),
  {
    group: "bucket",
    title: "Object Lock switched on later, versioning on",
    source: PAGES.configureLock,
    run: async (t) => {
      await t.plainBucket();
      await t.putXml({ query: VERSIONING, body: versioning("Enabled") });
      return t.putXml({ query: LOCK, body: lockXml("") });
    },
    aws: "200",
    ceph: "409 InvalidBucketState",
  },
  {
    group: "bucket",
    title: "Object Lock switched on later, versioning off",
    source: PAGES.configureLock,
    run: async (t) => {
      await t.plainBucket();
      return t.putXml({ query: LOCK, body: lockXml("") });
    },
    aws: "409 InvalidBucketState",
  },
  {
    group: "bucket",
    title: "DELETE of a bucket that holds a locked version",
    source: PAGES.deleteBucket,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x", lockHeaders(1));
      return t.send({ method: "DELETE" });
    },
    aws: "409 BucketNotEmpty",
  },
  {
    group: "bucket",
    title: "DELETE of a bucket that holds only a delete marker",
    source: PAGES.deleteBucket,
    run: async (t) => {
      await t.lockBucket();
      await t.must({ method: "DELETE", key: "a" });
      return t.send({ method: "DELETE" });
    },
    aws: "409 BucketNotEmpty",
  },
  {
    group: "bucket",
    title: "DELETE of an empty bucket, then its listing",
    source: PAGES.deleteBucket,
    run: async (t) => {
      await t.lockBucket();
      const removed = await t.send({ method: "DELETE" });
      return `${outcome(removed)}; ${outcome(await t.send({}))}`;
    },
    aws: "204; 404 NoSuchBucket",
  },
  {
    group: "bucket",
    title: "another user makes a bucket that exists",
    source: PAGES.createBucket,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ method: "PUT", user: "writer" });
    },
    aws: "409 BucketAlreadyExists",
  },
  {
    group: "bucket",
    title: "GetBucketPolicy without one",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ query: { policy: "" } });
    },
    aws: "404 NoSuchBucketPolicy",
  },
];
