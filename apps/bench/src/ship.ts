import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import { startS3Server } from "@proclaw-private/s3-server";
import { createFileStore, createSpool, openFileSigner, openTrail } from "@proclaw/audit";
import type { Spool } from "@proclaw/audit";
import { createS3Store } from "@proclaw/audit-s3";
import { eventFields, type RecordStore, type SanitizedEvent } from "@proclaw/core";
import { interleave, table } from "./measure.ts";
import type { BenchContext, BenchResult } from "./part.ts";

const EVENT = eventFields({ kind: "config.change", body: { text: "x".repeat(350) } }) as SanitizedEvent;

const ABOUT =
  "The server is the in-repo one in the same process, over loopback: its work is in the figures, a network is not. " +
  "Each segment costs a PUT and the requests that confirm it; with `ack: remote` a caller waits for all of them.";

/**
 * An append before a bucket against one into the plain file store, and how fast a backlog is
 * shipped. The server is the in-repo one, in this very process: its work is in all figures, the
 * network is not.
 */
export async function benchShip(bench: BenchContext): Promise<BenchResult> {
  const backlogRecords = bench.pick(20_000, 2000);
  const folder = mkdtempSync(join(tmpdir(), "proclaw-bench-"));
  const server = await startS3Server();
  try {
    const clientConfig = {
      endpoint: server.endpoint,
      region: server.region,
      forcePathStyle: true,
      credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
    };
    const owner = new S3(clientConfig);
    await owner.createBucket({ Bucket: "bench", ObjectLockEnabledForBucket: true });
    owner.destroy();
    const spool = (name: string, ack: "local" | "remote"): Spool =>
      createSpool({
        local: createFileStore(join(folder, name, "trail")),
        remote: createS3Store({ clientConfig, bucket: "bench", prefix: name, retention: { days: 1 } }),
        directory: join(folder, name, "spool"),
        ack,
      });
    const signer = await openFileSigner(join(folder, "key"), { name: "bench" });
    const open = async (store: RecordStore) => openTrail({ store, signer });
    const spools = { local: spool("local", "local"), remote: spool("remote", "remote") };
    const trails = {
      file: await open(createFileStore(join(folder, "plain"))),
      local: await open(spools.local),
      remote: await open(spools.remote),
    };
    const callers = async (trail: { append(event: SanitizedEvent): Promise<unknown> }, n: number, count: number) => {
      await Promise.all(
        Array.from({ length: count }, async () => {
          for (let i = 0; i < n / count; i++) await trail.append(EVENT);
        }),
      );
    };
    const measured = await interleave(
      [
        { name: "plain file store, one caller", run: (n) => callers(trails.file, n, 1) },
        { name: "spool, `ack: local`, one caller", run: (n) => callers(trails.local, n, 1) },
        { name: "spool, `ack: remote`, one caller", run: (n) => callers(trails.remote, n, 1) },
        { name: "plain file store, 64 callers", run: (n) => callers(trails.file, n, 64) },
        { name: "spool, `ack: local`, 64 callers", run: (n) => callers(trails.local, n, 64) },
        { name: "spool, `ack: remote`, 64 callers", run: (n) => callers(trails.remote, n, 64) },
      ],
      128,
      bench.pick(7, 1),
    );
    for (const trail of Object.values(trails)) await trail.close();
    await spools.local.flush();
    await spools.remote.flush();

    const backlog = await open(spools.local);
    await callers(backlog, backlogRecords, 512);
    const { waitingBytes } = spools.local.status();
    const begun = performance.now();
    await spools.local.flush();
    const seconds = (performance.now() - begun) / 1000;
    await backlog.close();
    await spools.local.close();
    await spools.remote.close();
    const megabytes = waitingBytes / 1e6;
    const rate =
      `A backlog of ${megabytes.toFixed(1)} MB in segments of up to 4 MiB was shipped, each segment confirmed, at ` +
      `${(megabytes / seconds).toFixed(0)} MB/s (records of 1 KB).`;
    return { markdown: `${ABOUT}\n\n${table(measured)}\n\n${rate}` };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
