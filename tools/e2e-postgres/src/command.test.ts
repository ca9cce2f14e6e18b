import { execFile } from "node:child_process";
import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTrail } from "@proclaw/audit";
import { createPostgresStore } from "@proclaw/audit-postgres";
import { eventFields } from "@proclaw/core";
import type { SanitizedEvent } from "@proclaw/core";
import { formatVerifierKey, verifierKey } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databaseMaker, disarm, servers } from "./testing/database.ts";
import type { Database } from "./testing/database.ts";
import { testSigner } from "./testing/signer.ts";

const ROOT = join(import.meta.dirname, "../../..");

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The real command in a process of its own. Passwords come from the environment, as they should. */
async function proclaw(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const command = ["--conditions", "@proclaw/source", "--no-warnings", "packages/cli/src/bin.ts", ...args];
  return await new Promise((resolve) => {
    execFile(
      process.execPath,
      command,
      { cwd: ROOT, env: { PATH: process.env["PATH"], ...env } },
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      },
    );
  });
}

describe.each(servers())("PostgreSQL $major: the command", (server) => {
  let database: Database;
  let make: () => Promise<Database>;
  let folder: string;
  let key: string;
  let anchor: string;
  let records = 0;

  beforeAll(async () => {
    make = await databaseMaker(server);
    database = await make();
    folder = await mkdtemp(join(tmpdir(), "proclaw-e2e-"));
    const signer = testSigner();
    key = join(folder, "e2e.vkey");
    await writeFile(key, `${formatVerifierKey(verifierKey(nodeHasher, signer.name, signer.publicKey))}\n`);
    const store = createPostgresStore({ url: database.writer });
    const trail = await openTrail({ store, signer });
    for (let i = 0; i < 300; i++) {
      await trail.append(eventFields({ kind: "config.change", body: { name: `change ${i}` } }) as SanitizedEvent);
    }
    await trail.close();
    anchor = join(folder, "last.note");
    for (const log of await store.logs()) {
      if (!log.startsWith("checkpoints-")) {
        records += (await store.head(log)).size;
        for await (const { note } of store.checkpoints(log)) await writeFile(anchor, note);
      }
    }
    await store.close();
  });
  afterAll(async () => await rm(folder, { recursive: true }));

  /** The URL without its password, and that in the environment. */
  const apart = (url: string): [string, Record<string, string>] => {
    const parsed = new URL(url);
    const password = parsed.password;
    parsed.password = "";
    return [parsed.href, { PGPASSWORD: password }];
  };

  it("verifies, with an anchor too", async () => {
    const [url, env] = apart(database.auditor);
    const { code, out } = await proclaw(
      ["audit", "verify", url, "--key", key, "--anchor", anchor, "--strict", "--json"],
      env,
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verdict: "intact", level: "L1", records, first_bad: null });
  });

  it("exports every line as it is stored", async () => {
    const [url, env] = apart(database.auditor);
    const { code, out } = await proclaw(["audit", "export", url], env);
    const rows = await database.run("SELECT body FROM proclaw.record ORDER BY log, seq");
    expect(code).toBe(0);
    expect(out).toBe(rows.map((row) => `${(row["body"] as Buffer).toString()}\n`).join(""));
  });

  it("shows the end", async () => {
    const [url, env] = apart(database.auditor);
    const { code, out } = await proclaw(["audit", "tail", url, "-n", "3", "--json"], env);
    expect(code).toBe(0);
    expect(out.trim().split("\n")).toHaveLength(3);
  });

  it("finds what a superuser changed, and a cut tail by its anchor", async () => {
    const spoiled = await make();
    await disarm(spoiled);
    for (const table of ["log", "record", "checkpoint"]) {
      const rows = await database.run(`SELECT json_agg(t) AS rows FROM proclaw.${table} AS t`);
      await spoiled.run(
        `INSERT INTO proclaw.${table} SELECT * FROM json_populate_recordset(NULL::proclaw.${table}, $1)`,
        [JSON.stringify(rows[0]?.["rows"])],
      );
    }
    const [url, env] = apart(spoiled.auditor);
    expect((await proclaw(["audit", "verify", url, "--key", key], env)).code).toBe(0);
    await spoiled.run(
      "DELETE FROM proclaw.record WHERE log LIKE 'checkpoints-%' OR seq >= 100; DELETE FROM proclaw.checkpoint; DELETE FROM proclaw.log WHERE id LIKE 'checkpoints-%'",
    );
    expect((await proclaw(["audit", "verify", url], env)).code).toBe(0);
    const found = await proclaw(["audit", "verify", url, "--key", key, "--anchor", anchor, "--json"], env);
    expect(found.code).toBe(1);
    expect(JSON.parse(found.out)).toMatchObject({ verdict: "tampered", first_bad: { kind: "truncated_below_anchor" } });
    await spoiled.run(
      "UPDATE proclaw.record SET body = convert_to(replace(convert_from(body, 'UTF8'), 'change 42', 'change 43'), 'UTF8')",
    );
    expect((await proclaw(["audit", "verify", url], env)).code).toBe(1);
  });

  it("doctor: a good database passes for its writer, not for its superuser; a bad one does not", async () => {
    const [url, env] = apart(database.writer);
    const good = await proclaw(["doctor", "postgres", url], env);
    expect(good).toMatchObject({ code: 0, err: "" });
    expect(good.out).toContain("this database keeps what it promises");
    const [administrator, its] = apart(database.superuser);
    expect((await proclaw(["doctor", "postgres", administrator], its)).code).toBe(1);
    const bad = await make();
    await disarm(bad);
    const [other, others] = apart(bad.writer);
    const { code, out } = await proclaw(["doctor", "postgres", other, "--json"], others);
    expect(code).toBe(1);
    const report = JSON.parse(out) as { ok: boolean; checks: { id: string; ok: boolean; remedy: string | null }[] };
    expect(report.ok).toBe(false);
    expect(report.checks.filter(({ ok, id }) => !ok && id !== "standby" && id !== "superusers")).toMatchObject([
      { id: "guards", remedy: expect.any(String) as unknown },
      { id: "event_triggers", remedy: expect.any(String) as unknown },
    ]);
  });

  it("says what is wrong with a URL, never a password", async () => {
    const [url] = apart(database.auditor);
    const none = await proclaw(["audit", "verify", url], { HOME: folder });
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining("PGPASSWORD") as unknown });
    const wrong = url.replace("@", ":s3cret@");
    for (const args of [
      ["audit", "verify", wrong],
      ["audit", "export", wrong],
      ["doctor", "postgres", wrong],
    ]) {
      const { code, out, err } = await proclaw(args);
      expect(code).toBe(2);
      expect(err).toContain("the password is wrong");
      expect(out + err).not.toContain("s3cret");
    }
    expect((await proclaw(["doctor", "postgres", "./trail"])).code).toBe(2);
  });
});
