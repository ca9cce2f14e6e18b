import { ProclawError } from "@proclaw/core";
import { ownPool } from "./connection/own-pool.ts";
import type { PgPool } from "./connection/pg-port.ts";
import { withSession } from "./connection/session.ts";
import type { Session } from "./connection/session.ts";
import {
  eventTriggerFunctions,
  eventTriggerNames,
  eventTriggersSql,
  guardProblemsSql,
} from "./schema/event-triggers.ts";
import { guardingFunctions, MIGRATIONS, migrationDigest, ownedFunctions } from "./schema/migrations.ts";
import { schemaNames } from "./schema/names.ts";
import type { SchemaNames } from "./schema/names.ts";
import { createFunctionSql } from "./schema/sql-function.ts";

export interface MigrateOptions {
  /** Connections of an administrator: a superuser, or a user who may make roles and schemas. */
  readonly pool?: PgPool;
  /** In place of `pool`. */
  readonly url?: string;
  /** First part of the names of schemas and roles. Default `proclaw`. */
  readonly schema?: string;
  /** How long records are kept at least, as an interval of PostgreSQL. Default `7 years`. It can grow later, never shrink. */
  readonly keep?: string;
  /**
   * Whether the server also reads `hash_chain` in each record and compares it with the chain it
   * keeps itself. Default true; it can be switched on later, never off.
   */
  readonly checkRecords?: boolean;
}

export interface MigrateReport {
  /** Version of the tables now. */
  readonly version: number;
  /** Versions that this run applied. */
  readonly applied: readonly number[];
  /** What this server, or this user, did not allow; the trail works without it. */
  readonly notEnforced: readonly string[];
}

/** The first PostgreSQL that this was proved on. */
const LEAST_SERVER = 150_000;

