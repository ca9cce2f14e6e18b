import { createHash } from "node:crypto";
import { findBinaries, MAJORS, TestServer } from "@proclaw-private/test-postgres";
import { createPostgresStore, migrate } from "@proclaw/audit-postgres";
import type { AuditStore, SealedRecord, StoreLease } from "@proclaw/core";
import pg from "pg";
import { interleave, table } from "./measure.ts";
import type { BenchContext, BenchResult } from "./part.ts";

const WRITERS = 8;
const BATCH = 256;

/** Appending to PostgreSQL: per-writer logs against one chain under an advisory lock and against bare commits. */
export async function benchPostgres(bench: BenchContext): Promise<BenchResult> {
  const major = MAJORS.toReversed().find((one) => findBinaries(one) !== null);
  if (major === undefined) throw new Error("there is no PostgreSQL for this platform");
  const server = await TestServer.start(major, { settings: { max_wal_size: "4GB", shared_buffers: "128MB" } });
  try {
    const database = await server.createDatabase("bench");
    await migrate({ url: server.url(database) });
    await server.run(`CREATE ROLE bench LOGIN PASSWORD '${server.password}' IN ROLE proclaw_writer`);
    return { markdown: await measure(bench, server, database, major) };
  } finally {
    await server.stop();
  }
}

async function measure(bench: BenchContext, server: TestServer, database: string, major: number): Promise<string> {
  await server.run(
    `CREATE TABLE bare (body bytea NOT NULL);
     CREATE TABLE chain (seq bigserial PRIMARY KEY, hash bytea NOT NULL, body bytea NOT NULL);
     GRANT ALL ON ALL TABLES IN SCHEMA public TO bench; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO bench`,
    database,
  );
  const pool = new pg.Pool({ connectionString: server.url(database, "bench"), max: 4 * WRITERS });
  const store = createPostgresStore({ pool });
  const logs = await Promise.all(Array.from({ length: WRITERS }, (_, i) => Log.open(store, i)));
  const clients = await Promise.all(Array.from({ length: WRITERS }, () => pool.connect()));
  const line = Buffer.alloc(1024, "x");
  const latencies = new Map<string, number[]>();
  const timed = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const start = performance.now();
    await work();
    const all = latencies.get(name) ?? [];
    latencies.set(name, all);
    all.push(performance.now() - start);
  };
  const [client] = clients;
  const [log] = logs;
  if (client === undefined || log === undefined) throw new Error("no connection");

  const ONE_CHAIN = `one chain under an advisory lock, ${WRITERS} writers, a record a commit`;
  const BARE = "bare INSERT of 1 KB, one writer, a record a commit";
  const SINGLE = "`append`, one writer, a record a commit";
  const PER_WRITER = `\`append\`, a log each, ${WRITERS} writers, a record a commit`;
  const BATCHED = `\`append\`, a log each, ${WRITERS} writers, batches of ${BATCH}`;
  const measured = await interleave(
    [
      {
        name: ONE_CHAIN,
        run: async (n) => {
          await Promise.all(
            clients.map(async (each) => {
              for (let i = 0; i < n / WRITERS; i++) await timed(ONE_CHAIN, () => chainOnce(each, line));
            }),
          );
        },
      },
      {
        name: BARE,
        run: async (n) => {
          for (let i = 0; i < n; i++) {
            await timed(BARE, () =>
              client.query({ name: "bare", text: "INSERT INTO bare VALUES ($1)", values: [line] }),
            );
          }
        },
      },
      {
        name: SINGLE,
        run: async (n) => {
          for (let i = 0; i < n; i++) await timed(SINGLE, () => log.append(1));
        },
      },
      {
        name: PER_WRITER,
        run: async (n) => {
          await Promise.all(
            logs.map(async (each) => {
              for (let i = 0; i < n / WRITERS; i++) await timed(PER_WRITER, () => each.append(1));
            }),
          );
        },
      },
      {
        name: BATCHED,
        run: async (n) => {
          await Promise.all(
            logs.map(async (each) => {
              for (let i = 0; i < n / WRITERS / BATCH; i++) await timed(BATCHED, () => each.append(BATCH));
            }),
          );
        },
      },
    ],
    // A multiple of all batches.
    2048,
    bench.pick(7, 1),
  );
  for (const each of clients) each.release();
  await store.close();
  await pool.end();
  const base = measured[0]?.p50 ?? Number.NaN;
  const rates = measured.map(({ name, p50 }) => {
    const all = (latencies.get(name) ?? []).toSorted((a, b) => a - b);
    const at = (share: number): string => (all[Math.floor(all.length * share)] ?? Number.NaN).toFixed(2);
    return `| ${name} | ${Math.round(1e6 / p50)} | ${(base / p50).toFixed(1)}× | ${at(0.5)} | ${at(0.99)} |`;
  });
  return `PostgreSQL ${major} on the same machine, fsync on, default settings but for memory; records of 1 KB whose chain the server checks. One chain is what many audit tables do: lock, read the last hash, insert, commit.

${table(measured)}

| | records/s | to one chain | p50 ms a commit | p99 ms |
|---|--:|--:|--:|--:|
${rates.join("\n")}`;
}

async function chainOnce(client: pg.PoolClient, line: Buffer): Promise<void> {
  await client.query("BEGIN");
  await client.query("SELECT pg_advisory_xact_lock(1)");
  const { rows } = await client.query<{ hash: Buffer }>({
    name: "last",
    text: "SELECT hash FROM chain ORDER BY seq DESC LIMIT 1",
  });
  const hash = createHash("sha256")
    .update(rows[0]?.hash ?? "")
    .update(line)
    .digest();
  await client.query({ name: "link", text: "INSERT INTO chain (hash, body) VALUES ($1, $2)", values: [hash, line] });
  await client.query("COMMIT");
}

/** A writer of its own log; chaining is part of what it does. */
class Log {
  readonly #store: AuditStore;
  readonly #lease: StoreLease;
  #size = 0;
  #head: string | null = null;

  private constructor(store: AuditStore, lease: StoreLease) {
    this.#store = store;
    this.#lease = lease;
  }

  static async open(store: AuditStore, i: number): Promise<Log> {
    return new Log(store, await store.lease(`01990000-0000-7000-8000-${String(i).padStart(12, "0")}`));
  }

  async append(count: number): Promise<void> {
    const batch: SealedRecord[] = [];
    let prev = this.#head;
    for (let i = 0; i < count; i++) {
      const seq = this.#size + i;
      const chain = { alg: "sha256-rfc6962", log: this.#lease.log, prev, seq };
      const bytes = Buffer.from(JSON.stringify({ hash_chain: chain, text: "x".repeat(840) }));
      prev = createHash("sha256").update(Uint8Array.of(0)).update(bytes).digest("hex");
      batch.push({ seq, leaf: prev, bytes });
    }
    await this.#store.append(this.#lease, { expectedSeq: this.#size, expectedHead: this.#head }, batch);
    this.#size += count;
    this.#head = prev;
  }
}
