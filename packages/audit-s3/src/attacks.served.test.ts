import { createHash } from "node:crypto";
import type { S3 } from "@aws-sdk/client-s3";
import type { AuditStore, SealedRecord } from "@proclaw/core";
import type { MannerName } from "@proclaw-private/s3-server";
import { afterAll, describe, expect, it } from "vitest";
import { BUCKET, ServedBucket } from "./fixtures/served-bucket.ts";

const LOG = "01990000-0000-7000-8000-000000000001";
const NOTE = Buffer.from("a note\n");

function record(seq: number): SealedRecord {
  const bytes = Buffer.from(`record ${seq}`);
  return { seq, leaf: createHash("sha256").update(Uint8Array.of(0)).update(bytes).digest("hex"), bytes };
}

interface Scene {
  readonly store: AuditStore;
  /** The very credentials of the writer, in somebody else's hands. */
  readonly thief: S3;
  readonly segment: string;
  readonly note: string;
  readonly prefix: string;
  readonly text: () => Promise<string>;
}

/** A log of two segments and a checkpoint, and a thief. */
async function scene(served: ServedBucket, prefix: string): Promise<Scene> {
  const store = served.store({ prefix });
  const lease = await store.lease(LOG);
  const first = [record(0), record(1)];
  await store.append(lease, { expectedSeq: 0, expectedHead: null }, first);
  await store.append(lease, { expectedSeq: 2, expectedHead: record(1).leaf }, [record(2)]);
  await store.putCheckpoint(lease, 3, NOTE);
  await lease.release();
  const reader = served.store({ prefix });
  return {
    store: reader,
    thief: served.sdk(),
    prefix,
    segment: `${prefix}/v1/${LOG}/0000000000000000/0000000000000000.jsonl`,
    note: `${prefix}/v1/${LOG}/checkpoints/0000000000000003.note`,
    async text() {
      let all = "";
      const chunks: Uint8Array[] = [];
      for await (const { bytes } of reader.read(LOG)) for await (const chunk of bytes) chunks.push(chunk);
      all += Buffer.concat(chunks).toString();
      for await (const { note } of reader.checkpoints(LOG)) all += Buffer.from(note).toString();
      return all;
    },
  };
}

const TEXT = "record 0\nrecord 1\nrecord 2\na note\n";
const ONCE = { Bucket: BUCKET };

