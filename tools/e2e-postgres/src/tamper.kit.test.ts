import { tamperKit } from "@proclaw/conformance/tamper";
import { openSource } from "@proclaw/audit-postgres";
import { verifyTrail } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import pg from "pg";
import type { AuditSource } from "@proclaw/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databaseMaker, disarm, servers } from "./testing/database.ts";
import type { Database } from "./testing/database.ts";

/*
 * Every kind of tampering, planted by a superuser who first takes the guards away, row by row:
 * nothing that the database lets such a user do stays hidden from who reads it through the store.
 */
describe.each(servers())("PostgreSQL $major: the tamper kit", (server) => {
  let database: Database;
  let superuser: pg.Client;
  let source: AuditSource;
  beforeAll(async () => {
    database = await (await databaseMaker(server))();
    await disarm(database);
    // An attacker needs no keys of ours, and may give two records one number.
    await database.run("ALTER TABLE proclaw.checkpoint DROP CONSTRAINT checkpoint_pkey");
    await database.run("ALTER TABLE proclaw.checkpoint DROP CONSTRAINT checkpoint_size_check");
    superuser = new pg.Client({ connectionString: database.superuser });
    await superuser.connect();
    await superuser.query("SET synchronous_commit = off");
    source = await openSource(database.auditor);
  });
  afterAll(async () => await superuser.end());

  const kit = tamperKit({
    verify: async (source, { keys, anchors, strict }) =>
      await verifyTrail(source, { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, keys, anchors, strict }),
    // Rows have no names of their own and are whole lines.
    can: [],
    place: async (trail) => {
      const rows: unknown[] = [];
      const notes: unknown[] = [];
      for (const { id, segments, notes: kept } of trail.logs) {
        let seq = 0;
        for (const { bytes } of segments) {
          const lines = Buffer.from(bytes).toString("latin1").split("\n");
          if (lines.pop() !== "") throw new Error("bytes without LF cannot be rows");
          for (const line of lines)
            rows.push({ log: id, seq: seq++, body: Buffer.from(line, "latin1").toString("hex") });
        }
        for (const { name, note } of kept) {
          notes.push({ log: id, size: Number.parseInt(name, 10), note: Buffer.from(note).toString("hex") });
        }
      }
      // In parts: a later WITH would not see what an earlier one did.
      await superuser.query(
        "BEGIN; DELETE FROM proclaw.record; DELETE FROM proclaw.checkpoint; DELETE FROM proclaw.log",
      );
      await superuser.query(
        `WITH logs AS (INSERT INTO proclaw.log (id) SELECT unnest($1::text[])), notes AS (
           INSERT INTO proclaw.checkpoint (log, size, note)
           SELECT log, size, decode(note, 'hex') FROM json_to_recordset($2) AS r(log text, size bigint, note text))
         INSERT INTO proclaw.record (log, seq, recorded_at, body)
         SELECT log, seq, now(), decode(body, 'hex') FROM json_to_recordset($3) AS r(log text, seq bigint, body text)`,
        [trail.logs.map(({ id }) => id), JSON.stringify(notes), JSON.stringify(rows)],
      );
      await superuser.query("COMMIT");
      return { source, remove: async () => {} };
    },
  });

  it("has at least forty kinds", () => {
    expect(kit.length / 2).toBeGreaterThanOrEqual(40);
  });

  // How rows are read is the same in both modes and majors; the ordinary run sees each kind once on the older one.
  const seen = kit.filter(
    ({ name }) => process.env["PROCLAW_DEPTH"] === "proof" || server.major > 15 || name.startsWith("strict:"),
  );
  it.each(seen)("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
