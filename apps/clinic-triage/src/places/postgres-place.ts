import { join } from "node:path";
import { createPostgresStore, migrate, openSource } from "@proclaw/audit-postgres";
import { ProclawError } from "@proclaw/core";
import { findBinaries, MAJORS, TestServer } from "@proclaw-private/test-postgres";
import type { Check } from "../report.ts";
import type { TrailPlace } from "./place.ts";

/**
 * A PostgreSQL server of the demo's own: the system's or the npm package's programs, on a random
 * port of this machine, gone with the demo. The agent's user may append and no more.
 */
export async function postgresPlace(stateDir: string): Promise<TrailPlace> {
  const major = MAJORS.toReversed().find((one) => findBinaries(one) !== null);
  if (major === undefined) {
    throw new ProclawError("unsupported_platform", "no PostgreSQL 15 or 18 is installed, and npm has none for here");
  }
  const server = await TestServer.start(major);
  try {
    return await placeOn(server, stateDir);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function placeOn(server: TestServer, stateDir: string): Promise<TrailPlace> {
  const database = await server.createDatabase("clinic");
  const admin = server.url(database);
  await migrate({ url: admin });
  for (const [user, role] of [
    ["agent", "proclaw_writer"],
    ["auditor", "proclaw_auditor"],
  ]) {
    await server.run(`CREATE ROLE ${user} LOGIN PASSWORD '${server.password}' IN ROLE ${role}`);
  }
  const store = createPostgresStore({ url: server.url(database, "agent") });
  /** As a superuser who first takes the guards away and puts them back afterwards. */
  const unguarded = async (sql: string): Promise<void> => {
    await server.run(
      `DROP EVENT TRIGGER proclaw_refuse_drop; DROP EVENT TRIGGER proclaw_refuse_drop_early;
       DROP EVENT TRIGGER proclaw_refuse_change; ${onEveryTable("DISABLE TRIGGER USER")}; ${sql};
       ${onEveryTable("ENABLE ALWAYS TRIGGER guard_rows")}; ${onEveryTable("ENABLE ALWAYS TRIGGER guard_statements")}`,
      database,
    );
    await migrate({ url: admin });
  };
  const tried = async (user: string | undefined, sql: string): Promise<string> => {
    const url = user === undefined ? admin : server.url(database, user);
    return await server.runAs(url, sql).then(
      () => "it was done",
      (error: unknown) => `refused (${String((error as { readonly code?: unknown }).code)})`,
    );
  };
  return {
    name: `postgres://${server.host}:${server.port}/${database}`,
    store,
    keys: join(stateDir, "keys"),
    level: "L1",
    async settle() {
      await store.close();
    },
    async source() {
      return await openSource(server.url(database, "auditor"));
    },
    async contents() {
      const rows = await server.run(
        `SELECT 'postgres:' || log || '.jsonl' AS name, string_agg(body || '\\x0a'::bytea, ''::bytea ORDER BY seq) AS bytes
           FROM proclaw.record GROUP BY log
         UNION ALL SELECT log || ' ' || size || '.note', note FROM proclaw.checkpoint`,
        database,
      );
      return rows.map((row) => ({ name: String(row["name"]), bytes: row["bytes"] as Buffer }));
    },
    async replace(name, bytes) {
      const log = name.slice("postgres:".length, -".jsonl".length);
      const lines = bytes.toString("latin1").split("\n").slice(0, -1);
      const values = lines.map((line, seq) => `(${seq}, '\\x${Buffer.from(line, "latin1").toString("hex")}'::bytea)`);
      await unguarded(
        `UPDATE proclaw.record AS r SET body = v.body FROM (VALUES ${values.join(", ")}) AS v (seq, body)
         WHERE r.log = '${log}' AND r.seq = v.seq AND r.body <> v.body`,
      );
    },
    async extraChecks(): Promise<readonly Check[]> {
      const sql = "DELETE FROM proclaw.record";
      const [agent, superuser] = [await tried("agent", sql), await tried(undefined, sql)];
      const dropped = await tried(undefined, "DROP TABLE proclaw.record");
      return [
        {
          title: "the agent's own credentials cannot delete a record",
          ok: agent === "refused (42501)",
          happened: agent,
        },
        {
          title: "a superuser who does not take the guards away first cannot either",
          ok: superuser === "refused (PC006)" && dropped === superuser,
          happened: `DELETE ${superuser}, DROP TABLE ${dropped}`,
        },
      ];
    },
    async close() {
      await store.close();
      await server.stop();
    },
  };
}

function onEveryTable(action: string): string {
  return `DO $$ DECLARE t regclass; BEGIN
    FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'proclaw'::regnamespace AND relkind IN ('r', 'p') LOOP
      EXECUTE format('ALTER TABLE %s ${action}', t);
    END LOOP; END $$`;
}