for (const manner of ["aws", "ceph"] as const satisfies readonly MannerName[]) {
  describe(`a writer with stolen credentials, in the manner of ${manner}`, async () => {
    const served = await ServedBucket.start(manner);
    afterAll(() => served.server.stop());
    let scenes = 0;
    const versionOf = (key: string): string => served.server.bucket(BUCKET).versions(key).at(-1)?.versionId ?? "";

    it("before anything: the log is WORM, without findings", async () => {
      const { store, text } = await scene(served, `a${++scenes}`);
      expect(await text()).toBe(TEXT);
      const evidence = await store.evidence(LOG);
      expect(evidence).toMatchObject({ worm: true, findings: [] });
      expect(Date.parse(evidence.retainedUntil ?? "")).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    });

    it("cannot delete a version, nor with a bypass", async () => {
      const { thief, segment, text, store } = await scene(served, `a${++scenes}`);
      for (const BypassGovernanceRetention of [false, true]) {
        const attempt = thief.deleteObject({
          ...ONCE,
          Key: segment,
          VersionId: versionOf(segment),
          BypassGovernanceRetention,
        });
        await expect(attempt).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
      }
      expect(await text()).toBe(TEXT);
      expect((await store.evidence(LOG)).worm).toBe(true);
    });

    it("cannot shorten or weaken a lock", async () => {
      const { thief, segment } = await scene(served, `a${++scenes}`);
      const at = { ...ONCE, Key: segment, VersionId: versionOf(segment) };
      const soon = new Date(Date.now() + 5000);
      const far = new Date(Date.now() + 40 * 86_400_000);
      for (const Retention of [
        { Mode: "COMPLIANCE", RetainUntilDate: soon },
        { Mode: "GOVERNANCE", RetainUntilDate: far },
      ] as const) {
        await expect(
          thief.putObjectRetention({ ...at, Retention, BypassGovernanceRetention: true }),
        ).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
      }
    });

    it("can hide a log behind delete markers: it is read all the same, and evidence says so", async () => {
      const { thief, segment, note, text, store, prefix } = await scene(served, `a${++scenes}`);
      await thief.deleteObject({ ...ONCE, Key: segment });
      await thief.deleteObject({ ...ONCE, Key: note });
      expect(await text()).toBe(TEXT);
      expect(await store.logs()).toEqual([LOG]);
      const { findings, worm } = await store.evidence(LOG);
      expect(worm).toBe(true);
      expect(findings).toEqual([
        `\`s3://evidence/${segment}\` is hidden by 1 delete marker`,
        `\`s3://evidence/${note}\` is hidden by 1 delete marker`,
      ]);
      expect(prefix).not.toBe("");
    });

    it("can overwrite: the oldest version is read, and evidence tells of the other", async () => {
      const { thief, segment, note, text, store } = await scene(served, `a${++scenes}`);
      const until = { ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate: new Date(Date.now() + 90_000) } as const;
      await thief.putObject({ ...ONCE, Key: segment, Body: "forged\n", ...until });
      await thief.putObject({ ...ONCE, Key: note, Body: "forged note\n", ...until });
      // A marker between two versions lets a conditional PUT through on AWS.
      await thief.deleteObject({ ...ONCE, Key: segment });
      await thief.putObject({ ...ONCE, Key: segment, Body: "again\n", IfNoneMatch: "*", ...until });
      expect(await text()).toBe(TEXT);
      const { findings } = await store.evidence(LOG);
      expect(findings).toEqual([
        `\`s3://evidence/${segment}\` is hidden by 1 delete marker`,
        `\`s3://evidence/${segment}\` was written 2 more times, 2 with other bytes; the oldest version is what is read`,
        `\`s3://evidence/${note}\` was written 1 more time, 1 with other bytes; the oldest version is what is read`,
      ]);
    });

    it("can put a second history under another epoch: the first one is read", async () => {
      const { thief, text, store, prefix, segment } = await scene(served, `a${++scenes}`);
      const until = {
        ObjectLockMode: "COMPLIANCE",
        ObjectLockRetainUntilDate: new Date(Date.now() + 90 * 86_400_000),
      } as const;
      for (const epoch of ["0000000000000007", "0000000000000001"]) {
        const Key = `${prefix}/v1/${LOG}/${epoch}/0000000000000000.jsonl`;
        await thief.putObject({ ...ONCE, Key, Body: "forged\n", ...until });
      }
      expect(await text()).toBe(TEXT);
      const told = (epoch: number): string =>
        `\`s3://evidence/${prefix}/v1/${LOG}/000000000000000${epoch}/0000000000000000.jsonl\` is not read: the leases give epoch ${epoch} no part of this log; by the leases the honest object is \`s3://evidence/${segment}\``;
      expect((await store.evidence(LOG)).findings).toEqual([told(1), told(7)]);
    });

    it("can leave objects without a lock, or with a weak one: the log is WORM no more, and evidence names them", async () => {
      const { thief, store, prefix } = await scene(served, `a${++scenes}`);
      // Without lock headers the bucket's default rule applies: a COMPLIANCE lock of a day, not of 30.
      await thief.putObject({ ...ONCE, Key: `${prefix}/v1/${LOG}/checkpoints/0000000000000004.note`, Body: "x" });
      await thief.putObject({
        ...ONCE,
        Key: `${prefix}/v1/${LOG}/checkpoints/0000000000000005.note`,
        Body: "x",
        ObjectLockMode: "GOVERNANCE",
        ObjectLockRetainUntilDate: new Date(Date.now() + 90 * 86_400_000),
      });
      await thief.putObject({ ...ONCE, Key: `${prefix}/v1/${LOG}/notes.txt`, Body: "x" });
      const { worm, retainedUntil, findings } = await store.evidence(LOG);
      expect({ worm, retainedUntil }).toEqual({ worm: false, retainedUntil: null });
      expect(findings).toEqual([
        expect.stringMatching(/4\.note` is locked until \S+ only$/),
        expect.stringMatching(/5\.note` has a GOVERNANCE lock: whoever may bypass it can delete it$/),
        expect.stringMatching(/notes\.txt` is no object of this store$/),
      ]);
    });

    it("can plant keys that no XML can hold, and that look encoded: nothing of the log is hidden", async () => {
      const { thief, store, prefix, text } = await scene(served, `a${++scenes}`);
      const folder = `${prefix}/v1/${LOG}/0000000000000000/0000000000000000`;
      for (const name of ["\u0001", "%7E", "+plus plus", "é\u{1f600}", "&<>"]) {
        const [ObjectLockMode, ObjectLockRetainUntilDate] = ["COMPLIANCE", new Date(Date.now() + 90_000)] as const;
        const lock = { ObjectLockMode, ObjectLockRetainUntilDate };
        await thief.putObject({ ...ONCE, Key: `${folder}${name}`, Body: "x", ...lock });
      }
      expect(await text()).toBe(TEXT);
      const { findings, worm } = await store.evidence(LOG);
      expect(worm).toBe(true);
      expect(findings).toHaveLength(5);
      expect(findings.every((finding) => finding.endsWith("` is no object of this store"))).toBe(true);
    });

    it("when the locks have ended, the log is WORM no more", async () => {
      const { store } = await scene(served, `a${++scenes}`);
      const later = served.store({ prefix: `a${scenes}`, now: () => Date.now() + 31 * 86_400_000 });
      expect((await store.evidence(LOG)).worm).toBe(true);
      const { worm, findings } = await later.evidence(LOG);
      expect(worm).toBe(false);
      expect(findings[0]).toMatch(/was locked until \S+: it can be deleted now$/);
    });
  });
}
