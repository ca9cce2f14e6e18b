import { inspect } from "node:util";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownPool } from "./connection/own-pool.ts";
import { createPostgresStore, examine, migrate, openSource } from "./index.ts";
import { ChainWriter, LOG } from "./testing/chain.ts";
import { PlaceMaker, servers } from "./testing/places.ts";
import type { Place } from "./testing/places.ts";

/** Status of each check that is not `ok`. */
async function notOk(url: string): Promise<Record<string, string>> {
  const { checks } = await examine({ url });
  return Object.fromEntries(checks.filter(({ status }) => status !== "ok").map(({ id, status }) => [id, status]));
}

describe.each(servers())("PostgreSQL $major: the schema", (server) => {
  let maker: PlaceMaker;
  beforeAll(async () => {
    maker = await PlaceMaker.on(server);
  });

  it("can be migrated again, and again changes nothing", async () => {
    const place = await maker.make();
    const report = await migrate({ url: place.url("superuser") });
    expect(report).toEqual({ version: 1, applied: [], notEnforced: [] });
    await place.end();
  });

  it("a retention grows and never shrinks; a check that is on stays on", async () => {
    const place = await maker.make();
    const keep = async () => (await place.run("SELECT keep::text, check_records FROM proclaw.setting"))[0];
    expect(await keep()).toEqual({ keep: "7 years", check_records: true });
    await migrate({ url: place.url("superuser"), keep: "1 day", checkRecords: false });
    expect(await keep()).toEqual({ keep: "7 years", check_records: true });
    await migrate({ url: place.url("superuser"), keep: "10 years" });
    expect(await keep()).toEqual({ keep: "10 years", check_records: true });
    await place.end();
  });

  it("another text under a known version is refused, and so is a version from the future", async () => {
    const place = await maker.make();
    await place.run(
      "DROP EVENT TRIGGER proclaw_refuse_change; ALTER TABLE proclaw.migration DISABLE TRIGGER ALL; UPDATE proclaw.migration SET sha256 = 'x'",
    );
    await expect(migrate({ url: place.url("superuser") })).rejects.toMatchObject({ code: "incompatible_contract" });
    await place.run("UPDATE proclaw.migration SET version = 9");
    await expect(migrate({ url: place.url("superuser") })).rejects.toMatchObject({ code: "incompatible_contract" });
    await place.end();
  });

  it("an administrator who is no superuser can make it; what is then not enforced is said", async () => {
    const place = await maker.make();
    const [admin, database] = [`admin_${place.database}`, place.database];
    await place.run(
      `CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD 'p'; GRANT CREATE ON DATABASE ${database} TO ${admin}`,
    );
    const url = `postgres://${admin}:p@${server.host}:${server.port}/${database}`;
    const schema = `m${database.slice(-12).replace(/[^a-z0-9]/g, "_")}`;
    const report = await migrate({ url, schema });
    expect(report.notEnforced).toEqual(["DROP and ALTER of the tables: only a superuser may make event triggers"]);
    expect((await migrate({ url, schema })).applied).toEqual([]);
    await place.run(`GRANT ${schema}_writer TO test_writer`);
    const store = createPostgresStore({ url: place.url(), schema });
    const writer = new ChainWriter(store, await store.lease(LOG));
    await writer.append(3);
    await expect(place.run(`DELETE FROM ${schema}.record`)).rejects.toMatchObject({ code: "PC006" });
    const found = await notOk(`${place.url()}?schema=${schema}`);
    expect(found).toEqual({ standby: "warn", event_triggers: "warn", superusers: "warn" });
    await store.close();
    await place.end();
  });

  it("refuses a database that is not UTF-8", async () => {
    const place = await maker.make();
    const name = `latin_${place.database}`;
    await place.run(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`);
    const url = place.url("superuser").replace(place.database, name);
    await expect(migrate({ url })).rejects.toMatchObject({
      code: "store_failed",
      message: expect.stringContaining("UTF8") as unknown,
    });
    await place.end();
  });

  it("retires a month after its time and records where its logs ended; before, it refuses", async () => {
    const place = await maker.make();
    const store = place.store();
    const writer = new ChainWriter(store, await store.lease(LOG));
    await writer.append(2);
    await place.run("SELECT proclaw.make_month('2001-02-03')");
    await place.run(`INSERT INTO proclaw.log (id) VALUES ('old'); INSERT INTO proclaw.record VALUES
      ('old', 0, '2001-02-05', 'zero'), ('old', 1, '2001-02-06', 'one')`);
    const [month] = await place.run(
      "SELECT partition FROM proclaw.month WHERE from_at > '2020-01-01' ORDER BY from_at LIMIT 1",
    );
    await expect(place.run(`SELECT proclaw.retire('${String(month?.["partition"])}')`)).rejects.toMatchObject({
      code: "PC006",
    });
    await expect(place.run("DROP TABLE proclaw.record_2001_02")).rejects.toMatchObject({ code: "PC006" });
    expect(await place.run("SELECT proclaw.retire('record_2001_02') AS logs")).toEqual([{ logs: "1" }]);
    const [kept] = await place.run(
      "SELECT log, first_seq, last_seq, last_leaf = sha256('\\x00'::bytea || 'one') AS right FROM proclaw.retired",
    );
    expect(kept).toEqual({ log: "old", first_seq: "0", last_seq: "1", right: true });
    await expect(place.run("SELECT proclaw.retire('record_2001_02')")).rejects.toMatchObject({ code: "PC006" });
    const source = await openSource(place.url("auditor"));
    expect((await source.evidence("old")).findings.join()).toContain("records 0 to 1 were retired with record_2001_02");
    const { retainedUntil } = await source.evidence(LOG);
    expect(Date.parse(retainedUntil ?? "")).toBeGreaterThan(Date.now() + 6.9 * 365 * 86_400_000);
    await writer.append(1);
    await store.close();
    await place.end();
  });

  it("makes the month it needs, whoever forgot it", async () => {
    const place = await maker.make();
    const store = place.store();
    const writer = new ChainWriter(store, await store.lease(LOG));
    await place.run("DROP EVENT TRIGGER proclaw_refuse_change; DROP EVENT TRIGGER proclaw_refuse_drop");
    for (const { partition } of await place.run("SELECT partition FROM proclaw.month"))
      await place.run(`DROP TABLE proclaw.${String(partition)}`);
    await place.run("ALTER TABLE proclaw.month DISABLE TRIGGER ALL; DELETE FROM proclaw.month");
    await writer.append(2);
    expect(await place.run("SELECT count(*)::int AS n FROM proclaw.month")).toEqual([{ n: 2 }]);
    await store.close();
    await place.end();
  });

  describe("examined", () => {
    let place: Place;
    beforeAll(async () => {
      place = await maker.make();
    });
    afterAll(async () => await place.end());

    it("is well for a writer and for an auditor, but for what no database can do", async () => {
      for (const user of ["writer", "auditor"] as const) {
        expect(await notOk(place.url(user))).toEqual({ standby: "warn", superusers: "warn" });
      }
      const { checks, server: version, user } = await examine({ url: place.url() });
      expect({ version: Number.parseInt(version, 10), user }).toEqual({ version: server.major, user: "test_writer" });
      for (const { id, status, remedy, protects } of checks) {
        expect(protects, id).not.toBe("");
        if (status !== "ok") expect(remedy, id).toBeTruthy();
      }
    });

    it("is not well for a superuser", async () => {
      expect(await notOk(place.url("superuser"))).toMatchObject({ superuser: "fail", ownership: "fail" });
    });

    it("tells an event trigger that was switched off from one that was never made", async () => {
      const own = await maker.make();
      await own.run("ALTER EVENT TRIGGER proclaw_refuse_drop DISABLE");
      expect(await notOk(own.url())).toMatchObject({ event_triggers: "fail" });
      await own.end();
    });

    it.each([
      ["a trigger is off", "ALTER TABLE proclaw.checkpoint DISABLE TRIGGER guard_rows", { guards: "fail" }],
      ["a trigger can be passed by", "ALTER TABLE proclaw.record ENABLE TRIGGER guard_statements", { guards: "fail" }],
      ["a table is lost in a crash", "ALTER TABLE proclaw.log SET UNLOGGED", { guards: "fail" }],
      ["everybody may write", "GRANT INSERT ON proclaw.record TO PUBLIC", { guards: "fail" }],
      ["a partition is gone", "ALTER TABLE proclaw.record DETACH PARTITION PART", { guards: "fail" }],
      ["a door was replaced", "ALTER FUNCTION proclaw.append SECURITY INVOKER", { doors: "fail" }],
      ["a door has another search path", "ALTER FUNCTION proclaw.lease SET search_path = public", { doors: "fail" }],
      [
        "there is a door too many",
        "CREATE FUNCTION proclaw.back() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        { doors: "fail" },
      ],
      ["a door is missing", "DROP FUNCTION proclaw.release", { doors: "fail" }],
      ["an event trigger is missing", "SELECT 1", { event_triggers: "warn" }],
      ["the owner may log in", "ALTER ROLE OWNER LOGIN", { owner_role: "fail" }],
      ["somebody is a member of the owner", "GRANT OWNER TO WRITER", { owner_role: "fail", ownership: "fail" }],
      ["the writer approves", "GRANT APPROVER TO WRITER", { approver_role: "fail" }],
      ["the database is read-only", "ALTER DATABASE DB SET default_transaction_read_only = on", { primary: "fail" }],
      ["there is no schema", "DROP SCHEMA proclaw CASCADE", { schema: "fail" }],
    ])("finds that %s", async (_, sql, expected) => {
      // Roles belong to all databases: here they are this one's own.
      const own = await maker.make();
      const id = own.database.replaceAll(/[^a-z0-9]/g, "");
      const roles = /OWNER|APPROVER/.test(sql);
      const schema = roles ? `r${id}` : "proclaw";
      let url = own.url();
      if (roles) {
        await migrate({ url: own.url("superuser"), schema });
        await own.run(`CREATE ROLE w${id} LOGIN PASSWORD 'p' IN ROLE ${schema}_writer`);
        url = `postgres://w${id}:p@${server.host}:${server.port}/${own.database}?schema=${schema}`;
      }
      const [part] = await own.run("SELECT partition FROM proclaw.month LIMIT 1");
      await own.run(
        "DROP EVENT TRIGGER proclaw_refuse_change; DROP EVENT TRIGGER proclaw_refuse_drop; DROP EVENT TRIGGER proclaw_refuse_drop_early",
      );
      await own.run(
        sql
          .replace(/\bPART\b/, `proclaw.${String(part?.["partition"])}`)
          .replace(/\bOWNER\b/, `${schema}_owner`)
          .replace(/\bAPPROVER\b/, `${schema}_approver`)
          .replace(/\bWRITER\b/, `w${id}`)
          .replace(/\bDB\b/, own.database),
      );
      // A lost partition shows to who may read the list of months.
      expect(await notOk(/DETACH/.test(sql) ? own.url("auditor") : url)).toMatchObject(expected);
      await own.end();
    });

    it("the probe of a store tells the same", async () => {
      const weak = await maker.make();
      const store = weak.store();
      expect(await store.probe()).toMatchObject({ durable: true, worm: false });
      await weak.run("DROP EVENT TRIGGER proclaw_refuse_change; ALTER TABLE proclaw.checkpoint DISABLE TRIGGER ALL");
      const { findings } = await store.probe();
      expect(findings.join("\n")).toContain("guards: table checkpoint");
      await store.close();
      await weak.end();
    });
  });

  it("no error holds a password or a URL", async () => {
    const place = await maker.make();
    const secret = "s3cr3t-p4ss";
    const silent = createServer();
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const urls = [
      place.url().replace(/:[^:@]+@/, `:${secret}@`),
      `postgres://u:${secret}@127.0.0.1:1/db`,
      `postgres://u:${secret}@no-such-host.invalid/db`,
      `postgres://u:${secret}@127.0.0.1:${port}/db`,
      `postgres://u:${secret}@bad host/db`,
      `postgres//u:${secret}@h/db`,
      `mysql://u:${secret}@h/db`,
      `postgres://u:${secret}@127.0.0.1:${place.server.port}/no_such_database`,
      `postgres://u:${secret}@127.0.0.1:${place.server.port}/${place.database}?sslmode=require`,
    ];
    for (const url of urls) {
      const failed = await (async () => {
        const store = createPostgresStore({ url, connectMs: 300 });
        try {
          await store.logs();
        } finally {
          await store.close();
        }
      })().catch((error: unknown) => error);
      expect(failed, url).toBeInstanceOf(Error);
      const all = inspect(failed, { depth: 9, showHidden: true });
      expect(all).not.toContain(secret);
      expect(["store_failed", "invalid_option"]).toContain((failed as { code?: string }).code);
    }
    silent.close();
    await place.end();
  });

  it("passwords come from PG variables and the password file", async () => {
    const place = await maker.make();
    const { mkdtemp, writeFile, rm } = await import("node:fs/promises");
    const folder = await mkdtemp("/tmp/proclaw-pgpass-");
    const file = `${folder}/pgpass`;
    const url = new URL(place.url("auditor"));
    const password = url.password;
    url.password = "";
    await writeFile(file, `${url.hostname}:${url.port}:*:${url.username}:${password}\n`, { mode: 0o600 });
    const before = { ...process.env };
    try {
      process.env["PGPASSFILE"] = file;
      expect(await (await openSource(url.href)).logs()).toEqual([]);
      process.env["PGPASSFILE"] = `${folder}/none`;
      await expect(openSource(url.href)).rejects.toMatchObject({ code: "store_failed" });
      process.env["PGPASSWORD"] = password;
      expect(await (await openSource(url.href)).logs()).toEqual([]);
    } finally {
      process.env = before;
      await rm(folder, { recursive: true });
    }
    await place.end();
  });

  it("a store by URL can be closed twice, and answers nothing afterwards", async () => {
    const place = await maker.make();
    const store = createPostgresStore({ url: place.url() });
    expect(await store.logs()).toEqual([]);
    await store.close();
    await store.close();
    await expect(store.logs()).rejects.toMatchObject({ code: "store_failed" });
    await place.end();
  });

  it("reading sessions cannot write, whatever their user may", async () => {
    const place = await maker.make();
    const store = place.store();
    const writer = new ChainWriter(store, await store.lease(LOG));
    await writer.append(5);
    const source = await openSource(place.url("superuser"));
    expect(await source.logs()).toEqual([LOG]);
    const [row] = await place.run(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'proclaw'",
    );
    expect(row?.["n"]).toBe(1);
    const pool = ownPool({
      url: place.url("superuser"),
      max: 1,
      connectMs: 5_000,
      readOnly: true,
      applicationName: "x",
    });
    const client = await pool.connect();
    await expect(client.query({ text: "CREATE TABLE public.t (a int)" })).rejects.toMatchObject({ code: "25006" });
    client.release();
    await pool.end();
    await store.close();
    await place.end();
  });
});

it("options are checked before anything is connected", () => {
  expect(() => createPostgresStore({})).toThrow("exactly one of");
  expect(() =>
    createPostgresStore({ url: "postgres://h/d", pool: { connect: () => Promise.reject(new Error("no")) } }),
  ).toThrow("exactly one of");
  expect(() => createPostgresStore({ pool: {} as never })).toThrow("`connect`");
  expect(() => createPostgresStore({ url: "postgres://h/d", schema: "Robert'); DROP" })).toThrow("`schema`");
  expect(() => createPostgresStore({ url: "postgres://h/d", connectMs: 0 })).toThrow("`connectMs`");
});
