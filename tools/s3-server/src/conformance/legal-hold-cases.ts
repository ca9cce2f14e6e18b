import { PAGES } from "./case.ts";
import type { ConformanceCase } from "./case.ts";
import { outcome } from "./target.ts";

const BYPASS: Readonly<Record<string, string>> = { "x-amz-bypass-governance-retention": "true" };

/** Holds without a date. */
export const LEGAL_HOLD_CASES: readonly ConformanceCase[] = [
  {
    group: "legal hold",
    title: "a version under legal hold is deleted, with the bypass header",
    source: PAGES.objectLock,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x", { "x-amz-object-lock-legal-hold": "ON" });
      return t.send({ method: "DELETE", key: "a", query: { versionId }, headers: BYPASS });
    },
    aws: "403 AccessDenied",
  },
  {
    group: "legal hold",
    title: "a legal hold set, read, lifted, then the version deleted",
    source: PAGES.putLegalHold,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x");
      const legalHold = { "legal-hold": "" };
      const on = await t.putXml({ key: "a", query: legalHold, body: "<LegalHold><Status>ON</Status></LegalHold>" });
      const read = /<Status>(\w+)</.exec((await t.send({ key: "a", query: legalHold })).body.toString())?.[1];
      const off = await t.putXml({ key: "a", query: legalHold, body: "<LegalHold><Status>OFF</Status></LegalHold>" });
      const removed = await t.send({ method: "DELETE", key: "a", query: { versionId } });
      return `${outcome(on)} ${read}; ${outcome(off)}; ${outcome(removed)}`;
    },
    aws: "200 ON; 200; 204",
  },
  {
    group: "legal hold",
    title: "an unknown status",
    source: PAGES.putLegalHold,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      return t.putXml({ key: "a", query: { "legal-hold": "" }, body: "<LegalHold><Status>on</Status></LegalHold>" });
    },
    aws: "400 MalformedXML",
  },
  {
    group: "legal hold",
    title: "GetObjectLegalHold of an object without one",
    source: PAGES.getLegalHold,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x");
      return t.send({ key: "a", query: { "legal-hold": "" } });
    },
    aws: "404 NoSuchObjectLockConfiguration",
    ceph: "404 ObjectLockConfigurationNotFoundError",
  },
  {
    group: "legal hold",
    title: "PutObjectLegalHold in a bucket without Object Lock",
    source: PAGES.putLegalHold,
    run: async (t) => {
      await t.plainBucket();
      await t.put("a", "x");
      return t.putXml({ key: "a", query: { "legal-hold": "" }, body: "<LegalHold><Status>ON</Status></LegalHold>" });
    },
    aws: "400 InvalidRequest",
  },
];
