import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createFileStore, createSpool } from "@proclaw/audit";
import { auditStoreKit } from "@proclaw/conformance";
import type { AuditSource } from "@proclaw/core";
import { verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { afterAll, describe, expect, it } from "vitest";
import { SERVERS, TestBucket } from "./servers.ts";

const verify = (source: AuditSource) => verifyTrail(source, { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify });

/** A claim of a dead writer counts for so long; long enough for a living one on a busy machine. */
const LEASE_MS = 6000;

describe.each(SERVERS)("on %s", async (name) => {
  const bucket = await TestBucket.start(name);
  afterAll(() => bucket.server.stop());
  let places = 0;

  // On the in-repo server packages/audit-s3 does that, with a clock that can be moved.
  describe.runIf(name === "real ceph")("the S3 store by itself", () => {
    const cases = auditStoreKit({
      verify,
      can: ["kill"],
      create: async () => {
        const prefix = `kit-${++places}`;
        return {
          open: async () => bucket.store(prefix, { leaseMs: LEASE_MS }),
          kill: async () => {
            await sleep(LEASE_MS + 100);
          },
        };
      },
    });
    it.each(cases)("$name", async ({ run }) => await expect(run()).resolves.toBeUndefined(), 120_000);
  });

  describe("the spool before it", () => {
    const cases = auditStoreKit({
      verify,
      can: ["kill"],
      create: async () => {
        const prefix = `spool-${++places}`;
        const dir = await mkdtemp(join(tmpdir(), "proclaw-s3-"));
        return {
          open: async () =>
            createSpool({
              local: createFileStore(join(dir, "trail")),
              remote: bucket.store(prefix),
              directory: join(dir, "spool"),
              segmentMs: 5,
              closeMs: 50,
            }),
          kill: (store) => store.close(),
          dispose: () => rm(dir, { recursive: true, force: true }),
        };
      },
    });
    it.each(cases)("$name", async ({ run }) => await expect(run()).resolves.toBeUndefined(), 120_000);
  });
});