/**
 * Makes or updates schemas, roles, tables, functions and guards, in one transaction. Running it
 * again changes nothing.
 *
 * It makes no login: `GRANT proclaw_writer TO your_user` afterwards.
 *
 * Errors: `store_failed` (with what the server refused), `invalid_option`, `missing_peer`.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateReport> {
  const names = schemaNames(options.schema);
  const keep = options.keep ?? "7 years";
  const pool = options.pool ?? null;
  const own =
    pool === null
      ? ownPool({
          url: requiredUrl(options.url),
          max: 1,
          connectMs: 10_000,
          readOnly: false,
          applicationName: "proclaw migrate",
        })
      : null;
  try {
    return await withSession(pool ?? (own as PgPool), { connectMs: 10_000, statementMs: 120_000 }, async (session) => {
      await makeRoles(session, names);
      return await inTransaction(session, () => run(session, names, keep, options.checkRecords ?? true));
    });
  } finally {
    await own?.end();
  }
}

function requiredUrl(url: string | undefined): string {
  if (url === undefined) throw new ProclawError("invalid_option", "`pool` or `url` is needed");
  return url;
}

async function run(session: Session, names: SchemaNames, keep: string, checkRecords: boolean): Promise<MigrateReport> {
  const what = "could not migrate";
  const sql = async (text: string, values?: readonly unknown[]) =>
    (await session.query(what, values === undefined ? { text } : { text, values })).rows;
  await sql("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`${names.data} migrate`]);
  const { superuser, becoming } = await examine(session);
  const { data, guard, state, owner } = names;

  // Our own guards would refuse what follows. Only who made them can do this.
  const triggers = eventTriggerNames(names);
  const standing = await sql("SELECT evtname FROM pg_event_trigger WHERE evtname = ANY ($1)", [
    Object.values(triggers),
  ]);
  if (standing.length > 0 && !superuser) {
    throw new ProclawError(
      "store_failed",
      `${what}: the event triggers were made by a superuser, so a superuser must migrate`,
    );
  }
  for (const name of Object.values(triggers)) await sql(`DROP EVENT TRIGGER IF EXISTS ${name}`);

  // To make things that belong to the owner one must be a member of it; for this transaction only.
  const [member] = await sql("SELECT pg_has_role(current_user, $1, $2) AS yes", [owner, becoming]);
  const joined = member?.["yes"] !== true;
  if (joined) await sql(`GRANT ${owner} TO CURRENT_USER`);

  for (const [schema, owned] of [
    [data, true],
    [state, true],
    [guard, false],
  ] as const) {
    const [there] = await sql("SELECT 1 FROM pg_namespace WHERE nspname = $1", [schema]);
    if (there === undefined) await sql(`CREATE SCHEMA ${schema}${owned ? ` AUTHORIZATION ${owner}` : ""}`);
  }
  await sql(`GRANT USAGE ON SCHEMA ${guard} TO ${owner}`);
  for (const fn of guardingFunctions(names)) await sql(createFunctionSql({ ...fn, grantedTo: [owner] }));

  await sql(`SET LOCAL ROLE ${owner}`);
  const [tables] = await sql("SELECT to_regclass($1) IS NOT NULL AS yes", [`${data}.migration`]);
  const done = new Map<number, string>();
  if (tables?.["yes"] === true) {
    for (const row of await sql(`SELECT version, encode(sha256, 'hex') AS sha256 FROM ${data}.migration`)) {
      done.set(Number(row["version"]), String(row["sha256"]));
    }
  }
  const last = MIGRATIONS.at(-1)?.version ?? 0;
  for (const version of done.keys()) {
    if (version > last) {
      throw new ProclawError(
        "incompatible_contract",
        `the database has version ${version} of the tables, this package knows ${last}`,
      );
    }
  }
  const applied: number[] = [];
  for (const migration of MIGRATIONS) {
    const digest = migrationDigest(migration);
    const known = done.get(migration.version);
    if (known === digest.toString("hex")) continue;
    if (known !== undefined) {
      throw new ProclawError(
        "incompatible_contract",
        `version ${migration.version} of the tables was made by another text than this package's`,
      );
    }
    await sql(migration.sql(names));
    await sql(`INSERT INTO ${data}.migration (version, sha256) VALUES ($1, $2)`, [migration.version, digest]);
    applied.push(migration.version);
  }
  for (const fn of ownedFunctions(names)) await sql(createFunctionSql(fn));
  await sql(`INSERT INTO ${data}.setting (keep, check_records) VALUES ($1::interval, $2) ON CONFLICT DO NOTHING`, [
    keep,
    checkRecords,
  ]);
  await sql(
    `UPDATE ${data}.setting SET keep = greatest(keep, $1::interval), check_records = check_records OR $2
     WHERE keep < $1::interval OR (NOT check_records AND $2)`,
    [keep, checkRecords],
  );
  await sql(`GRANT USAGE ON SCHEMA ${data} TO ${names.writer}, ${names.auditor}, ${names.approver}`);
  await sql(`GRANT SELECT ON ALL TABLES IN SCHEMA ${data} TO ${names.auditor}`);
  await sql(`SELECT ${data}.make_months()`);
  await sql("RESET ROLE");

  const notEnforced: string[] = [];
  for (const row of await sql(guardProblemsSql(names))) notEnforced.push(String(row["problem"]));
  const refused = await makeEventTriggers(session, names);
  if (refused) notEnforced.push("DROP and ALTER of the tables: only a superuser may make event triggers");
  if (joined) await sql(`REVOKE ${owner} FROM CURRENT_USER`);
  return { version: last, applied, notEnforced };
}

/** `becoming`: the privilege by which one may become another role; since 16 being a member is not enough. */
async function examine(session: Session): Promise<{ superuser: boolean; becoming: "SET" | "MEMBER" }> {
  const what = "could not migrate";
  const [found] = (
    await session.query(what, {
      text: `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS replica,
        current_setting('server_encoding') AS encoding,
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser`,
    })
  ).rows;
  const version = Number(found?.["version"]);
  if (!(version >= LEAST_SERVER)) throw new ProclawError("store_failed", `${what}: PostgreSQL 15 or newer is needed`);
  if (found?.["replica"] !== false)
    throw new ProclawError("store_failed", `${what}: the server is a read-only replica`);
  if (found["encoding"] !== "UTF8")
    throw new ProclawError("store_failed", `${what}: the database must have the encoding UTF8`);
  return { superuser: found["superuser"] === true, becoming: version >= 160_000 ? "SET" : "MEMBER" };
}

/**
 * Roles belong to the whole cluster, so databases that are migrated at the same time meet here: each
 * statement for itself, and one that is there already is fine.
 */
async function makeRoles(session: Session, { owner, writer, auditor, approver }: SchemaNames): Promise<void> {
  for (const role of [owner, writer, auditor, approver]) {
    await session.query("could not make the roles", {
      text: `DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
          CREATE ROLE ${role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
        END IF;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END $$`,
    });
  }
}

/** True if the server refuses them. */
async function makeEventTriggers(session: Session, names: SchemaNames): Promise<boolean> {
  const what = "could not make the event triggers";
  for (const fn of eventTriggerFunctions(names)) await session.query(what, { text: createFunctionSql(fn) });
  await session.query(what, { text: "SAVEPOINT event_triggers" });
  try {
    await session.query(what, { text: eventTriggersSql(names) });
    return false;
  } catch (error) {
    if (!ProclawError.is(error, "store_failed") || !error.message.includes("42501")) throw error;
    await session.query(what, { text: "ROLLBACK TO SAVEPOINT event_triggers" });
    return true;
  }
}

async function inTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const what = "could not migrate";
  await session.query(what, { text: "BEGIN" });
  try {
    const result = await work();
    await session.query(what, { text: "COMMIT" });
    return result;
  } catch (error) {
    if (session.usable) await session.query(what, { text: "ROLLBACK" });
    throw error;
  }
}
