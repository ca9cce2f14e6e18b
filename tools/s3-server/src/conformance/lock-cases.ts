import { outcome } from "./target.ts";
import { defaultRule, lockHeaders, lockXml, PAGES } from "./case.ts";
import type { ConformanceCase } from "./case.ts";

const BYPASS = { "x-amz-bypass-governance-retention": "true" };

/** What a lock forbids, and to whom. */
export const LOCK_CASES: readonly ConformanceCase[] = [
  {
    group: "retention",
    title: "PUT with COMPLIANCE, HEAD shows mode and date",
    source: PAGES.putObject,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x", lockHeaders(1));
      const head = await t.send({ method: "HEAD", key: "a" });
      const until = head.headers["x-amz-object-lock-retain-until-date"] ?? "";
      return `${head.status} ${head.headers["x-amz-object-lock-mode"]} ${Date.parse(until) > Date.now() ? "later" : "past"}`;
    },
    aws: "200 COMPLIANCE later",
  },
  {
    group: "retention",
    title: "the owner deletes a version under COMPLIANCE",
    source: PAGES.objectLock,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x", lockHeaders(1));
      return t.send({ method: "DELETE", key: "a", query: { versionId } });
    },
    aws: "403 AccessDenied",
  },
  {
    group: "retention",
    title: "the owner deletes a version under COMPLIANCE, with the bypass header",
    source: PAGES.objectLock,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x", lockHeaders(1));
      return t.send({ method: "DELETE", key: "a", query: { versionId }, headers: BYPASS });
    },
    aws: "403 AccessDenied",
  },
  {
    group: "retention",
    title: "the owner deletes a version under GOVERNANCE",
    source: PAGES.considerations,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x", lockHeaders(1, "GOVERNANCE"));
      return t.send({ method: "DELETE", key: "a", query: { versionId } });
    },
    aws: "403 AccessDenied",
  },
  {
    group: "retention",
    title: "the owner deletes a version under GOVERNANCE, with the bypass header",
    source: PAGES.considerations,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x", lockHeaders(1, "GOVERNANCE"));
      return t.send({ method: "DELETE", key: "a", query: { versionId }, headers: BYPASS });
    },
    aws: "204",
  },
  {
    group: "retention",
    title: "DELETE without version id of a locked object: a marker, the version stays",
    source: PAGES.deleteMarkers,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x", lockHeaders(1));
      const removed = await t.send({ method: "DELETE", key: "a" });
      const current = await t.send({ key: "a" });
      const old = await t.send({ key: "a", query: { versionId } });
      return `${outcome(removed)} marker ${removed.headers["x-amz-delete-marker"]}; ${outcome(current)}; ${outcome(old)}`;
    },
    aws: "204 marker true; 404 NoSuchKey; 200",
  },
  {
    group: "retention",
    title: "the delete marker of a locked object can be deleted",
    source: PAGES.considerations,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x", lockHeaders(1));
      const marker = await t.must({ method: "DELETE", key: "a" });
      const versionId = marker.headers["x-amz-version-id"] ?? "";
      const removed = await t.send({ method: "DELETE", key: "a", query: { versionId } });
      return `${outcome(removed)}; ${outcome(await t.send({ key: "a" }))}`;
    },
    aws: "204; 200",
  },
  {
    group: "retention",
    title: "PUT over a locked object: a new version, the old one stays",
    source: PAGES.objectLock,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "old", lockHeaders(1));
      const second = await t.put("a", "new", lockHeaders(1));
      const old = await t.send({ key: "a", query: { versionId } });
      return `${second === versionId ? "same" : "other"} version; ${old.body.toString()}`;
    },
    aws: "other version; old",
  },
  {
    group: "retention",
    title: "GOVERNANCE asked for explicitly overrides a COMPLIANCE default",
    source: PAGES.objectLock,
    run: async (t) => {
      await t.lockBucket();
      await t.putXml({ query: { "object-lock": "" }, body: defaultRule("COMPLIANCE", "<Days>1</Days>") });
      await t.put("a", "x", lockHeaders(1, "GOVERNANCE"));
      return (await t.send({ method: "HEAD", key: "a" })).headers["x-amz-object-lock-mode"] ?? "none";
    },
    aws: "GOVERNANCE",
  },
  {
    group: "retention",
    title: "a shorter date asked for explicitly overrides a longer default",
    source: PAGES.objectLock,
    run: async (t) => {
      await t.lockBucket();
      await t.putXml({ query: { "object-lock": "" }, body: defaultRule("COMPLIANCE", "<Days>9</Days>") });
      await t.put("a", "x", lockHeaders(1));
      const head = await t.send({ method: "HEAD", key: "a" });
      const days = (Date.parse(head.headers["x-amz-object-lock-retain-until-date"] ?? "") - Date.now()) / 86_400_000;
      return `${Math.round(days)} days`;
    },
    aws: "1 days",
  },
  {
    group: "retention",
    title: "the default rule locks a PUT without lock headers",
    source: PAGES.objectLock,
    run: async (t) => {
      await t.lockBucket();
      await t.putXml({ query: { "object-lock": "" }, body: defaultRule("COMPLIANCE", "<Days>9</Days>") });
      await t.put("a", "x");
      const head = await t.send({ method: "HEAD", key: "a" });
      const days = (Date.parse(head.headers["x-amz-object-lock-retain-until-date"] ?? "") - Date.now()) / 86_400_000;
      return `${head.headers["x-amz-object-lock-mode"]} ${Math.round(days)} days`;
    },
    aws: "COMPLIANCE 9 days",
  },
  {
    group: "retention",
    title: "the owner removes the default rule",
    source: PAGES.putLockConfiguration,
    run: async (t) => {
      await t.lockBucket();
      await t.putXml({ query: { "object-lock": "" }, body: defaultRule("COMPLIANCE", "<Days>9</Days>") });
      const removed = await t.putXml({ query: { "object-lock": "" }, body: lockXml("") });
      await t.put("a", "x");
      const head = await t.send({ method: "HEAD", key: "a" });
      return `${outcome(removed)}; ${head.headers["x-amz-object-lock-mode"] ?? "no lock"}`;
    },
    aws: "200; no lock",
  },
  {
    group: "retention",
    title: "PUT with a mode and no date",
    source: PAGES.putObject,
    run: async (t) => {
      await t.lockBucket();
      const { "x-amz-object-lock-mode": mode = "" } = lockHeaders(1);
      return t.send({
        method: "PUT",
        key: "a",
        body: "",
        headers: { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==", "x-amz-object-lock-mode": mode },
      });
    },
    aws: "400 InvalidArgument",
  },
  {
    group: "retention",
    title: "PUT with a date in the past",
    source: PAGES.putObject,
    run: async (t) => {
      await t.lockBucket();
      return t.send({
        method: "PUT",
        key: "a",
        body: "",
        headers: { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==", ...lockHeaders(-1) },
      });
    },
    aws: "400 InvalidArgument",
  },
  {
    group: "retention",
    title: "PUT with an unknown mode",
    source: PAGES.putObject,
    run: async (t) => {
      await t.lockBucket();
      return t.send({
        method: "PUT",
        key: "a",
        body: "",
        headers: { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==", ...lockHeaders(1, "compliance") },
      });
    },
    aws: "400 InvalidArgument",
  },
  {
    group: "retention",
    title: "PUT with lock headers into a bucket without Object Lock",
    source: PAGES.putObject,
    run: async (t) => {
      await t.plainBucket();
      return t.send({
        method: "PUT",
        key: "a",
        body: "",
        headers: { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==", ...lockHeaders(1) },
      });
    },
    aws: "400 InvalidRequest",
  },
  {
    group: "retention",
    title: "DeleteObjects on a version under COMPLIANCE and on a free one",
    source: PAGES.deleteObjects,
    run: async (t) => {
      await t.lockBucket();
      const locked = await t.put("locked", "x", lockHeaders(1));
      const free = await t.put("free", "x");
      const body = `<Delete><Object><Key>locked</Key><VersionId>${locked}</VersionId></Object><Object><Key>free</Key><VersionId>${free}</VersionId></Object></Delete>`;
      const answer = await t.putXml({ method: "POST", query: { delete: "" }, body });
      const text = answer.body.toString();
      const errors = [...text.matchAll(/<Error>.*?<\/Error>/gs)].map(
        (m) => /<Key>(\w+)<.*/s.exec(m[0])?.[1] + " " + /<Code>(\w+)</.exec(m[0])?.[1],
      );
      const deleted = [...text.matchAll(/<Deleted>.*?<\/Deleted>/gs)].map((m) => /<Key>(\w+)</.exec(m[0])?.[1]);
      return `${answer.status} deleted ${deleted.join(",")}; error ${errors.join(",")}`;
    },
    aws: "200 deleted free; error locked AccessDenied",
  },
];
