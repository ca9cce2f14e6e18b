/**
 * The part of `pg` that is used, by structure: a pool of the application serves, and so does
 * anything that behaves like one. `pg.Pool` fits as it is.
 */
export interface PgPool {
  connect(): Promise<PgPoolClient>;
}

export interface PgQuery {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Prepared once a connection under this name. */
  readonly name?: string;
}

export interface PgResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface PgClient {
  query(query: { text: string; values?: unknown[]; name?: string }): Promise<PgResult>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  removeListener(event: string, listener: () => void): unknown;
}

export interface PgPoolClient extends PgClient {
  /** `true`: the connection is closed and not given back. */
  release(destroy?: boolean): void;
}
