import { md5, outcome } from "./target.ts";
import type { Target } from "./target.ts";
import { lockHeaders, PAGES, retentionXml } from "./case.ts";
import type { ConformanceCase } from "./case.ts";

const WRITER = { AWS: ["ARN(writer)"] };
const allow = (...Action: readonly string[]): unknown => ({
  Effect: "Allow",
  Principal: WRITER,
  Action,
  Resource: ["BUCKET", "BUCKET/*"],
});
const deny = (Action: readonly string[], Condition?: unknown): unknown => ({
  Effect: "Deny",
  Principal: "*",
  Action,
  Resource: ["BUCKET/*"],
  ...(Condition === undefined ? {} : { Condition }),
});

const putAsWriter = (t: Target, headers: Readonly<Record<string, string>> = {}): ReturnType<Target["send"]> =>
  t.send({ method: "PUT", key: "a", body: "x", user: "writer", headers: { "content-md5": md5("x"), ...headers } });

/** Signatures, users and bucket policies. */
export const ACCESS_CASES: readonly ConformanceCase[] = [
  {
    group: "signature",
    title: "a wrong secret",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ secretKey: "wrong" });
    },
    aws: "403 SignatureDoesNotMatch",
  },
  {
    group: "signature",
    title: "an unknown access key",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ accessKey: "NOBODY" });
    },
    aws: "403 InvalidAccessKeyId",
  },
  {
    group: "signature",
    title: "signed an hour ago",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ clockOffsetMs: -3_600_000 });
    },
    aws: "403 RequestTimeTooSkewed",
  },
  {
    group: "signature",
    title: "signed an hour ahead",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ clockOffsetMs: 3_600_000 });
    },
    aws: "403 RequestTimeTooSkewed",
  },
  {
    group: "signature",
    title: "unsigned",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ user: null });
    },
    aws: "403 AccessDenied",
  },
  {
    group: "policy",
    title: "another user without a policy",
    source: PAGES.policyLogic,
    run: async (t) => {
      await t.lockBucket();
      return `${outcome(await putAsWriter(t))}; ${outcome(await t.send({ user: "writer" }))}`;
    },
    aws: "403 AccessDenied; 403 AccessDenied",
  },
  {
    group: "policy",
    title: "a writer who may PutObject: PUT, GET, DELETE",
    source: PAGES.policyLogic,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(allow("s3:PutObject"));
      const got = await t.send({ key: "a", user: "writer" });
      const removed = await t.send({ method: "DELETE", key: "a", user: "writer" });
      return `${outcome(await putAsWriter(t))}; ${outcome(got)}; ${outcome(removed)}`;
    },
    aws: "200; 403 AccessDenied; 403 AccessDenied",
  },
  {
    group: "policy",
    title: "a lock header needs s3:PutObjectRetention too",
    source: PAGES.objectLock,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(allow("s3:PutObject"));
      const without = await putAsWriter(t, lockHeaders(1));
      await t.policy(allow("s3:PutObject", "s3:PutObjectRetention"));
      return `${outcome(without)}; ${outcome(await putAsWriter(t, lockHeaders(1)))}`;
    },
    aws: "403 AccessDenied; 200",
    ceph: "200; 200",
  },
  {
    group: "policy",
    title: "a Deny binds the owner",
    source: PAGES.policyLogic,
    run: async (t) => {
      await t.lockBucket();
      const versionId = await t.put("a", "x");
      await t.policy(deny(["s3:DeleteObject*"]));
      const marker = await t.send({ method: "DELETE", key: "a" });
      return `${outcome(marker)}; ${outcome(await t.send({ method: "DELETE", key: "a", query: { versionId } }))}`;
    },
    aws: "403 AccessDenied; 403 AccessDenied",
  },
  {
    group: "policy",
    title: "the owner may still remove a policy that denies all",
    source: PAGES.policyLogic,
    run: async (t) => {
      await t.lockBucket();
      await t.policy({ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: ["BUCKET", "BUCKET/*"] });
      const listed = await t.send({});
      return `${outcome(listed)}; ${outcome(await t.send({ method: "DELETE", query: { policy: "" } }))}`;
    },
    aws: "403 AccessDenied; 204",
    ceph: "403 AccessDenied; 403 AccessDenied",
  },
  {
    group: "policy",
    title: "GOVERNANCE bypassed without s3:BypassGovernanceRetention",
    source: PAGES.considerations,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(allow("s3:DeleteObjectVersion"));
      const versionId = await t.put("a", "x", lockHeaders(1, "GOVERNANCE"));
      const headers = { "x-amz-bypass-governance-retention": "true" };
      const without = await t.send({ method: "DELETE", key: "a", query: { versionId }, user: "writer", headers });
      await t.policy(allow("s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"));
      const after = await t.send({ method: "DELETE", key: "a", query: { versionId }, user: "writer", headers });
      return `${outcome(without)}; ${outcome(after)}`;
    },
    aws: "403 AccessDenied; 204",
    ceph: "204; 204",
  },
  {
    group: "policy",
    title: "Deny of a PUT whose mode is not COMPLIANCE: COMPLIANCE, GOVERNANCE, none",
    source: PAGES.conditionKeys,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(
        allow("s3:PutObject", "s3:PutObjectRetention"),
        deny(["s3:PutObject"], { StringNotEquals: { "s3:object-lock-mode": "COMPLIANCE" } }),
      );
      const outcomes = [lockHeaders(1), lockHeaders(1, "GOVERNANCE"), {}].map(async (headers) =>
        outcome(await putAsWriter(t, headers)),
      );
      return (await Promise.all(outcomes)).join("; ");
    },
    aws: "200; 403 AccessDenied; 403 AccessDenied",
    ceph: "200; 200; 200",
  },
  {
    group: "policy",
    title: "Deny with Null: the mode is missing: COMPLIANCE, none",
    source: PAGES.conditions,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(
        allow("s3:PutObject", "s3:PutObjectRetention"),
        deny(["s3:PutObject"], { Null: { "s3:object-lock-mode": "true" } }),
      );
      return `${outcome(await putAsWriter(t, lockHeaders(1)))}; ${outcome(await putAsWriter(t))}`;
    },
    aws: "200; 403 AccessDenied",
    ceph: "403 AccessDenied; 403 AccessDenied",
  },
  {
    group: "policy",
    title: "Deny with StringNotEqualsIfExists: COMPLIANCE, GOVERNANCE, none",
    source: PAGES.conditions,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(
        allow("s3:PutObject", "s3:PutObjectRetention"),
        deny(["s3:PutObject"], { StringNotEqualsIfExists: { "s3:object-lock-mode": "COMPLIANCE" } }),
      );
      const tries = [lockHeaders(1), lockHeaders(1, "GOVERNANCE"), {}].map(async (headers) =>
        outcome(await putAsWriter(t, headers)),
      );
      return (await Promise.all(tries)).join("; ");
    },
    aws: "200; 403 AccessDenied; 403 AccessDenied",
    ceph: "403 AccessDenied; 403 AccessDenied; 403 AccessDenied",
  },
  {
    group: "policy",
    title: "Deny of another encryption than AES256: AES256, none",
    source: PAGES.policyExamples,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(
        allow("s3:PutObject"),
        deny(["s3:PutObject"], { StringNotEquals: { "s3:x-amz-server-side-encryption": "AES256" } }),
      );
      const encrypted = await putAsWriter(t, { "x-amz-server-side-encryption": "AES256" });
      return `${outcome(encrypted)}; ${outcome(await putAsWriter(t))}`;
    },
    aws: "200; 403 AccessDenied",
    ceph: "200; 200",
  },
  {
    group: "policy",
    title: "Deny of a retention below 30 days: 40 days, 10 days",
    source: PAGES.conditionKeys,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(
        allow("s3:PutObject", "s3:PutObjectRetention"),
        deny(["s3:PutObject", "s3:PutObjectRetention"], {
          NumericLessThan: { "s3:object-lock-remaining-retention-days": "30" },
        }),
      );
      return `${outcome(await putAsWriter(t, lockHeaders(40)))}; ${outcome(await putAsWriter(t, lockHeaders(10)))}`;
    },
    aws: "200; 403 AccessDenied",
    ceph: "200; 200",
  },
  {
    group: "policy",
    title: "Deny of PutObjectRetention: a retention lengthened by the writer",
    source: PAGES.policyLogic,
    run: async (t) => {
      await t.lockBucket();
      await t.put("a", "x", lockHeaders(1));
      await t.policy(allow("s3:PutObject"));
      return t.putXml({ key: "a", query: { retention: "" }, body: retentionXml(9), user: "writer" });
    },
    aws: "403 AccessDenied",
  },
  {
    group: "policy",
    title: "the writer changes settings: versioning, lock, policy",
    source: PAGES.policyLogic,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(allow("s3:PutObject"));
      const body = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
      const versioning = await t.putXml({ query: { versioning: "" }, body, user: "writer" });
      const lock = await t.putXml({ query: { "object-lock": "" }, body: "<ObjectLockConfiguration/>", user: "writer" });
      const policy = await t.send({ method: "DELETE", query: { policy: "" }, user: "writer" });
      return `${outcome(versioning)}; ${outcome(lock)}; ${outcome(policy)}`;
    },
    aws: "403 AccessDenied; 403 AccessDenied; 403 AccessDenied",
  },
  {
    group: "policy",
    title: "Deny of plain HTTP",
    source: PAGES.conditionKeys,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(allow("s3:PutObject"), deny(["s3:PutObject"], { Bool: { "aws:SecureTransport": "false" } }));
      return putAsWriter(t);
    },
    aws: "403 AccessDenied",
    ceph: "200",
  },
  {
    group: "policy",
    title: "a policy with an unknown action",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.policy(deny(["s3:PutObjects"]));
    },
    aws: "400 MalformedPolicy",
    ceph: "400 InvalidArgument",
  },
  {
    group: "policy",
    title: "a policy with an unknown condition key",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.policy(deny(["s3:PutObject"], { StringEquals: { "s3:no-such-key": "x" } }));
    },
    aws: "400 MalformedPolicy",
    ceph: "204",
  },
  {
    group: "policy",
    title: "a policy with an unknown operator",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.policy(deny(["s3:PutObject"], { StringIs: { "s3:object-lock-mode": "x" } }));
    },
    aws: "400 MalformedPolicy",
    ceph: "400 InvalidArgument",
  },
  {
    group: "policy",
    title: "a policy that is no JSON",
    source: PAGES.errors,
    run: async (t) => {
      await t.lockBucket();
      return t.send({ method: "PUT", query: { policy: "" }, body: "{" });
    },
    aws: "400 MalformedPolicy",
    ceph: "400 InvalidArgument",
  },
  {
    group: "policy",
    title: "a key that is not there, asked for by who may not list",
    source: PAGES.getObject,
    run: async (t) => {
      await t.lockBucket();
      await t.policy(allow("s3:GetObject"));
      const without = await t.send({ key: "a", user: "writer" });
      await t.policy(allow("s3:GetObject", "s3:ListBucket"));
      return `${outcome(without)}; ${outcome(await t.send({ key: "a", user: "writer" }))}`;
    },
    aws: "403 AccessDenied; 404 NoSuchKey",
  },
];
