import { createHash } from "node:crypto";
import { openTrail } from "@proclaw/audit";
import { createPostgresStore, openSource } from "@proclaw/audit-postgres";
import { canonicalJson, eventFields } from "@proclaw/core";
import type { AuditRecord, SanitizedEvent, StoredCheckpoint } from "@proclaw/core";
import {
  formatNote,
  formatVerifierKey,
  logOrigin,
  merkleRoot,
  formatCheckpoint,
  verifierKey,
  verifyTrail,
} from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { beforeAll, describe, expect, it } from "vitest";
import { databaseMaker, disarm, servers } from "./testing/database.ts";
import type { Database } from "./testing/database.ts";
import { testSigner } from "./testing/signer.ts";

/** A trail of one log, written by the real writer; its key, and the last checkpoint, kept elsewhere. */
async function writtenTrail(database: Database) {
  const signer = testSigner();
  const store = createPostgresStore({ url: database.writer });
  const trail = await openTrail({ store, signer, checkpointEvery: { records: 4, ms: 60_000 } });
  for (let i = 0; i < 12; i++) {
    await trail.append(anEvent(`call ${i}`));
  }
  await trail.close();
  const [log = ""] = await store.logs();
  const anchors: StoredCheckpoint[] = [];
  for await (const checkpoint of store.checkpoints(log)) anchors.push(checkpoint);
  await store.close();
  const key = formatVerifierKey(verifierKey(nodeHasher, signer.name, signer.publicKey));
  return { signer, log, key, anchor: anchors.at(-1) as StoredCheckpoint };
}

async function removeOthers(database: Database, log: string): Promise<void> {
  await database.run("DELETE FROM proclaw.record WHERE log <> $1", [log]);
  await database.run("DELETE FROM proclaw.checkpoint WHERE log <> $1", [log]);
  await database.run("DELETE FROM proclaw.log WHERE id <> $1", [log]);
}

function anEvent(name: string): SanitizedEvent {
  return eventFields({ kind: "config.change", body: { name } }) as SanitizedEvent;
}

