import { ProclawError } from "@proclaw/core";
import { pgFailure, sessionSurvives } from "./pg-failure.ts";
import type { PgPool, PgPoolClient, PgQuery, PgResult } from "./pg-port.ts";

export interface Deadlines {
  /** Milliseconds until a connection must be there. */
  readonly connectMs: number;
  /** Milliseconds until a statement must be answered. */
  readonly statementMs: number;
}

/**
 * One connection, taken from a pool for a while. A statement that is not answered in time ends it:
 * what the server does with the statement then is unknown, and nothing may be sent after it.
 */
export class Session {
  readonly #client: PgPoolClient;
  readonly #statementMs: number;
  readonly #ended = new AbortController();
  readonly #onEnd: () => void;
  #released = false;

  private constructor(client: PgPoolClient, statementMs: number) {
    this.#client = client;
    this.#statementMs = statementMs;
    // Given back at once: a pool that is ended waits for what is still taken from it.
    this.#onEnd = () => this.#close();
    // Without a listener an error on an idle connection would end the process.
    client.on("error", this.#onEnd);
    client.on("end", this.#onEnd);
  }

  /** @throws ProclawError `store_failed` */
  static async open(pool: PgPool, deadlines: Deadlines): Promise<Session> {
    const what = "could not connect to PostgreSQL";
    let late = false;
    const connecting = pool.connect().then(
      (client) => {
        // Nobody waits for it any more.
        if (late) client.release(true);
        return client;
      },
      (error: unknown) => {
        throw pgFailure(what, error);
      },
    );
    connecting.catch(() => undefined);
    const client = await within(connecting, deadlines.connectMs, () => {
      late = true;
      return new ProclawError("store_failed", `${what}: no connection within ${deadlines.connectMs} ms`);
    });
    return new Session(client, deadlines.statementMs);
  }

  /** Aborted when the connection is gone. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get usable(): boolean {
    return !this.#released && !this.#ended.signal.aborted;
  }

  /** @throws ProclawError with the code that the door's answer stands for, else `store_failed` */
  async query(what: string, query: PgQuery): Promise<PgResult> {
    if (!this.usable) throw new ProclawError("store_failed", `${what}: the connection broke`);
    const { text, values, name } = query;
    const running = this.#client.query({
      text,
      ...(values === undefined ? {} : { values: [...values] }),
      ...(name === undefined ? {} : { name }),
    });
    running.catch(() => undefined);
    try {
      return await within(running, this.#statementMs, () => {
        this.#close();
        return new ProclawError("store_failed", `${what}: no answer within ${this.#statementMs} ms`);
      });
    } catch (error) {
      if (!ProclawError.is(error) && !sessionSurvives(error)) this.#close();
      throw pgFailure(what, error);
    }
  }

  /** Ends the connection. */
  #close(): void {
    if (this.#released) return;
    this.#released = true;
    this.#ended.abort();
    this.#client.release(true);
  }

  /** Gives the connection back; with `destroy` it is closed, because its settings or locks are ours. */
  release(destroy: boolean): void {
    if (this.#released) return;
    if (destroy || this.#ended.signal.aborted) {
      this.#close();
      return;
    }
    this.#released = true;
    this.#client.removeListener("error", this.#onEnd);
    this.#client.removeListener("end", this.#onEnd);
    this.#client.release();
  }
}

async function within<T>(promise: Promise<T>, ms: number, fail: () => ProclawError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(fail()), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs `work` on a connection of its own. */
export async function withSession<T>(
  pool: PgPool,
  deadlines: Deadlines,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await Session.open(pool, deadlines);
  try {
    return await work(session);
  } finally {
    session.release(false);
  }
}
