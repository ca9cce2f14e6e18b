/**
 * Dump and restore with Debian's own tools: the guards must come back, and the trail must verify.
 * Installs `postgresql-15` where it can and there is none. Exit status 0 only if all came out right.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTrail } from "@proclaw/audit";
import { createPostgresStore, examine, migrate, openSource } from "@proclaw/audit-postgres";
import { eventFields } from "@proclaw/core";
import type { SanitizedEvent, StoredCheckpoint } from "@proclaw/core";
import { TestServer } from "@proclaw-private/test-postgres";
import { formatVerifierKey, verifierKey, verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { testSigner } from "../testing/signer.ts";

const MAJOR = 15;
const TOOLS = `/usr/lib/postgresql/${MAJOR}/bin`;
const RECORDS = 500;

let failures = 0;
function check(title: string, ok: boolean, found: string): void {
  if (!ok) failures++;
  process.stdout.write(`${ok ? "ok  " : "BAD "} ${title}: ${found}\n`);
}

function provideTools(): void {
  if (existsSync(join(TOOLS, "pg_dump"))) return;
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    throw new Error(`there is no ${TOOLS}/pg_dump, and it can be installed only by root on Debian`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  execFileSync("apt-get", ["update", "-qq"], { stdio: "inherit", env });
  execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", `postgresql-${MAJOR}`], {
    stdio: "inherit",
    env,
  });
}

function tool(name: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(join(TOOLS, name), args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
}

const signer = testSigner();
const key = formatVerifierKey(verifierKey(nodeHasher, signer.name, signer.publicKey));

async function write(url: string, records: number): Promise<StoredCheckpoint> {
  const store = createPostgresStore({ url });
  try {
    const trail = await openTrail({ store, signer });
    for (let i = 0; i < records; i++) {
      await trail.append(eventFields({ kind: "config.change", body: { name: `change ${i}` } }) as SanitizedEvent);
    }
    await trail.close();
    const logs = (await store.logs()).filter((log) => !log.startsWith("checkpoints-"));
    let last: StoredCheckpoint | null = null;
    for await (const checkpoint of store.checkpoints(logs.at(-1) ?? "")) last = checkpoint;
    if (last === null) throw new Error("the trail has no checkpoint");
    return last;
  } finally {
    await store.close();
  }
}

async function main(): Promise<void> {
  provideTools();
  const folder = mkdtempSync(join(tmpdir(), "proclaw-dump-"));
  const [before, after] = [await TestServer.start(MAJOR), await TestServer.start(MAJOR)];
  try {
    const database = await before.createDatabase("dumped");
    await migrate({ url: before.url(database) });
    await before.run(`CREATE ROLE agent LOGIN PASSWORD '${before.password}' IN ROLE proclaw_writer`);
    const anchor = await write(before.url(database, "agent"), RECORDS);

    const roles = join(folder, "roles.sql");
    tool("pg_dumpall", "--roles-only", "-d", before.url(), "-f", roles);
    // Our roles and the users in them; the new server has a superuser of its own.
    const ours = readFileSync(roles, "utf8")
      .split("\n")
      .filter((line) => !/^(CREATE|ALTER) ROLE postgres\b/.test(line));
    writeFileSync(roles, ours.join("\n"));
    tool("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", after.url(), "-f", roles);
    for (const form of ["custom", "plain"] as const) {
      const file = join(folder, form);
      tool("pg_dump", `--format=${form}`, "-d", before.url(database), "-f", file);
      const restored = await after.createDatabase("restored");
      if (form === "custom") tool("pg_restore", "--exit-on-error", "-d", after.url(restored), file);
      else tool("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", after.url(restored), "-f", file);

      const agent = after.url(restored, "agent", before.password);
      const { checks } = await examine({ url: agent });
      const failed = checks.filter(({ status }) => status === "fail" || status === "unknown");
      const eventTriggers = checks.find(({ id }) => id === "event_triggers")?.status;
      check(
        `${form}: the restored database passes the doctor`,
        failed.length === 0 && eventTriggers === "ok",
        failed.map(({ id, found }) => `${id} ${found}`).join("; ") || `${checks.length} checks`,
      );
      for (const sql of [
        "DELETE FROM proclaw.record",
        "TRUNCATE proclaw.record",
        "SET session_replication_role = replica; UPDATE proclaw.record SET seq = seq",
        "DROP TABLE proclaw.record",
        "ALTER TABLE proclaw.log DISABLE TRIGGER ALL",
      ]) {
        const answer = await after.run(sql, restored).then(
          () => "done",
          (error: unknown) => String((error as { readonly code?: unknown }).code),
        );
        check(`${form}: a superuser is stopped`, answer === "PC006", `${sql}: ${answer}`);
      }
      await write(agent, 20);
      const report = await verifyTrail(await openSource(agent), {
        hasher: nodeHasher,
        ed25519Verify: nodeEd25519Verify,
        keys: [key],
        anchors: [anchor],
        strict: true,
      });
      check(
        `${form}: it verifies under the anchor taken before, and goes on`,
        report.verdict === "intact" && report.level === "L1" && report.records > RECORDS,
        `${report.records} records ${report.verdict}, level ${report.level ?? "none"}`,
      );
    }
  } finally {
    await Promise.all([before.stop(), after.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
process.exitCode = failures === 0 ? 0 : 1;
