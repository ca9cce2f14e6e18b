import { randomUUID } from "node:crypto";
import { MAX_RECORD_BYTES, ProclawError } from "@proclaw/core";
import type { ExpectedHead, LogHead, SealedRecord, StoreReceipt } from "@proclaw/core";
import { Session } from "../connection/session.ts";
import type { Deadlines } from "../connection/session.ts";
import type { PgPool } from "../connection/pg-port.ts";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../schema/doors.ts";
import type { SchemaNames } from "../schema/names.ts";
import { wholeNumber } from "./postgres-source.ts";

const LF = 0x0a;

/** One statement for up to this many bytes, where several appends wait. */
const JOINED_BYTES = 1024 * 1024;
const JOINED_RECORDS = 4096;

export interface LogSessionParts {
  readonly pool: PgPool;
  readonly names: SchemaNames;
  readonly deadlines: Deadlines;
  readonly log: string;
}

interface WaitingAppend {
  readonly expected: ExpectedHead;
  readonly batch: readonly SealedRecord[];
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (receipt: StoreReceipt) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A held lease: one connection whose session holds the log's advisory lock, and through which
 * everything is appended. The server checks in each append that this very session holds the lease.
 *
 * Appends that wait for one another are joined to one statement where each begins where the one
 * before it ends.
 */
export class LogSession {
  readonly log: string;
  readonly epoch: number;
  readonly #parts: LogSessionParts;
  readonly #token: string;
  readonly #lost = new AbortController();
  #session: Session;
  /** Server process of the session, to end it when it outlives its connection. */
  #backend: number;
  #waiting: WaitingAppend[] = [];
  /** Set by a statement whose effect is unknown; only `recover` clears it. */
  #uncertain = false;
  #released: Promise<void> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(parts: LogSessionParts, session: Session, token: string, epoch: number, backend: number) {
    this.#parts = parts;
    this.log = parts.log;
    this.epoch = epoch;
    this.#session = session;
    this.#token = token;
    this.#backend = backend;
  }

  /** @throws ProclawError `lease_held`, `store_failed`, `invalid_option` */
  static async take(parts: LogSessionParts): Promise<LogSession> {
    const what = `could not take the lease of log \`${parts.log}\``;
    const session = await openWriting(parts, what);
    try {
      const token = randomUUID();
      const text = `SELECT ${parts.names.data}.lease($1, $2) AS epoch, pg_backend_pid() AS backend`;
      const [row] = (await session.query(what, { text, values: [parts.log, token] })).rows;
      return new LogSession(parts, session, token, wholeNumber(row?.["epoch"]), wholeNumber(row?.["backend"]));
    } catch (error) {
      // Its advisory lock goes with it.
      session.release(true);
      throw error;
    }
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  append(expected: ExpectedHead, batch: readonly SealedRecord[], signal?: AbortSignal): Promise<StoreReceipt> {
    return new Promise((resolve, reject) => {
      const bytes = checkBatch(expected.expectedSeq, batch);
      // Copied now: what the caller does to its buffers while they wait changes nothing.
      const copied = batch.map((record) => ({ ...record, bytes: Buffer.from(record.bytes) }));
      this.#waiting.push({ expected: { ...expected }, batch: copied, bytes, signal, resolve, reject });
      void this.#inTurn(() => this.#appendWaiting());
    });
  }

  /**
   * After a failure: a new session if the old one broke, the same lease, and where the log ends.
   *
   * INVARIANT (an unanswered append is settled before the log is read): the new session gets the
   * advisory lock only when the old one has ended, and with it its last transaction.
   */
  recover(): Promise<LogHead & { readonly keptAside: number }> {
    return this.#inTurn(async () => {
      this.#assertHeld();
      const what = `could not recover log \`${this.log}\``;
      if (!this.#session.usable) await this.#reconnect(what);
      const text = `SELECT size, head FROM ${this.#parts.names.data}.head($1)`;
      const [row] = (await this.#query(what, text, [this.log])).rows;
      this.#uncertain = false;
      return { log: this.log, size: wholeNumber(row?.["size"]), head: hex(row?.["head"]), tornBytes: 0, keptAside: 0 };
    });
  }

  putCheckpoint(size: number, note: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertHeld();
      await this.#replaceEnded();
      const text = `SELECT ${this.#parts.names.data}.put_checkpoint($1, $2, $3, $4, $5)`;
      const values = [this.log, this.epoch, this.#token, size, Buffer.from(note)];
      await this.#query(`could not keep the checkpoint of ${size} records of log \`${this.log}\``, text, values);
    });
  }

