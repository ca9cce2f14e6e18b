import { createHash } from "node:crypto";
import type { AuditStore, SealedRecord, StoreLease } from "@proclaw/core";
import { afterAll, describe, expect, it } from "vitest";
import { BUCKET, ServedBucket } from "./fixtures/served-bucket.ts";
import { number16 } from "./keys.ts";

/*
 * Somebody with the writer's credentials and without its lease puts a second history into the
 * folder of another epoch. Whatever was acknowledged must be what is read.
 */

const LOG = "01990000-0000-7000-8000-000000000001";
const DAY_MS = 86_400_000;

function record(seq: number): SealedRecord {
  const bytes = Buffer.from(`record ${seq}`);
  return { seq, leaf: createHash("sha256").update(Uint8Array.of(0)).update(bytes).digest("hex"), bytes };
}

const BEFORE = { expectedSeq: 2, expectedHead: record(1).leaf };

for (const manner of ["aws", "ceph"] as const) {
  describe(`a second history, in the manner of ${manner}`, async () => {
    const served = await ServedBucket.start(manner);
    const sdk = served.sdk();
    afterAll(async () => {
      sdk.destroy();
      await served.server.stop();
    });
    let scenes = 0;

    /** A log of records 0 and 1 in one object, by a writer of epoch 0 or of one that took over. */
    async function scene(epoch: 0 | 1) {
      const prefix = `h${++scenes}`;
      const store: AuditStore = served.store({ prefix });
      let lease: StoreLease = await store.lease(LOG);
      if (epoch === 1) {
        await lease.release();
        lease = await store.lease(LOG);
      }
      expect(lease.epoch).toBe(epoch);
      await store.append(lease, { expectedSeq: 0, expectedHead: null }, [record(0), record(1)]);
      const put = async (name: string, Body: string): Promise<void> => {
        const ObjectLockRetainUntilDate = new Date(Date.now() + 40 * DAY_MS);
        const Key = `${prefix}/v1/${LOG}/${name}`;
        await sdk.putObject({ Bucket: BUCKET, Key, Body, ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate });
      };
      const nameOf = (of: number, seq: number): string =>
        `s3://evidence/${prefix}/v1/${LOG}/${number16(of)}/${number16(seq)}.jsonl`;
      return {
        store,
        lease,
        nameOf,
        plant: (of: number, seq: number) => put(`${number16(of)}/${number16(seq)}.jsonl`, `planted ${seq}\n`),
        claim: (of: number) => put(`leases/${number16(of)}.json`, "{}\n"),
        append: () => store.append(lease, BEFORE, [record(2)]),
        text: async () => {
          const chunks: Uint8Array[] = [];
          for await (const { bytes } of store.read(LOG)) for await (const chunk of bytes) chunks.push(chunk);
          return Buffer.concat(chunks).toString();
        },
        findings: async () => (await store.evidence(LOG)).findings,
      };
    }

    it.each([
      ["a higher epoch", 0, 9],
      ["a lower epoch", 1, 0],
    ] as const)(
      "planted in %s before the put: not acknowledged, then read as the writer put it",
      async (_, own, of) => {
        const { plant, append, store, lease, text, findings, nameOf } = await scene(own);
        await plant(of, 2);
        await expect(append()).rejects.toMatchObject({
          code: "head_mismatch",
          message: expect.stringContaining(nameOf(of, 2)),
        });
        // The writer looks again, as the spool does: nothing is acknowledged that is not read.
        expect(await store.recover(lease)).toMatchObject({ size: 3, head: record(2).leaf });
        expect(await text()).toBe("record 0\nrecord 1\nrecord 2\n");
        expect(await findings()).toEqual([
          expect.stringContaining(`\`${nameOf(of, 2)}\` is not read: the leases give epoch ${of} no part of this log`),
        ]);
        expect((await findings())[0]).toContain(`the honest object is \`${nameOf(own, 2)}\``);
      },
    );

    it.each([
      ["a higher epoch", 0, 9],
      ["a lower epoch", 1, 0],
    ] as const)("planted in %s in the second after the put: what was acknowledged is read", async (_, own, of) => {
      const { plant, append, text, findings, nameOf } = await scene(own);
      await append();
      await plant(of, 0);
      await plant(of, 1);
      await plant(of, 2);
      await plant(of, 3);
      expect(await text()).toBe("record 0\nrecord 1\nrecord 2\n");
      const told = await findings();
      expect(told).toHaveLength(4);
      for (const seq of [0, 1, 2, 3]) {
        expect(told.some((finding) => finding.startsWith(`\`${nameOf(of, seq)}\` is not read`))).toBe(true);
      }
    });

    it("with a claim of its own, in the same second: what was acknowledged is read, and the writer is fenced", async () => {
      const { plant, claim, append, store, lease, text, findings, nameOf } = await scene(0);
      await append();
      await claim(9);
      await plant(9, 1);
      await plant(9, 2);
      expect(await text()).toBe("record 0\nrecord 1\nrecord 2\n");
      expect(await findings()).toEqual([
        expect.stringContaining(`\`${nameOf(9, 1)}\` is not read`),
        expect.stringContaining(`\`${nameOf(9, 2)}\` is not read`),
      ]);
      const next = store.append(lease, { expectedSeq: 3, expectedHead: record(2).leaf }, [record(3)]);
      await expect(next).rejects.toMatchObject({ code: "lease_lost" });
    });

    it("a lower epoch that is claimed afterwards changes nothing", async () => {
      const { plant, claim, append, text } = await scene(1);
      await append();
      // A second on, as a list sees it: epoch 5 is claimed after epoch 9, which the writer then is.
      await claim(9);
      served.server.clock.advance(2000);
      await claim(5);
      await plant(5, 3);
      expect(await text()).toBe("record 0\nrecord 1\nrecord 2\n");
    });

    it("what an overtaken writer put late is not read: the new writer's is", async () => {
      const { store, lease, plant, text, findings, nameOf } = await scene(0);
      await lease.release();
      const next = await store.lease(LOG);
      await store.append(next, BEFORE, [record(2)]);
      await plant(0, 2);
      await plant(0, 3);
      expect(await text()).toBe("record 0\nrecord 1\nrecord 2\n");
      expect(await findings()).toEqual(
        [2, 3].map((seq) =>
          expect.stringContaining(
            `\`${nameOf(0, seq)}\` is not read: the leases give epoch 0 only what begins with records 0 to 1; by the leases the honest object is \`${nameOf(1, 2)}\``,
          ),
        ),
      );
    });

    it("inside the range of a segment of the writer's own folder: named by its time", async () => {
      const { plant, append, findings, nameOf } = await scene(0);
      await append();
      served.server.clock.advance(2000);
      await plant(0, 1);
      expect(await findings()).toEqual([
        `\`${nameOf(0, 1)}\` came after \`${nameOf(0, 2)}\`, which follows it: writers put segments in order, so it was planted`,
      ]);
    });
  });
}
