import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPostgresStore, openSource } from "../index.ts";
import { BreakingProxy } from "../testing/breaking-proxy.ts";
import { chained, ChainWriter, linesOf, LOG } from "../testing/chain.ts";
import { random, rounds } from "../testing/depth.ts";
import { PlaceMaker, servers, TestServer } from "../testing/places.ts";
import type { Place } from "../testing/places.ts";

const OTHER_SESSIONS =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

/** Until a session of this database waits for a lock. */
async function someoneWaits(place: Place): Promise<void> {
  for (;;) {
    const [row] = await place.run(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (Number(row?.["n"]) > 0) return;
    await sleep(10);
  }
}

async function expectStored(place: Place, writer: ChainWriter): Promise<void> {
  const stored = await linesOf(await openSource(place.url("auditor")), writer.lease.log);
  expect(stored).toEqual(writer.acknowledged.map(({ bytes }) => Buffer.from(bytes).toString()));
}

describe.each(servers())("PostgreSQL $major: faults", (server) => {
  let maker: PlaceMaker;
  beforeAll(async () => {
    maker = await PlaceMaker.on(server);
  });

  it("a session that the server ends under an append: it fails, recovering takes the same lease again", async () => {
    const place = await maker.make();
    const store = place.store();
    const writer = new ChainWriter(store, await store.lease(LOG));
    await writer.append(2);
    const blocker = new pg.Client({ connectionString: place.url("superuser") });
    await blocker.connect();
    await blocker.query("BEGIN; SELECT FROM proclaw.log FOR UPDATE");
    const appending = writer.append(1);
    appending.catch(() => undefined);
    await someoneWaits(place);
    await blocker.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    await expect(appending).rejects.toMatchObject({ code: "store_failed" });
    await blocker.query("ROLLBACK");
    await blocker.end();
    // Until it is settled nothing is appended: the failed batch may be there.
    await expect(writer.append(1)).rejects.toMatchObject({ code: "store_failed" });
    await writer.settle();
    expect(writer.lease.lost.aborted).toBe(false);
    await writer.append(3);
    await expectStored(place, writer);
    await store.close();
    await place.end();
  });

  it("a session that ends while nothing is under way costs nothing", async () => {
    const place = await maker.make();
    const ended: unknown[] = [];
    const pool = place.pool();
    pool.on("remove", (client) => ended.push(client));
    const store = createPostgresStore({ pool });
    const writer = new ChainWriter(store, await store.lease(LOG));
    await writer.append(2);
    await place.run(OTHER_SESSIONS);
    while (ended.length === 0) await sleep(5);
    await writer.append(3);
    expect(writer.lease.lost.aborted).toBe(false);
    await expectStored(place, writer);
    await store.close();
    await place.end();
  });

  it("a lease that somebody took meanwhile is lost for good", async () => {
    const place = await maker.make();
    const [mine, theirs] = [place.store(), place.store()];
    const writer = new ChainWriter(mine, await mine.lease(LOG));
    await writer.append(2);
    await place.run(OTHER_SESSIONS);
    const next = await theirs.lease(LOG);
    expect(next.epoch).toBe(1);
    const last = writer.acknowledged.at(-1)?.leaf ?? null;
    await theirs.append(next, { expectedSeq: 2, expectedHead: last }, [chained(LOG, 2, last)]);
    await expect(writer.append(1)).rejects.toMatchObject({
      code: expect.stringMatching(/^(store_failed|lease_lost)$/) as unknown,
    });
    await expect(mine.recover(writer.lease)).rejects.toMatchObject({ code: "lease_lost" });
    expect(writer.lease.lost.aborted).toBe(true);
    await expect(mine.append(writer.lease, { expectedSeq: 2, expectedHead: last }, [])).rejects.toMatchObject({
      code: "lease_lost",
    });
    await Promise.all([mine.close(), theirs.close()]);
    await place.end();
  });

  it("a broken session that the server still believes in is ended by its owner", async () => {
    const place = await maker.make();
    const proxy = await BreakingProxy.start(server);
    const pool = new pg.Pool({ connectionString: place.url().replace(`:${server.port}/`, `:${proxy.port}/`) });
    pool.on("error", () => undefined);
    const store = createPostgresStore({ pool });
    const writer = new ChainWriter(store, await store.lease(LOG));
    await writer.append(1);
    // The statement waits in the server while its connection breaks: only then is the lock of the
    // old session in the way of the new one.
    const blocker = new pg.Client({ connectionString: place.url("superuser") });
    await blocker.connect();
    await blocker.query("BEGIN; SELECT FROM proclaw.log FOR UPDATE");
    const appending = writer.append(1);
    appending.catch(() => undefined);
    await someoneWaits(place);
    proxy.cutAfter(1);
    const closing = store.head(LOG).catch(() => undefined);
    await expect(appending).rejects.toMatchObject({ code: "store_failed" });
    await closing;
    await expect(store.recover(writer.lease)).rejects.toMatchObject({ code: "store_failed" });
    await blocker.query("ROLLBACK");
    await blocker.end();
    await writer.settle();
    await writer.append(1);
    await expectStored(place, writer);
    await store.close();
    await pool.end();
    await proxy.stop();
    await place.end();
  });

  it(
    "connections cut at random bytes: what was acknowledged is there, nothing twice, nothing in part",
    { timeout: 600_000 },
    async () => {
      const place = await maker.make();
      const proxy = await BreakingProxy.start(server);
      const pool = new pg.Pool({ connectionString: place.url().replace(`:${server.port}/`, `:${proxy.port}/`) });
      pool.on("error", () => undefined);
      const store = createPostgresStore({ pool });
      const writer = new ChainWriter(store, await store.lease(LOG));
      const next = random(server.major);
      let failed = 0;
      let durableAllTheSame = 0;
      for (let cut = 0; cut < rounds(40, 1000); cut++) {
        proxy.cutAfter(1 + Math.floor(next() * 3000));
        while (!proxy.hasCut) {
          const before = writer.acknowledged.length;
          try {
            await writer.append(1 + Math.floor(next() * 3));
          } catch (error) {
            expect(error).toMatchObject({ code: "store_failed" });
            failed++;
            await writer.settle();
            if (writer.acknowledged.length > before) durableAllTheSame++;
          }
        }
      }
      await writer.settle();
      await writer.append(1);
      await expectStored(place, writer);
      expect(failed).toBeGreaterThan(rounds(10, 300));
      // Else no cut came between a commit and its answer, and the test shows less than it says.
      expect(durableAllTheSame).toBeGreaterThan(0);
      await store.close();
      await pool.end();
      await proxy.stop();
      await place.end();
    },
  );

  it("a statement that waits too long fails, and nothing of it is there", async () => {
    const place = await maker.make();
    const store = createPostgresStore({ pool: place.pool(), statementMs: 500 });
    const writer = new ChainWriter(store, await store.lease(LOG));
    await writer.append(1);
    const blocker = new pg.Client({ connectionString: place.url("superuser") });
    await blocker.connect();
    await blocker.query("BEGIN; SELECT FROM proclaw.log FOR UPDATE");
    await expect(writer.append(1)).rejects.toMatchObject({ code: "store_failed" });
    await blocker.query("ROLLBACK");
    await blocker.end();
    await writer.settle();
    expect(writer.acknowledged).toHaveLength(1);
    await writer.append(1);
    await expectStored(place, writer);
    await store.close();
    await place.end();
  });

  it("a commit that fails leaves nothing behind", async () => {
    const place = await maker.make();
    await place.run(`
      DROP EVENT TRIGGER proclaw_refuse_change;
      CREATE TABLE public.failing (fail boolean);
      GRANT SELECT ON public.failing TO PUBLIC;
      CREATE FUNCTION public.fail_late() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF EXISTS (SELECT FROM public.failing) THEN RAISE EXCEPTION 'late' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON proclaw.log DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION public.fail_late()`);
    const store = place.store();
    const writer = new ChainWriter(store, await store.lease(LOG));
    await writer.append(1);
    await place.run("INSERT INTO public.failing VALUES (true)");
    await expect(writer.append(2)).rejects.toMatchObject({
      code: "store_failed",
      message: expect.stringContaining("40001") as unknown,
    });
    await place.run("DELETE FROM public.failing");
    await writer.settle();
    expect(writer.acknowledged).toHaveLength(1);
    await writer.append(2);
    await expectStored(place, writer);
    await store.close();
    await place.end();
  });
});

describe.each(servers())("PostgreSQL $major: a server that dies", ({ major }) => {
  let server: TestServer;
  let maker: PlaceMaker;
  beforeAll(async () => {
    server = await TestServer.start(major);
    maker = await PlaceMaker.on({ ...address(server) });
  });
  afterAll(async () => await server.stop());

  it(
    "killed in the middle of appends, again and again: nothing acknowledged is lost",
    { timeout: 600_000 },
    async () => {
      const place = await maker.make();
      const stores = [place.store(), place.store(), place.store()];
      const writers = await Promise.all(
        stores.map(async (store, i) => new ChainWriter(store, await store.lease(LOG.replace(/.$/, String(i))))),
      );
      const next = random(major);
      for (let round = 0; round < rounds(2, 60); round++) {
        const alive = new AbortController();
        const busy = writers.map(async (writer) => {
          const size = 1 + Math.floor(next() * 20);
          while (!alive.signal.aborted) {
            try {
              await writer.append(size);
            } catch (error) {
              expect(error).toMatchObject({ code: "store_failed" });
              return;
            }
          }
        });
        await sleep(30 + next() * 150);
        await server.crash();
        alive.abort();
        await Promise.all(busy);
        await server.start();
        for (const writer of writers) await writer.settle();
      }
      for (const writer of writers) {
        expect(writer.acknowledged.length).toBeGreaterThan(0);
        await writer.append(1);
        await expectStored(place, writer);
      }
      await Promise.all(stores.map((store) => store.close()));
      await place.end();
    },
  );

  it("a fail-over: the replica refuses writes and answers readers, the promoted one goes on", async () => {
    const place = await maker.make();
    const store = place.store();
    const writer = new ChainWriter(store, await store.lease(LOG));
    await writer.append(3);
    await server.becomeReplica();
    await expect(writer.append(1)).rejects.toMatchObject({ code: "store_failed" });
    await expect(store.recover(writer.lease)).rejects.toMatchObject({
      code: "store_failed",
      message: expect.stringContaining("read-only") as unknown,
    });
    await expect(place.store().lease(LOG)).rejects.toMatchObject({ code: "store_failed" });
    await expectStored(place, writer);
    await server.promote();
    await writer.settle();
    await writer.append(1);
    await expectStored(place, writer);
    await store.close();
    await place.end();
  });
});

function address(server: TestServer) {
  return { host: server.host, port: server.port, user: server.superuser, password: server.password };
}