describe.each(servers())("PostgreSQL $major: a superuser", (server) => {
  let make: () => Promise<Database>;
  let guarded: Database;
  let guardedKey: string;
  beforeAll(async () => {
    make = await databaseMaker(server);
    guarded = await make();
    ({ key: guardedKey } = await writtenTrail(guarded));
  });

  async function report(database: Database, key: string, anchors: readonly StoredCheckpoint[] = []) {
    return await verifyTrail(await openSource(database.auditor), {
      hasher: nodeHasher,
      ed25519Verify: nodeEd25519Verify,
      keys: [key],
      anchors,
      strict: true,
    });
  }

  it("who does nothing leaves an intact trail", async () => {
    const database = await make();
    const { key, anchor } = await writtenTrail(database);
    expect(await report(database, key, [anchor])).toMatchObject({ verdict: "intact", level: "L1", first_bad: null });
  });

  it.each([
    ["UPDATE proclaw.record SET body = body", "PC006"],
    ["DELETE FROM proclaw.record", "PC006"],
    ["TRUNCATE proclaw.record CASCADE", "PC006"],
    ["SET session_replication_role = replica; DELETE FROM proclaw.record", "PC006"],
    ["UPDATE proclaw.log SET size = 1, head = NULL", "PC006"],
    ["DROP TABLE proclaw.record", "PC006"],
    ["DROP SCHEMA proclaw CASCADE", "PC006"],
    ["DROP SCHEMA proclaw_guard CASCADE", "PC006"],
    ["ALTER TABLE proclaw.record DISABLE TRIGGER ALL", "PC006"],
    ["ALTER TABLE proclaw.record ENABLE TRIGGER ALL", "PC006"],
    ["ALTER TABLE proclaw.record ENABLE REPLICA TRIGGER guard_rows", "PC006"],
    ["ALTER TABLE proclaw.log SET UNLOGGED", "PC006"],
    ["CREATE RULE r AS ON INSERT TO proclaw.checkpoint DO INSTEAD NOTHING", "PC006"],
    ["ALTER FUNCTION proclaw.append SECURITY INVOKER", "PC006"],
    ["ALTER SCHEMA proclaw RENAME TO gone", "PC006"],
    ["GRANT ALL ON ALL TABLES IN SCHEMA proclaw TO PUBLIC", "PC006"],
    ["REASSIGN OWNED BY proclaw_owner TO postgres; ALTER TABLE proclaw.log ADD COLUMN c int", "PC006"],
    ["DROP OWNED BY proclaw_owner CASCADE", "PC006"],
  ])("is stopped at first: %s", async (sql, code) => {
    await expect(guarded.run(sql)).rejects.toMatchObject({ code });
    expect(await report(guarded, guardedKey)).toMatchObject({ verdict: "intact", level: "L1" });
  });

  it("who takes the guards away and changes a record is found", async () => {
    const database = await make();
    const { key, log } = await writtenTrail(database);
    await disarm(database);
    await database.run(
      "UPDATE proclaw.record SET body = convert_to(replace(convert_from(body, 'UTF8'), 'call 5', 'call 6'), 'UTF8')",
    );
    const found = await report(database, key);
    expect(found).toMatchObject({ verdict: "tampered", first_bad: { log, seq: 6, kind: "chain_broken" } });
  });

  it("who deletes a record in the middle is found", async () => {
    const database = await make();
    const { key, log } = await writtenTrail(database);
    await disarm(database);
    await database.run("DELETE FROM proclaw.record WHERE seq = 5");
    expect(await report(database, key)).toMatchObject({
      verdict: "tampered",
      first_bad: { log, seq: 5, kind: "seq_gap" },
    });
  });

  it("who plants a second record of one number is found", async () => {
    const database = await make();
    const { key } = await writtenTrail(database);
    await disarm(database);
    await database.run(
      "INSERT INTO proclaw.record SELECT log, seq, recorded_at + interval '1 second', body FROM proclaw.record WHERE seq = 5",
    );
    expect(await report(database, key)).toMatchObject({ verdict: "tampered", first_bad: { kind: "seq_repeated" } });
  });

  it("who cuts the tail together with its checkpoints is found by an anchor, and only by it", async () => {
    const database = await make();
    const { key, anchor, log } = await writtenTrail(database);
    await disarm(database);
    await database.run("DELETE FROM proclaw.record WHERE seq >= 4; DELETE FROM proclaw.checkpoint WHERE size > 4");
    // The log of checkpoints binds what was cut.
    expect((await report(database, key)).verdict).toBe("tampered");
    await removeOthers(database, log);
    expect((await report(database, key)).verdict).toBe("intact");
    expect(await report(database, key, [anchor])).toMatchObject({
      verdict: "tampered",
      first_bad: { kind: "truncated_below_anchor" },
    });
  });

  it("who removes the whole log is found by an anchor", async () => {
    const database = await make();
    const { key, anchor } = await writtenTrail(database);
    await disarm(database);
    await database.run("DELETE FROM proclaw.record; DELETE FROM proclaw.checkpoint; DELETE FROM proclaw.log");
    expect((await report(database, key, [anchor])).verdict).not.toBe("intact");
  });

  it("who has the key and hashes everything anew is found by an anchor, and only by it", async () => {
    const database = await make();
    const { key, anchor, signer, log } = await writtenTrail(database);
    await disarm(database);
    const rows = await database.run("SELECT seq::int AS seq, body FROM proclaw.record WHERE log = $1 ORDER BY seq", [
      log,
    ]);
    let prev: string | null = null;
    const leaves: Uint8Array[] = [];
    for (const row of rows) {
      const record = JSON.parse((row["body"] as Buffer).toString().replace("call 5", "call 6")) as AuditRecord;
      const line = Buffer.from(canonicalJson({ ...record, hash_chain: { ...record.hash_chain, prev } }));
      const leaf: Buffer = createHash("sha256").update(Buffer.of(0)).update(line).digest();
      prev = leaf.toString("hex");
      leaves.push(leaf);
      await database.run("UPDATE proclaw.record SET body = $1 WHERE log = $2 AND seq = $3", [line, log, row["seq"]]);
    }
    await database.run("DELETE FROM proclaw.checkpoint WHERE log = $1", [log]);
    const text = formatCheckpoint({
      origin: logOrigin(log),
      size: leaves.length,
      root: merkleRoot(nodeHasher, leaves),
    });
    const { id, name } = verifierKey(nodeHasher, signer.name, signer.publicKey);
    const note = formatNote(text, [{ name, keyId: id, signature: await signer.sign(Buffer.from(text)) }]);
    await database.run("INSERT INTO proclaw.checkpoint (log, size, note) VALUES ($1, $2, $3)", [
      log,
      leaves.length,
      Buffer.from(note),
    ]);
    // What the log of checkpoints says of it has to go too.
    await removeOthers(database, log);
    expect((await report(database, key)).verdict).toBe("intact");
    expect(await report(database, key, [anchor])).toMatchObject({
      verdict: "tampered",
      first_bad: { kind: "anchor_mismatch" },
    });
  });
});
