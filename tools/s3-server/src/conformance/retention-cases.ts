import { lockHeaders, PAGES, retentionXml } from "./case.ts";
import type { ConformanceCase } from "./case.ts";

const BYPASS: Readonly<Record<string, string>> = { "x-amz-bypass-governance-retention": "true" };

interface Change {
  readonly title: string;
  readonly from: string;
  readonly to: string;
  /** The lock runs for 5 days. */
  readonly days: number;
  readonly bypass?: true;
  readonly aws: string;
}

const CHANGES: readonly Change[] = [
  { title: "COMPLIANCE lengthened", from: "COMPLIANCE", to: "COMPLIANCE", days: 9, aws: "200" },
  { title: "COMPLIANCE shortened", from: "COMPLIANCE", to: "COMPLIANCE", days: 1, aws: "403 AccessDenied" },
  {
    title: "COMPLIANCE shortened",
    from: "COMPLIANCE",
    to: "COMPLIANCE",
    days: 1,
    bypass: true,
    aws: "403 AccessDenied",
  },
  { title: "COMPLIANCE to GOVERNANCE, longer", from: "COMPLIANCE", to: "GOVERNANCE", days: 9, aws: "403 AccessDenied" },
  {
    title: "COMPLIANCE to GOVERNANCE, longer",
    from: "COMPLIANCE",
    to: "GOVERNANCE",
    days: 9,
    bypass: true,
    aws: "403 AccessDenied",
  },
  { title: "GOVERNANCE lengthened", from: "GOVERNANCE", to: "GOVERNANCE", days: 9, aws: "200" },
  { title: "GOVERNANCE shortened", from: "GOVERNANCE", to: "GOVERNANCE", days: 1, aws: "403 AccessDenied" },
  { title: "GOVERNANCE shortened", from: "GOVERNANCE", to: "GOVERNANCE", days: 1, bypass: true, aws: "200" },
  { title: "GOVERNANCE to COMPLIANCE, longer", from: "GOVERNANCE", to: "COMPLIANCE", days: 9, aws: "403 AccessDenied" },
  {
    title: "GOVERNANCE to COMPLIANCE, longer",
    from: "GOVERNANCE",
    to: "COMPLIANCE",
    days: 9,
    bypass: true,
    aws: "200",
  },
];

/** What becomes of the retention of a version that is already there. */
export const RETENTION_CASES: readonly ConformanceCase[] = [
  ...CHANGES.map(({ title, from, to, days, bypass, aws }): ConformanceCase => ({
    group: "retention",
    title: `PutObjectRetention: ${title}${bypass ? ", with the bypass header" : ""}`,
    source: PAGES.putRetention,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x", lockHeaders(5, from));
      return t.putXml({
        key: "a",
        query: { retention: "" },
        body: retentionXml(days, to),
        headers: bypass ? BYPASS : {},
      });
    },
    aws,
  })),
  {
    group: "retention",
    title: "PutObjectRetention without mode and date removes COMPLIANCE",
    source: PAGES.putRetention,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x", lockHeaders(5));
      const answer = await t.putXml({ key: "a", query: { retention: "" }, body: "<Retention/>", headers: BYPASS });
      const head = await t.send({ method: "HEAD", key: "a" });
      return `${answer.status < 300 ? "done" : "refused"}; ${head.headers["x-amz-object-lock-mode"] ?? "no lock"}`;
    },
    aws: "refused; COMPLIANCE",
  },
  {
    group: "retention",
    title: "PutObjectRetention with a date in the past",
    source: PAGES.putRetention,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      return t.putXml({ key: "a", query: { retention: "" }, body: retentionXml(-1) });
    },
    aws: "400 InvalidArgument",
  },
  {
    group: "retention",
    title: "PutObjectRetention with an unknown mode",
    source: PAGES.putRetention,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      return t.putXml({ key: "a", query: { retention: "" }, body: retentionXml(1, "governance") });
    },
    aws: "400 MalformedXML",
  },
  {
    group: "retention",
    title: "PutObjectRetention in a bucket without Object Lock",
    source: PAGES.putRetention,
    run: async (t) => {
      await t.plainBucket();
      await t.put("a", "x");
      return t.putXml({ key: "a", query: { retention: "" }, body: retentionXml(1) });
    },
    aws: "400 InvalidRequest",
  },
  {
    group: "retention",
    title: "GetObjectRetention of an object without one",
    source: PAGES.getRetention,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      return t.send({ key: "a", query: { retention: "" } });
    },
    aws: "404 NoSuchObjectLockConfiguration",
    ceph: "404 ObjectLockConfigurationNotFoundError",
  },
  {
    group: "retention",
    title: "GetObjectRetention in a bucket without Object Lock",
    source: PAGES.getRetention,
    run: async (t) => {
      await t.plainBucket();
      await t.put("a", "x");
      return t.send({ key: "a", query: { retention: "" } });
    },
    aws: "400 InvalidRequest",
  },
];
