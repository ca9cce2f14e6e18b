import { inject } from "vitest";
import pg from "pg";
import type { SharedServer } from "@proclaw-private/test-postgres/global-setup";
import { migrate } from "@proclaw/audit-postgres";

export function servers(): readonly SharedServer[] {
  return inject("postgresServers");
}

const PASSWORD = "not-a-secret-of-anybody";
let count = 0;

/** A database with the schema, and URLs of its users. It lives as long as the server. */
export interface Database {
  readonly writer: string;
  readonly auditor: string;
  readonly superuser: string;
  run(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

/** A new database with the schema in it, copied from one that was migrated once. */
export async function databaseMaker(server: SharedServer): Promise<() => Promise<Database>> {
  const template = await make(server, "template0");
  await migrate({ url: template.superuser });
  for (const role of ["writer", "auditor"]) {
    await template.run(`DO $$ BEGIN
      CREATE ROLE e2e_${role} LOGIN PASSWORD '${PASSWORD}' IN ROLE proclaw_${role};
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
  }
  return async () => await make(server, template.name);
}

async function make(server: SharedServer, template: string): Promise<Database & { readonly name: string }> {
  const name = `e2e_${process.pid}_${Date.now().toString(36)}_${++count}`;
  const url = (user: string, password: string, database = name): string =>
    `postgres://${user}:${password}@${server.host}:${server.port}/${database}`;
  await query(url(server.user, server.password, "postgres"), `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const superuser = url(server.user, server.password);
  return {
    name,
    superuser,
    writer: url("e2e_writer", PASSWORD),
    auditor: url("e2e_auditor", PASSWORD),
    run: async (sql, values) => await query(superuser, sql, values),
  };
}

async function query(
  url: string,
  sql: string,
  values?: readonly unknown[],
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const answer = (await client.query(sql, values === undefined ? undefined : [...values])) as unknown;
    const last = (Array.isArray(answer) ? answer.at(-1) : answer) as { rows: Record<string, unknown>[] };
    return last.rows;
  } finally {
    await client.end();
  }
}

/** What a superuser does first, to change what is guarded. */
export async function disarm(database: Database): Promise<void> {
  await database.run(`
    DROP EVENT TRIGGER IF EXISTS proclaw_refuse_drop; DROP EVENT TRIGGER IF EXISTS proclaw_refuse_change;
    DROP EVENT TRIGGER IF EXISTS proclaw_refuse_drop_early;
    DO $$ DECLARE t regclass; BEGIN
      FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'proclaw'::regnamespace AND relkind IN ('r', 'p') LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', t);
      END LOOP;
    END $$`);
}
