import { ProclawError, SPEC_VERSION } from "@proclaw/core";
import type { AuditSource, LogHead, StoredCheckpoint, StoredSegment } from "@proclaw/core";
import { withSession } from "../connection/session.ts";
import type { Deadlines } from "../connection/session.ts";
import type { PgPool, PgResult } from "../connection/pg-port.ts";
import type { SchemaNames } from "../schema/names.ts";

/** Bytes that a page of lines aims at; a page is the most that is held at once. */
const PAGE_BYTES = 1024 * 1024;
/** The first page, before anything is known of the records' size: 4 MiB at most. */
const FIRST_PAGE = 64;
const LARGEST_PAGE = 4096;
const CHECKPOINT_PAGE = 256;

/** Where reading goes. */
export interface ReadingParts {
  readonly pool: PgPool;
  readonly names: SchemaNames;
  readonly deadlines: Deadlines;
}

/** The read side of the store, in pages: each is a statement of its own, so that no snapshot is held for long. */
export class PostgresReader {
  readonly #parts: ReadingParts;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  async #ask(what: string, text: string, values: readonly unknown[]): Promise<PgResult["rows"]> {
    const { pool, deadlines } = this.#parts;
    return await withSession(pool, deadlines, async (session) => (await session.query(what, { text, values })).rows);
  }

  get #data(): string {
    return this.#parts.names.data;
  }

  async logs(): Promise<string[]> {
    const rows = await this.#ask("could not list the logs", `SELECT log FROM ${this.#data}.logs() AS log`, []);
    return rows.map((row) => String(row["log"])).sort();
  }

  async head(log: string): Promise<LogHead> {
    const [row] = await this.#ask("could not read the head of a log", `SELECT * FROM ${this.#data}.head($1)`, [log]);
    const head = row?.["head"];
    return {
      log,
      size: row === undefined ? 0 : wholeNumber(row["size"]),
      head: head instanceof Uint8Array ? Buffer.from(head).toString("hex") : null,
      tornBytes: 0,
    };
  }

  async lastLine(log: string): Promise<Uint8Array | null> {
    const what = "could not read the last record of a log";
    const [row] = await this.#ask(what, `SELECT ${this.#data}.last_line($1) AS line`, [log]);
    const line = row?.["line"];
    return line instanceof Uint8Array ? new Uint8Array(line) : null;
  }

  async *read(log: string, fromSeq: number): AsyncGenerator<StoredSegment> {
    const first = await this.#page(log, fromSeq, FIRST_PAGE);
    // At the very end an empty segment; beyond it none, so that who reads on sees that the log was cut.
    if (first === null && (fromSeq === 0 || (await this.#page(log, fromSeq - 1, 1)) === null)) return;
    const pages = (): AsyncGenerator<Uint8Array> => this.#pages(log, fromSeq, first);
    yield { name: `postgres:${log}.jsonl`, firstSeq: fromSeq, bytes: { [Symbol.asyncIterator]: pages } };
  }

  async *#pages(log: string, fromSeq: number, first: Page | null): AsyncGenerator<Uint8Array> {
    let page = first;
    let count = FIRST_PAGE;
    for (let at = fromSeq; page !== null;) {
      yield page.lines;
      count = nextCount(count, page.lines.length);
      at = page.next;
      page = await this.#page(log, at, count);
    }
  }

  /** Lines of the records from `from` on; null: there are none. Gaps are stepped over: the verifier sees them. */
  async #page(log: string, from: number, count: number): Promise<Page | null> {
    for (let at = from; ;) {
      const text = `SELECT * FROM ${this.#data}.lines($1, $2, $3)`;
      const [row] = await this.#ask("could not read records", text, [log, at, count]);
      const next = row?.["next_seq"];
      if (row === undefined || next === null) return null;
      const lines = row["lines"];
      if (lines instanceof Uint8Array) return { lines, next: wholeNumber(next) };
      at = wholeNumber(next);
    }
  }

  async *checkpoints(log: string, fromSize: number): AsyncGenerator<StoredCheckpoint> {
    for (let from = fromSize; ;) {
      const text = `SELECT * FROM ${this.#data}.checkpoints($1, $2, $3)`;
      const rows = await this.#ask("could not read checkpoints", text, [log, from, CHECKPOINT_PAGE]);
      for (const row of rows) {
        const size = wholeNumber(row["size"]);
        yield { name: `postgres:${log}:checkpoint of ${size}`, note: new Uint8Array(row["note"] as Uint8Array) };
        from = size + 1;
      }
      if (rows.length < CHECKPOINT_PAGE) return;
    }
  }

  async evidence(log: string): Promise<Awaited<ReturnType<AuditSource["evidence"]>>> {
    const what = "could not read what is known of a log";
    const [kept] = await this.#ask(what, `SELECT ${this.#data}.kept_until($1) AS until`, [log]);
    const until = kept?.["until"];
    const retired = await this.#ask(what, `SELECT * FROM ${this.#data}.retired_months($1)`, [log]);
    const findings = retired.map((row) => {
      const leaf = Buffer.from(row["last_leaf"] as Uint8Array).toString("hex");
      return `records ${String(row["first_seq"])} to ${String(row["last_seq"])} were retired with ${String(row["partition"])}; the last one's leaf was ${leaf}`;
    });
    return { worm: false, retainedUntil: until instanceof Date ? until.toISOString() : null, findings };
  }
}

interface Page {
  readonly lines: Uint8Array;
  readonly next: number;
}

function nextCount(count: number, bytes: number): number {
  const fitting = Math.floor((PAGE_BYTES / Math.max(bytes, 1)) * count);
  // At most doubled: the next records may be larger than these.
  return Math.min(LARGEST_PAGE, 2 * count, Math.max(16, fitting));
}

/** `bigint` comes as text. */
export function wholeNumber(value: unknown): number {
  const number = typeof value === "string" || typeof value === "number" ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) {
    throw new ProclawError("unreadable_evidence", "the database answered a number that is none");
  }
  return number;
}

/** The reader as an {@link AuditSource}. */
export function sourceOf(reader: PostgresReader): AuditSource {
  return {
    specVersion: SPEC_VERSION,
    logs: () => reader.logs(),
    read: (log, fromSeq = 0) => reader.read(log, fromSeq),
    checkpoints: (log, fromSize = 0) => reader.checkpoints(log, fromSize),
    evidence: (log) => reader.evidence(log),
  };
}
