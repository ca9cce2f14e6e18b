import { ProclawError } from "@proclaw/core";
import type { AuditSource, RecordStore, StoreLease } from "@proclaw/core";
import { ownPool } from "../connection/own-pool.ts";
import type { OwnPool } from "../connection/own-pool.ts";
import type { PgPool } from "../connection/pg-port.ts";
import type { Deadlines } from "../connection/session.ts";
import { schemaNames } from "../schema/names.ts";
import { isLogName } from "./log-name.ts";
import { LogSession } from "./log-session.ts";
import { PostgresReader, sourceOf } from "./postgres-source.ts";
import { probeServer } from "./probe.ts";

export interface PostgresStoreOptions {
  /**
   * A pool of the application, such as `new pg.Pool(…)`; it stays the caller's. Its user needs the
   * writer's role. Each lease keeps one connection.
   */
  readonly pool?: PgPool;
  /** In place of `pool`: `postgres://user@host:port/database`. Needs the package `pg`. */
  readonly url?: string;
  /** As given to `migrate`. Default `proclaw`. */
  readonly schema?: string;
  /** Milliseconds until a connection must be there. Default 5 000. */
  readonly connectMs?: number;
  /** Milliseconds until a statement must be answered. Default 10 000. */
  readonly statementMs?: number;
}

/**
 * A trail in PostgreSQL. The schema must be there (see `migrate`).
 *
 * Nothing is connected before the first use. Errors: `lease_held`, `lease_lost`, `head_mismatch`,
 * `store_failed`, `invalid_option`, `missing_peer` (a URL without the package `pg`). No error holds a
 * URL, a password or anything of a record.
 */
export function createPostgresStore(options: PostgresStoreOptions): RecordStore {
  const names = schemaNames(options.schema);
  const deadlines = deadlinesOf(options);
  const { pool, own } = poolOf(options, deadlines, false);
  const reader = new PostgresReader({ pool, names, deadlines });
  const held = new Map<StoreLease, LogSession>();
  const taken = new Set<string>();
  let closed = false;

  const assertOpen = (): void => {
    if (closed) throw new ProclawError("store_failed", "the store is closed");
  };
  const sessionOf = (lease: StoreLease): LogSession => {
    assertOpen();
    const session = held.get(lease);
    if (session === undefined) throw new ProclawError("lease_lost", `the lease of log \`${lease.log}\` is not held`);
    return session;
  };

  return {
    ...sourceOf(reader),
    granularity: "record",

    async lease(log) {
      assertOpen();
      if (!isLogName(log)) throw new ProclawError("invalid_option", `\`${log}\` is not the name of a log`);
      // Advisory locks count within a session, and a pool may hand out the one that has it.
      if (taken.has(log)) throw new ProclawError("lease_held", `this store holds the lease of log \`${log}\``);
      taken.add(log);
      let session: LogSession;
      try {
        session = await LogSession.take({ pool, names, deadlines, log });
        if (closed) {
          await session.release();
          assertOpen();
        }
      } catch (error) {
        taken.delete(log);
        throw error;
      }
      const lease: StoreLease = {
        log,
        epoch: session.epoch,
        lost: session.lost,
        async release() {
          if (!held.delete(lease)) return;
          await session.release();
          taken.delete(log);
        },
      };
      held.set(lease, session);
      return lease;
    },

    async head(log) {
      assertOpen();
      return await reader.head(log);
    },

    async lastLine(log) {
      assertOpen();
      return await reader.lastLine(log);
    },

    // These are `async` so that a lease that is not held rejects instead of throwing.
    async append(lease, expected, batch, signal) {
      const session = sessionOf(lease);
      signal?.throwIfAborted();
      return await session.append(expected, batch, signal);
    },

    async recover(lease) {
      return await sessionOf(lease).recover();
    },

    async putCheckpoint(lease, size, note) {
      await sessionOf(lease).putCheckpoint(size, note);
    },

    async probe() {
      assertOpen();
      return await probeServer({ pool, names, deadlines });
    },

    async close() {
      closed = true;
      await Promise.all([...held.keys()].map((lease) => lease.release()));
      await own?.end();
    },
  };
}

/**
 * The read side alone, for verifiers and exporters: sessions that cannot write. What the URL leaves
 * out comes from PG* variables, the password also from the password file (`~/.pgpass`).
 *
 * @throws ProclawError `invalid_option`, `missing_peer`, `store_failed`
 */
export async function openSource(url: string): Promise<AuditSource> {
  const { location, schema } = withoutSchema(url);
  const deadlines = { connectMs: 10_000, statementMs: 60_000 };
  const pool = ownPool({
    url: location,
    max: 2,
    connectMs: deadlines.connectMs,
    readOnly: true,
    applicationName: "proclaw",
  });
  const reader = new PostgresReader({ pool, names: schemaNames(schema), deadlines });
  // A wrong password or a missing schema is said now, and not in the middle of a verification.
  await reader.logs();
  return sourceOf(reader);
}

/** `?schema=name` is ours; the driver must not see it. */
export function withoutSchema(url: string): { readonly location: string; readonly schema: string | undefined } {
  const match = /^([^?#]*)\?([^#]*)$/.exec(url);
  if (match === null) return { location: url, schema: undefined };
  const parameters = new URLSearchParams(match[2]);
  const schema = parameters.get("schema") ?? undefined;
  parameters.delete("schema");
  const rest = parameters.toString();
  return { location: `${match[1] ?? ""}${rest === "" ? "" : `?${rest}`}`, schema };
}

/** The pool to use: the caller's, or one of our own that has to be ended. */
export function poolOf(
  options: PostgresStoreOptions,
  deadlines: Deadlines,
  readOnly: boolean,
): { readonly pool: PgPool; readonly own: OwnPool | null } {
  const { pool, url } = options;
  if ((pool === undefined) === (url === undefined)) {
    throw new ProclawError("invalid_option", "exactly one of `pool` and `url` is needed");
  }
  if (pool !== undefined) {
    if (typeof (pool as Partial<PgPool> | null)?.connect !== "function") {
      throw new ProclawError("invalid_option", "`pool` must have the method `connect` of a pool of `pg`");
    }
    return { pool, own: null };
  }
  const own = ownPool({
    url: url as string,
    max: 8,
    connectMs: deadlines.connectMs,
    readOnly,
    applicationName: "proclaw",
  });
  return { pool: own, own };
}

export function deadlinesOf({ connectMs = 5_000, statementMs = 10_000 }: PostgresStoreOptions): Deadlines {
  for (const [name, value] of Object.entries({ connectMs, statementMs })) {
    if (!Number.isSafeInteger(value) || value < 1 || value > 0x7fff_ffff) {
      throw new ProclawError("invalid_option", `\`${name}\` must be a whole number of milliseconds`);
    }
  }
  return { connectMs, statementMs };
}
