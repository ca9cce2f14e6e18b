import { createHash } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditStore, SealedRecord, StoreLease } from "@proclaw/core";
import { ATTACKS, VICTIM } from "./testing/attacks.ts";
import { PlaceMaker, servers } from "./testing/places.ts";
import type { Place } from "./testing/places.ts";

it("tries many things", () => {
  expect(ATTACKS.length).toBeGreaterThanOrEqual(33);
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
});

describe.each(servers())("PostgreSQL $major: a hostile writer", (server) => {
  let place: Place;
  let store: AuditStore;
  let lease: StoreLease;
  let partition: string;

  beforeAll(async () => {
    place = await (await PlaceMaker.on(server)).make();
    store = place.store();
    lease = await store.lease(VICTIM);
    await store.append(lease, { expectedSeq: 0, expectedHead: null }, chain(3));
    await store.putCheckpoint(lease, 3, Buffer.from("note"));
    const [month] = await place.run("SELECT partition FROM proclaw.month ORDER BY from_at LIMIT 1");
    partition = `proclaw.${String(month?.["partition"])}`;
  });
  afterAll(async () => {
    await store.close();
    await place.end();
  });

  it.each(ATTACKS)("cannot $name", async ({ sql, refused = ["42501", "PC006"] }) => {
    const before = await fingerprint(place);
    const client = new pg.Client({ connectionString: place.url("writer") });
    client.on("error", () => undefined);
    await client.connect();
    try {
      const text = sql
        .replaceAll(/\bPARTITION(?= |$)(?! PARTITION)/g, partition)
        .replaceAll("DATABASE DATABASE", `DATABASE ${place.database}`);
      const answer = await client.query(text).then(
        () => "nothing refused it",
        (error: unknown) => error as { readonly code?: string; readonly message: string },
      );
      expect(answer).toMatchObject({ code: expect.stringMatching(`^(${refused.join("|")})$`) as unknown });
    } finally {
      await client.end();
    }
    expect(await fingerprint(place)).toBe(before);
  });

  it("and the victim goes on as if nothing had been", async () => {
    const receipt = await store.append(
      lease,
      { expectedSeq: 3, expectedHead: chain(3)[2]?.leaf ?? null },
      chain(4).slice(3),
    );
    expect(receipt).toMatchObject({ size: 4, head: chain(4)[3]?.leaf });
  });

  it("is found out by this very suite where a guard is missing", async () => {
    const weak = await (await PlaceMaker.on(server)).make();
    const its = weak.store();
    const held = await its.lease(VICTIM);
    await its.append(held, { expectedSeq: 0, expectedHead: null }, chain(1));
    const change = ATTACKS.find(({ name }) => name === "change a record")?.sql ?? "";
    await weak.run(
      `DROP EVENT TRIGGER proclaw_refuse_change; GRANT SELECT, UPDATE ON proclaw.record TO proclaw_writer`,
    );
    await expect(weak.run(change, "writer")).rejects.toMatchObject({ code: "PC006" });
    await weak.run("ALTER TABLE proclaw.record DISABLE TRIGGER ALL");
    await weak.run(
      "DO $$ DECLARE p regclass; BEGIN FOR p IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'proclaw.record'::regclass LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', p); END LOOP; END $$",
    );
    const before = await fingerprint(weak);
    await weak.run(change, "writer");
    expect(await fingerprint(weak)).not.toBe(before);
    await its.close();
    await weak.end();
  });

  it("can do the right thing in the same way", async () => {
    const client = new pg.Client({ connectionString: place.url("writer") });
    await client.connect();
    await expect(client.query("SELECT * FROM proclaw.head($1)", [VICTIM])).resolves.toMatchObject({ rowCount: 1 });
    await client.end();
  });
});

function chain(count: number): SealedRecord[] {
  const records: SealedRecord[] = [];
  for (let seq = 0; seq < count; seq++) {
    const prev = records.at(-1)?.leaf ?? null;
    const bytes = Buffer.from(
      JSON.stringify({ body: "\u0000 \\u0000", hash_chain: { alg: "sha256-rfc6962", log: VICTIM, prev, seq } }),
    );
    records.push({ seq, leaf: createHash("sha256").update(Buffer.of(0)).update(bytes).digest("hex"), bytes });
  }
  return records;
}

/** Rows, definitions and rights of everything that is ours. */
async function fingerprint(place: Place): Promise<string> {
  const tables = ["record", "log", "checkpoint", "month", "setting", "retired", "migration"];
  const rows = tables.map((table) => `(SELECT string_agg(t::text, '|' ORDER BY t::text) FROM proclaw.${table} AS t)`);
  const [found] = await place.run(`SELECT concat_ws('#', ${rows.join(", ")},
    (SELECT string_agg(concat(oid, relname, relowner, relacl, relrowsecurity, relhasrules, relispartition), '|' ORDER BY oid) FROM pg_class
      WHERE relnamespace IN ('proclaw'::regnamespace, 'proclaw_guard'::regnamespace, 'proclaw_state'::regnamespace)),
    (SELECT string_agg(concat(oid, proname, proowner, prosecdef, md5(prosrc), proacl, proconfig), '|' ORDER BY oid) FROM pg_proc
      WHERE pronamespace IN ('proclaw'::regnamespace, 'proclaw_guard'::regnamespace)),
    (SELECT string_agg(concat(tgrelid, tgname, tgenabled, tgfoid), '|' ORDER BY oid) FROM pg_trigger),
    (SELECT string_agg(concat(evtname, evtenabled), '|' ORDER BY evtname) FROM pg_event_trigger),
    (SELECT string_agg(concat(rolname, rolsuper, rolcanlogin), '|' ORDER BY rolname) FROM pg_roles
      WHERE rolname LIKE 'proclaw%' OR rolname = 'test_writer'),
    (SELECT string_agg(concat(roleid, member), '|' ORDER BY roleid, member) FROM pg_auth_members
      WHERE member = 'test_writer'::regrole),
    current_database()) AS all`);
  return String(found?.["all"]);
}