  release(): Promise<void> {
    this.#released ??= this.#inTurn(async () => {
      if (this.#session.usable) {
        const text = `SELECT ${this.#parts.names.data}.release($1, $2, $3)`;
        // Whatever it answers: the session ends, and with it the lock.
        await this.#session
          .query("could not release a lease", { text, values: [this.log, this.epoch, this.#token] })
          .catch(() => undefined);
      }
      this.#session.release(true);
    });
    return this.#released;
  }

  #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#last.then(operation);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #assertHeld(): void {
    if (this.#released !== null || this.#lost.signal.aborted) throw leaseLost(this.log);
  }

  async #query(what: string, text: string, values: readonly unknown[], name?: string) {
    try {
      return await this.#session.query(what, { text, values, ...(name === undefined ? {} : { name }) });
    } catch (error) {
      if (ProclawError.is(error, "lease_lost")) this.#lost.abort(error);
      throw error;
    }
  }

  /** One statement for the first that waits and those that follow on it. */
  async #appendWaiting(): Promise<void> {
    const joined = this.#takeJoined();
    const first = joined[0];
    if (first === undefined) return;
    try {
      this.#assertHeld();
      await this.#replaceEnded();
      if (this.#uncertain)
        throw new ProclawError("store_failed", `log \`${this.log}\`: an earlier append failed, recover the log first`);
      const receipts = await this.#send(joined);
      for (const [index, { resolve }] of joined.entries()) resolve(receipts[index] as StoreReceipt);
    } catch (error) {
      // Each for itself: one that does not fit must not take its neighbors with it. Nothing was written.
      if (joined.length > 1 && !this.#uncertain && isRefusal(error)) {
        for (const one of joined) {
          try {
            one.resolve((await this.#send([one]))[0] as StoreReceipt);
          } catch (reason) {
            one.reject(reason);
          }
        }
        return;
      }
      for (const { reject } of joined) reject(error);
    }
  }

  #takeJoined(): WaitingAppend[] {
    const joined: WaitingAppend[] = [];
    let bytes = 0;
    let records = 0;
    for (;;) {
      const next = this.#waiting[0];
      const before = joined.at(-1);
      if (next === undefined) return joined;
      if (next.signal?.aborted === true) {
        this.#waiting.shift();
        next.reject(next.signal.reason);
        continue;
      }
      const follows =
        before === undefined ||
        (next.expected.expectedSeq === before.expected.expectedSeq + before.batch.length &&
          next.expected.expectedHead === (before.batch.at(-1)?.leaf ?? before.expected.expectedHead));
      if (!follows) return joined;
      if (joined.length > 0 && (bytes + next.bytes > JOINED_BYTES || records + next.batch.length > JOINED_RECORDS)) {
        return joined;
      }
      bytes += next.bytes;
      records += next.batch.length;
      joined.push(next);
      this.#waiting.shift();
    }
  }

  /** INVARIANT (durable means committed): returns only after the server answered that the transaction is. */
  async #send(joined: readonly WaitingAppend[]): Promise<StoreReceipt[]> {
    const [first] = joined;
    if (first === undefined) return [];
    const records = joined.flatMap(({ batch }) => batch);
    const { names } = this.#parts;
    const values = [
      this.log,
      this.epoch,
      this.#token,
      first.expected.expectedSeq,
      first.expected.expectedHead === null ? null : Buffer.from(first.expected.expectedHead, "hex"),
      Buffer.concat(records.map(({ bytes }) => bytes)),
      records.map(({ bytes }) => bytes.length),
    ];
    const text = `SELECT ${names.data}.append($1, $2, $3, $4, $5, $6, $7) AS head`;
    this.#uncertain = true;
    let found: unknown;
    try {
      const { rows } = await this.#query(
        `could not append to log \`${this.log}\``,
        text,
        values,
        `${names.data}_append`,
      );
      found = rows[0]?.["head"];
    } catch (error) {
      // An answer of the server is certain: the statement was a transaction of its own, and it failed.
      if (this.#session.usable) this.#uncertain = false;
      throw error;
    }
    const head = hex(found);
    const expected = records.at(-1)?.leaf ?? first.expected.expectedHead;
    if (head !== expected) {
      throw new ProclawError(
        "store_failed",
        `the server hashed the records of log \`${this.log}\` differently: recover the log`,
      );
    }
    this.#uncertain = false;
    return joined.map(({ expected, batch }) => ({
      log: this.log,
      size: expected.expectedSeq + batch.length,
      head: batch.at(-1)?.leaf ?? expected.expectedHead,
      tornBytes: 0,
      durability: "remote" as const,
    }));
  }

