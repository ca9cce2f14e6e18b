import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileStore, createSpool, exportTrail, openFileSigner, openFileSource, openTrail } from "@proclaw/audit";
import { runCli } from "@proclaw/cli";
import { eventFields } from "@proclaw/core";
import type { AuditSource, SanitizedEvent } from "@proclaw/core";
import { formatVerifierKey, verifierKey, verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { afterAll, describe, expect, it } from "vitest";
import { BUCKET, SERVERS, TestBucket } from "./servers.ts";

async function textOf(source: AuditSource): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportTrail(source)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe.each(SERVERS)("somebody with the writer's credentials, on %s", async (name) => {
  const bucket = await TestBucket.start(name);
  const thief = bucket.sdk();
  const folders: string[] = [];
  afterAll(async () => {
    thief.destroy();
    await bucket.server.stop();
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  });
  let places = 0;

  async function overwrite(Key: string, Body: Buffer): Promise<void> {
    const ContentMD5 = createHash("md5").update(Body).digest("base64");
    await thief.putObject({ Bucket: BUCKET, Key, Body, ContentMD5 });
  }

  /** A closed trail in the bucket. */
  async function written() {
    const dir = await mkdtemp(join(tmpdir(), "proclaw-attacks-"));
    folders.push(dir);
    const prefix = `attack-${++places}`;
    const signer = await openFileSigner(join(dir, "key.pem"));
    const store = createSpool({
      local: createFileStore(join(dir, "trail")),
      remote: bucket.store(prefix),
      directory: join(dir, "spool"),
      segmentBytes: 4096,
      closeMs: 60_000,
    });
    const trail = await openTrail({ store, signer });
    for (let i = 0; i < 20; i++) {
      await trail.append(eventFields({ kind: "config.change", body: { i, text: "x".repeat(500) } }) as SanitizedEvent);
    }
    await trail.close();
    await store.close();
    const { Versions = [] } = await thief.listObjectVersions({ Bucket: BUCKET, Prefix: `${prefix}/v1/` });
    const objects = Versions.map(({ Key = "", VersionId = "" }) => ({ Key, VersionId }));
    const segments = objects.filter(({ Key }) => Key.endsWith(".jsonl"));
    expect(segments.length).toBeGreaterThan(2);
    const text = await textOf(openFileSource(join(dir, "trail")));
    const vkey = formatVerifierKey(verifierKey(nodeHasher, signer.name, signer.publicKey));
    const key = join(dir, "operator.vkey");
    await writeFile(key, `${vkey}\n`);
    const verify = async () =>
      verifyTrail(await bucket.source(prefix), {
        hasher: nodeHasher,
        ed25519Verify: nodeEd25519Verify,
        keys: [vkey],
        strict: true,
      });
    return { prefix, objects, segments, text, key, verify };
  }

  it("cannot delete, shorten or weaken anything", async () => {
    const { objects, prefix, text, verify } = await written();
    const soon = new Date(Date.now() + 5000);
    const far = new Date(Date.now() + 9 * 86_400_000);
    for (const { Key, VersionId } of objects) {
      const at = { Bucket: BUCKET, Key, VersionId };
      const attempts = [
        thief.deleteObject(at),
        thief.deleteObject({ ...at, BypassGovernanceRetention: true }),
        thief.putObjectRetention({ ...at, Retention: { Mode: "COMPLIANCE", RetainUntilDate: soon } }),
        thief.putObjectRetention({
          ...at,
          BypassGovernanceRetention: true,
          Retention: { Mode: "GOVERNANCE", RetainUntilDate: far },
        }),
      ];
      const refusals = (await Promise.allSettled(attempts)).map((one) =>
        one.status === "rejected" ? (one.reason as Error).name : "it was done",
      );
      expect(refusals).toEqual(attempts.map(() => "AccessDenied"));
    }
    expect(await textOf(await bucket.source(prefix))).toBe(text);
    expect(await verify()).toMatchObject({ verdict: "intact", level: "L2" });
  }, 120_000);

  it("can overwrite and hide: the trail is read as it was, and verify tells of it", async () => {
    const { segments, prefix, text, verify } = await written();
    const [first, second] = segments;
    await overwrite(first?.Key ?? "", Buffer.from("forged\n"));
    await thief.deleteObject({ Bucket: BUCKET, Key: second?.Key ?? "" });
    expect(await textOf(await bucket.source(prefix))).toBe(text);
    const report = await verify();
    expect(report).toMatchObject({ verdict: "intact", level: "L2" });
    const told = report.findings.filter(({ kind }) => kind === "store_evidence").map(({ message }) => message);
    expect(told.some((message) => message.includes("was written 1 more time, 1 with other bytes"))).toBe(true);
    expect(told.some((message) => message.includes("is hidden by 1 delete marker"))).toBe(true);
  }, 120_000);

  it("can put forged records behind the end: verify finds them", async () => {
    const { segments, verify, text } = await written();
    const last = segments.at(-1)?.Key ?? "";
    const records = text.trimEnd().split("\n").length;
    const forged = Buffer.from(`${text.trimEnd().split("\n").at(-1) ?? ""}\n`);
    await overwrite(last.replace(/\d{16}\.jsonl$/, `${String(records).padStart(16, "0")}.jsonl`), forged);
    expect((await verify()).verdict).toBe("tampered");
  }, 120_000);

  it("the command verifies, exports and follows the bucket, and its doctor takes it", async () => {
    const { prefix, text, key } = await written();
    bucket.useEnvironment();
    const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
      let out = "";
      let err = "";
      const io = {
        stdin: (async function* () {})(),
        stdout: {
          isTTY: false,
          write: async (chunk: string | Uint8Array) => void (out += Buffer.from(chunk).toString()),
        },
        stderr: {
          isTTY: false,
          write: async (chunk: string | Uint8Array) => void (err += Buffer.from(chunk).toString()),
        },
        cwd: tmpdir(),
        env: {},
        signal: new AbortController().signal,
      };
      const code = await runCli(argv, io);
      return { code, out, err };
    };
    const url = bucket.url(prefix);
    const verified = await run("audit", "verify", url, "--key", key, "--require", "L2", "--json");
    expect(verified).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(verified.out)).toMatchObject({ verdict: "intact", level: "L2" });
    expect(await run("audit", "export", url)).toEqual({ code: 0, out: text, err: "" });
    const tail = (await run("audit", "tail", url, "-n", "2", "--json")).out.trimEnd().split("\n");
    expect(tail).toHaveLength(2);
    for (const line of tail) expect(text).toContain(`${line}\n`);
    const good = await run("doctor", "s3", url, "--json");
    expect(good).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(good.out)).toMatchObject({ v: 1, ok: true });
    await thief.createBucket({ Bucket: "plain" });
    const bad = await run("doctor", "s3", url.replace(BUCKET, "plain"));
    expect(bad.code).toBe(1);
    expect(bad.out).toContain("Object Lock must be on from the bucket's making on");
    const none = await run("doctor", "s3", url.replace(BUCKET, "nowhere"));
    expect(none.code).toBe(2);
    expect(none.err).toContain("NoSuchBucket (404)");
  }, 120_000);
});
