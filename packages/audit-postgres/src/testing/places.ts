import pg from "pg";
import type { AuditStore } from "@proclaw/core";
import { inject } from "vitest";
import { TestServer } from "@proclaw-private/test-postgres";
import type { SharedServer } from "@proclaw-private/test-postgres/global-setup";
import { createPostgresStore, migrate } from "../index.ts";
import type { MigrateOptions, PostgresStoreOptions } from "../index.ts";

export { TestServer };

/** Servers of the test run; none where the platform has none, which the run has said. */
export function servers(): readonly SharedServer[] {
  return inject("postgresServers");
}

let count = 0;

/** Users that the tests log in as, one for each role. Their password is the same. */
const USERS = { writer: "test_writer", auditor: "test_auditor", approver: "test_approver" } as const;
const PASSWORD = "not-a-secret-of-anybody";

export type TestUser = keyof typeof USERS | "superuser";

/** A server's address, as tests use it. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** A database of its own with the schema in it. It is left to the end of the server: a DROP waits for a checkpoint. */
export class Place {
  readonly server: ServerAddress;
  readonly database: string;
  readonly #pools: pg.Pool[] = [];

  constructor(server: ServerAddress, database: string) {
    this.server = server;
    this.database = database;
  }

  url(user: TestUser = "writer"): string {
    const { host, port } = this.server;
    return user === "superuser"
      ? `postgres://${this.server.user}:${this.server.password}@${host}:${port}/${this.database}`
      : `postgres://${USERS[user]}:${PASSWORD}@${host}:${port}/${this.database}`;
  }

  /** A pool that {@link end} closes. */
  pool(user: TestUser = "writer", config: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ connectionString: this.url(user), ...config });
    pool.on("error", () => undefined);
    this.#pools.push(pool);
    return pool;
  }

  store(options: Partial<PostgresStoreOptions> = {}): AuditStore {
    return createPostgresStore({ pool: this.pool(), ...options });
  }

  /** Runs SQL, by default as the superuser. */
  async run(sql: string, user: TestUser = "superuser"): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url(user) });
    client.on("error", () => undefined);
    await client.connect();
    try {
      const answer = (await client.query(sql)) as unknown;
      const last = (Array.isArray(answer) ? answer.at(-1) : answer) as { rows: Record<string, unknown>[] };
      return last.rows;
    } finally {
      await client.end();
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#pools.splice(0).map((pool) => pool.end()));
  }
}

/** Makes databases with the schema in them: migrated once, then copied. */
export class PlaceMaker {
  readonly server: ServerAddress;
  readonly #template: string;

  private constructor(server: ServerAddress, template: string) {
    this.server = server;
    this.#template = template;
  }

  static async on(server: ServerAddress, options: Omit<MigrateOptions, "url" | "pool"> = {}): Promise<PlaceMaker> {
    const template = newName();
    await admin(server, `CREATE DATABASE ${template}`);
    await migrate({ url: new Place(server, template).url("superuser"), ...options });
    for (const [role, user] of Object.entries(USERS)) {
      await admin(
        server,
        `DO $$ BEGIN
           CREATE ROLE ${user} LOGIN PASSWORD '${PASSWORD}' IN ROLE proclaw_${role};
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
      );
    }
    return new PlaceMaker(server, template);
  }

  async make(): Promise<Place> {
    const name = newName();
    await admin(this.server, `CREATE DATABASE ${name} TEMPLATE ${this.#template}`);
    return new Place(this.server, name);
  }
}

function newName(): string {
  return `test_${process.pid}_${Date.now().toString(36)}_${++count}`;
}

async function admin(server: ServerAddress, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: new Place(server, "postgres").url("superuser") });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