  /** A session that ended while nothing was under way (a restart, an idle time-out) costs no call: nothing is uncertain. */
  async #replaceEnded(): Promise<void> {
    if (!this.#uncertain && !this.#session.usable) await this.#reconnect(`could not reconnect for log \`${this.log}\``);
  }

  async #reconnect(what: string): Promise<void> {
    const { names, log } = this.#parts;
    const session = await openWriting(this.#parts, what);
    try {
      const text = `SELECT ${names.data}.reclaim($1, $2, $3), pg_backend_pid() AS backend`;
      const values = [log, this.epoch, this.#token];
      let rows;
      try {
        ({ rows } = await session.query(what, { text, values }));
      } catch (error) {
        if (!ProclawError.is(error, "lease_held")) throw error;
        // The server has not noticed yet that the old connection is gone. It is a session of our own
        // user and it holds our lock, so we may end it; then its transaction is settled too.
        await session.query(what, {
          text: `SELECT pg_terminate_backend(pid) FROM pg_locks
            WHERE locktype = 'advisory' AND pid = $2 AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND (classid::bigint << 32) + objid::bigint = ${names.data}.lease_key($1)`,
          values: [log, this.#backend],
        });
        throw new ProclawError("store_failed", `${what}: the broken session is being ended`);
      }
      this.#backend = wholeNumber(rows[0]?.["backend"]);
      this.#session = session;
    } catch (error) {
      session.release(true);
      if (ProclawError.is(error, "lease_lost")) this.#lost.abort(error);
      throw error;
    }
  }
}

/** Answers by which the server refuses a batch without having written anything. */
function isRefusal(error: unknown): boolean {
  return ProclawError.is(error, "head_mismatch") || ProclawError.is(error, "invalid_option");
}

/** A session that may write: on a replica that just lost its primary, trying later finds the new one. */
async function openWriting(parts: LogSessionParts, what: string): Promise<Session> {
  const session = await Session.open(parts.pool, parts.deadlines);
  try {
    // The server gives up first, so that what it does is known; our own time-out is for a dead connection.
    const serverMs = Math.max(1, Math.floor(parts.deadlines.statementMs * 0.8));
    const [row] = (
      await session.query(what, {
        text: `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only,
          set_config('statement_timeout', $1, false), set_config('lock_timeout', $1, false),
          set_config('idle_in_transaction_session_timeout', $1, false),
          set_config('default_transaction_isolation', 'read committed', false)`,
        values: [String(serverMs)],
      })
    ).rows;
    if (row?.["read_only"] !== false) {
      throw new ProclawError(
        "store_failed",
        `${what}: the server is a read-only replica, or its transactions are set to be read-only`,
      );
    }
    return session;
  } catch (error) {
    session.release(true);
    throw error;
  }
}

/** Refuses what the server would refuse too, before it waits for others. Returns its bytes. */
function checkBatch(firstSeq: number, batch: readonly SealedRecord[]): number {
  let bytes = 0;
  for (const [index, record] of batch.entries()) {
    if (record.seq !== firstSeq + index) {
      throw new ProclawError("invalid_option", `record ${record.seq} stands where ${firstSeq + index} belongs`);
    }
    if (record.bytes.length === 0 || record.bytes.length > MAX_RECORD_BYTES || record.bytes.includes(LF)) {
      throw new ProclawError("invalid_option", `record ${record.seq} is empty, too large or not one line`);
    }
    bytes += record.bytes.length;
  }
  if (bytes > MAX_BATCH_BYTES || batch.length > MAX_BATCH_RECORDS) {
    throw new ProclawError("invalid_option", `a batch of ${batch.length} records and ${bytes} bytes is too large`);
  }
  return bytes;
}

function hex(value: unknown): string | null {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : null;
}

function leaseLost(log: string): ProclawError {
  return new ProclawError("lease_lost", `the lease of log \`${log}\` is not held`);
}
