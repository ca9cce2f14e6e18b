import { ProclawError } from "@proclaw/core";
import { assertPostgresUrl } from "./connection/own-pool.ts";
import type { PgPool } from "./connection/pg-port.ts";
import { withSession } from "./connection/session.ts";
import type { Deadlines, Session } from "./connection/session.ts";
import { schemaChecks } from "./examine/schema-checks.ts";
import { serverChecks } from "./examine/server-checks.ts";
import { userChecks } from "./examine/user-checks.ts";
import type { Check } from "./examine/check.ts";
import { schemaNames } from "./schema/names.ts";
import type { SchemaNames } from "./schema/names.ts";
import { deadlinesOf, poolOf, withoutSchema } from "./store/postgres-store.ts";

export interface ExamineOptions {
  readonly pool?: PgPool;
  /** In place of `pool`; `?schema=name` may name the schema. */
  readonly url?: string;
  readonly schema?: string;
}

export interface Examination {
  /** Version of the server, such as `15.18`. */
  readonly server: string;
  /** Whose rights were looked at. */
  readonly user: string;
  readonly checks: readonly Check[];
}

/**
 * What a server enforces for the user of this connection, found by asking its catalog and by trying
 * what must be refused. Everything that is tried is rolled back.
 *
 * @throws ProclawError `store_failed` (no connection), `invalid_option`, `missing_peer`
 */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const { location, schema } =
    options.url === undefined ? { location: undefined, schema: undefined } : withoutSchema(options.url);
  const names = schemaNames(options.schema ?? schema);
  const deadlines = deadlinesOf({ connectMs: 10_000, statementMs: 30_000 });
  const { pool, own } = poolOf(
    {
      ...(options.pool === undefined ? {} : { pool: options.pool }),
      ...(location === undefined ? {} : { url: location }),
    },
    deadlines,
    false,
  );
  try {
    return await examineWith(pool, names, deadlines);
  } finally {
    await own?.end();
  }
}

export async function examineWith(pool: PgPool, names: SchemaNames, deadlines: Deadlines): Promise<Examination> {
  return await withSession(pool, deadlines, async (session) => {
    const [who] = await ask(session, "SELECT current_setting('server_version') AS server, current_user AS user");
    const checks = [
      ...(await serverChecks(session)),
      ...(await schemaChecks(session, names)),
      ...(await userChecks(session, names)),
    ];
    return { server: String(who?.["server"]).split(" ")[0] ?? "", user: String(who?.["user"]), checks };
  });
}

async function ask(session: Session, text: string) {
  const { rows } = await session.query("could not examine the server", { text });
  if (rows.length === 0) throw new ProclawError("store_failed", "the server answers nothing");
  return rows;
}

/** A server to examine, as `proclaw doctor` asks for it. */
export interface PostgresDoctor {
  /** The URL without user and password. */
  readonly name: string;
  check(): Promise<Examination>;
}

/** @throws ProclawError `invalid_option` */
export async function openDoctor(url: string): Promise<PostgresDoctor> {
  assertPostgresUrl(withoutSchema(url).location);
  const { host, pathname } = new URL(url);
  return { name: `postgres://${host}${pathname}`, check: () => examine({ url }) };
}
