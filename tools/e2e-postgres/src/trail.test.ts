import { setTimeout as sleep } from "node:timers/promises";
import { openTrail } from "@proclaw/audit";
import { createPostgresStore, openSource } from "@proclaw/audit-postgres";
import { eventFields, ProclawError } from "@proclaw/core";
import type { AuditTrail, SanitizedEvent, Signer } from "@proclaw/core";
import { formatVerifierKey, verifierKey, verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { beforeAll, describe, expect, it } from "vitest";
import { databaseMaker, servers } from "./testing/database.ts";
import type { Database } from "./testing/database.ts";
import { testSigner } from "./testing/signer.ts";

const END_SESSIONS =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'e2e_writer'";

function event(name: string): SanitizedEvent {
  return eventFields({ kind: "config.change", body: { name } }) as SanitizedEvent;
}

async function judged(database: Database, signer: Signer) {
  const report = await verifyTrail(await openSource(database.auditor), {
    hasher: nodeHasher,
    ed25519Verify: nodeEd25519Verify,
    keys: [formatVerifierKey(verifierKey(nodeHasher, signer.name, signer.publicKey))],
    strict: true,
  });
  return { verdict: report.verdict, level: report.level, first_bad: report.first_bad };
}

const INTACT = { verdict: "intact", level: "L1", first_bad: null };

async function ready(trail: AuditTrail): Promise<void> {
  while (trail.state !== "ready") await sleep(10);
}

describe.each(servers())("PostgreSQL $major: a trail", (server) => {
  let make: () => Promise<Database>;
  beforeAll(async () => {
    make = await databaseMaker(server);
  });

  it("whose sessions the server ends again and again heals, loses nothing, and verifies", async () => {
    const database = await make();
    const signer = testSigner();
    const store = createPostgresStore({ url: database.writer });
    const trail = await openTrail({
      store,
      signer,
      retry: { firstMs: 5, lastMs: 50 },
      checkpointEvery: { records: 16 },
    });
    const acknowledged: string[] = [];
    const over = new AbortController();
    let rejected = 0;
    const callers = Array.from({ length: 6 }, async (_, caller) => {
      for (let i = 0; !over.signal.aborted; i++) {
        try {
          await trail.append(event(`call ${caller} ${i}`));
          acknowledged.push(`call ${caller} ${i}`);
        } catch (error) {
          expect(ProclawError.is(error)).toBe(true);
          rejected++;
          await sleep(2);
        }
      }
    });
    for (let i = 0; i < 8; i++) {
      await sleep(60);
      await database.run(END_SESSIONS);
      await ready(trail);
    }
    over.abort();
    await Promise.all(callers);
    // The last cut may not have been noticed yet.
    while (
      !(await trail.append(event("the end")).then(
        () => true,
        () => false,
      ))
    )
      await sleep(10);
    await trail.close();
    await store.close();
    expect(await judged(database, signer)).toEqual(INTACT);
    const rows = await database.run(
      "SELECT convert_from(body, 'UTF8')::json -> 'body' ->> 'name' AS name FROM proclaw.record WHERE convert_from(body, 'UTF8') LIKE '%config.change%'",
    );
    const stored = new Set(rows.map((row) => String(row["name"])));
    expect(acknowledged.filter((name) => !stored.has(name))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(rejected).toBeGreaterThan(0);
  });

  it("whose writer died is closed by the next one", async () => {
    const database = await make();
    const signer = testSigner();
    const first = createPostgresStore({ url: database.writer });
    const dead = await openTrail({ store: first, signer, heartbeatMs: 0, retry: { firstMs: 60_000, lastMs: 60_000 } });
    await dead.append(event("the last thing it did"));
    await database.run(END_SESSIONS);
    const store = createPostgresStore({ url: database.writer });
    const trail = await openTrail({ store, signer });
    await trail.append(event("the first thing of the next one"));
    await trail.close();
    await store.close();
    expect(await judged(database, signer)).toEqual(INTACT);
    const kinds = await database.run(
      "SELECT convert_from(body, 'UTF8')::json ->> 'kind' AS kind FROM proclaw.record WHERE log NOT LIKE 'checkpoints-%' ORDER BY log, seq",
    );
    expect(kinds.map(({ kind }) => kind)).toEqual([
      "log.open",
      "config.change",
      "recovery",
      "log.close",
      "log.open",
      "config.change",
      "log.close",
    ]);
  });

  it("two writers at once have a log each, and both verify", async () => {
    const database = await make();
    const signer = testSigner();
    const stores = [createPostgresStore({ url: database.writer }), createPostgresStore({ url: database.writer })];
    const trails = await Promise.all(stores.map((store) => openTrail({ store, signer })));
    await Promise.all(
      trails.flatMap((trail, n) => Array.from({ length: 200 }, (_, i) => trail.append(event(`${n} ${i}`)))),
    );
    await Promise.all(trails.map((trail) => trail.close()));
    await Promise.all(stores.map((store) => store.close()));
    expect(await judged(database, signer)).toEqual(INTACT);
  });
});
