import { Socket } from "node:net";
import { ProclawError } from "@proclaw/core";
import type { PgPool, PgPoolClient } from "./pg-port.ts";

/** A pool made here, which whoever made it has to end. */
export interface OwnPool extends PgPool {
  end(): Promise<void>;
}

export interface OwnPoolOptions {
  /** `postgres://user@host:port/database`; what it leaves out comes from PG* variables and the password file. */
  readonly url: string;
  readonly max: number;
  readonly connectMs: number;
  /** Sessions that may write nothing. */
  readonly readOnly: boolean;
  readonly applicationName: string;
}

interface PgModule {
  readonly Pool: new (config: Readonly<Record<string, unknown>>) => {
    connect(): Promise<PgPoolClient>;
    end(): Promise<void>;
    on(event: "error", listener: (error: Error) => void): unknown;
    on(event: "connect", listener: (client: { ref(): void }) => void): unknown;
  };
}

/**
 * Loads `pg` when the first connection is wanted, and not before: it weighs 9–14 MB.
 *
 * @throws ProclawError `invalid_option` (not a URL of PostgreSQL); when connecting `missing_peer`
 */
export function ownPool(options: OwnPoolOptions): OwnPool {
  assertPostgresUrl(options.url);
  let pool: Promise<InstanceType<PgModule["Pool"]>> | null = null;
  let ended = false;
  const open = async (): Promise<InstanceType<PgModule["Pool"]>> => {
    const { Pool } = await loadPg();
    const made = new Pool({
      connectionString: options.url,
      max: options.max,
      connectionTimeoutMillis: options.connectMs,
      idleTimeoutMillis: 10_000,
      // Idle connections must not keep the process alive.
      allowExitOnIdle: true,
      keepAlive: true,
      application_name: options.applicationName,
      // A connection that is not there yet does not keep the process alive, whoever waits for it does:
      // the driver leaves the socket open when it has no password to send, and the server for a minute.
      stream: () => new Socket().unref(),
      ...(options.readOnly ? { options: "-c default_transaction_read_only=on" } : {}),
    });
    // An idle connection that breaks is replaced; without a listener it would end the process.
    made.on("error", () => undefined);
    made.on("connect", (client) => client.ref());
    return made;
  };
  return {
    async connect() {
      if (ended) throw new ProclawError("store_failed", "the connections are closed");
      pool ??= open();
      pool.catch(() => (pool = null));
      return await (await pool).connect();
    },
    async end() {
      ended = true;
      const open = pool;
      pool = null;
      await (await open)?.end();
    },
  };
}

/** Never says what it was given: a mistyped URL still holds its password. */
export function assertPostgresUrl(url: string): void {
  let protocol: string;
  try {
    ({ protocol } = new URL(url));
  } catch {
    throw new ProclawError(
      "invalid_option",
      "not a URL of PostgreSQL: `postgres://user@host:port/database` (special characters of a password as %XX)",
    );
  }
  if (protocol !== "postgres:" && protocol !== "postgresql:") {
    throw new ProclawError("invalid_option", "the URL must begin with `postgres://` or `postgresql://`");
  }
}

async function loadPg(): Promise<PgModule> {
  let loaded: { readonly default?: unknown; readonly Pool?: unknown };
  try {
    loaded = await import("pg");
  } catch (error) {
    const code: unknown = (error as { readonly code?: unknown }).code;
    if (code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ProclawError("missing_peer", "connecting by URL needs the package `pg`: npm install pg");
  }
  return (loaded.default ?? loaded) as PgModule;
}
