/*
 * What a writer with valid credentials and bad intentions can send. Each must be refused, and must
 * change nothing. `VICTIM` is a log whose writer lives, `OWN` one that the attacker may lease.
 */

export const VICTIM = "01990000-0000-7000-8000-000000000001";
export const OWN = "01990000-0000-7000-8000-000000000002";

export interface Attack {
  readonly name: string;
  readonly sql: string;
  /** SQLSTATEs of a refusal. Default: 42501 (insufficient privilege), or PC006 of an event trigger that fires before. */
  readonly refused?: readonly string[];
}

const TOKEN = "'00000000-0000-4000-8000-000000000000'";
const RIGHT = ["42501"];

/** As the lease's holder of a new log: epoch 0, nothing in it. */
function own(name: string, call: string, refused: string): Attack {
  return { name, sql: `SELECT proclaw.lease('${OWN}', ${TOKEN}); ${call}`, refused: [refused] };
}

function append(lines: readonly (string | Uint8Array)[], lengths?: string): string {
  const bytes = lines.map((line) => Buffer.from(line));
  const list = lengths ?? `ARRAY[${bytes.map(({ length }) => length).join(", ")}]::int[]`;
  const joined = Buffer.concat(bytes).toString("hex");
  return `SELECT proclaw.append('${OWN}', 0, ${TOKEN}, 0, NULL, '\\x${joined}', ${list})`;
}

function record(chain: Readonly<Record<string, unknown>>): string {
  const whole = { alg: "sha256-rfc6962", log: OWN, seq: 0, prev: null, ...chain };
  return JSON.stringify({ hash_chain: whole });
}

export const ATTACKS: readonly Attack[] = [
  // Rows.
  { name: "change a record", sql: "UPDATE proclaw.record SET body = 'x' WHERE seq = 0" },
  { name: "change a record in its partition", sql: "UPDATE PARTITION SET body = 'x' WHERE seq = 0" },
  { name: "delete a record", sql: "DELETE FROM proclaw.record" },
  { name: "delete a record in its partition", sql: "DELETE FROM PARTITION" },
  { name: "truncate the records", sql: "TRUNCATE proclaw.record" },
  { name: "truncate a partition", sql: "TRUNCATE PARTITION" },
  { name: "insert a record", sql: `INSERT INTO proclaw.record VALUES ('${VICTIM}', 9, now(), 'x')` },
  { name: "insert a record into a partition", sql: `INSERT INTO PARTITION VALUES ('${VICTIM}', 9, now(), 'x')` },
  { name: "copy records from a file", sql: "COPY proclaw.record FROM '/etc/passwd'", refused: RIGHT },
  {
    name: "merge into the records",
    sql: "MERGE INTO proclaw.record AS r USING (SELECT 1) AS s ON true WHEN MATCHED THEN DELETE",
  },
  { name: "read the table", sql: "SELECT * FROM proclaw.record" },
  { name: "lock the table", sql: "BEGIN; LOCK TABLE proclaw.record IN ACCESS EXCLUSIVE MODE" },
  { name: "shorten a log", sql: "UPDATE proclaw.log SET size = 0, head = NULL" },
  { name: "raise the epoch", sql: "UPDATE proclaw.log SET epoch = epoch + 1" },
  { name: "delete a log", sql: "DELETE FROM proclaw.log" },
  { name: "insert a log", sql: "INSERT INTO proclaw.log (id) VALUES ('x')" },
  { name: "steal the token", sql: "SELECT holder_token FROM proclaw.log" },
  { name: "change a checkpoint", sql: "UPDATE proclaw.checkpoint SET note = 'x'" },
  { name: "delete a checkpoint", sql: "DELETE FROM proclaw.checkpoint" },
  { name: "insert a checkpoint", sql: `INSERT INTO proclaw.checkpoint VALUES ('${VICTIM}', 1, now(), 'x')` },
  { name: "shorten the retention", sql: "UPDATE proclaw.setting SET keep = '1 second'" },
  { name: "switch the check of records off", sql: "UPDATE proclaw.setting SET check_records = false" },
  { name: "mark a month as retired", sql: "UPDATE proclaw.month SET retired_at = now()" },
  { name: "forget a migration", sql: "DELETE FROM proclaw.migration" },
  { name: "touch approvals", sql: "UPDATE proclaw_state.approval_request SET consumed_at = NULL" },
  // Definitions.
  { name: "drop the table", sql: "DROP TABLE proclaw.record" },
  { name: "drop the schema", sql: "DROP SCHEMA proclaw CASCADE" },
  { name: "drop the guards", sql: "DROP SCHEMA proclaw_guard CASCADE" },
  { name: "drop a door", sql: "DROP FUNCTION proclaw.append" },
  { name: "drop the guard's function", sql: "DROP FUNCTION proclaw_guard.refuse CASCADE" },
  {
    name: "replace a door",
    sql: "CREATE OR REPLACE FUNCTION proclaw.head(p_log text) RETURNS TABLE (size bigint, head bytea) LANGUAGE sql AS 'SELECT 0::bigint, NULL::bytea'",
  },
  {
    name: "make a function beside the doors",
    sql: "CREATE FUNCTION proclaw.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  },
  { name: "make a table beside the records", sql: "CREATE TABLE proclaw.t (a int)" },
  { name: "make a door run as its caller", sql: "ALTER FUNCTION proclaw.append SECURITY INVOKER" },
  { name: "switch the triggers off", sql: "ALTER TABLE proclaw.record DISABLE TRIGGER ALL" },
  { name: "drop a trigger", sql: "DROP TRIGGER guard_rows ON proclaw.record" },
  {
    name: "make a trigger",
    sql: "CREATE TRIGGER t BEFORE INSERT ON proclaw.record FOR EACH ROW EXECUTE FUNCTION proclaw_guard.refuse()",
  },
  { name: "make a rule", sql: "CREATE RULE r AS ON INSERT TO proclaw.record DO INSTEAD NOTHING" },
  { name: "detach a partition", sql: "ALTER TABLE proclaw.record DETACH PARTITION PARTITION" },
  { name: "hide rows", sql: "ALTER TABLE proclaw.record ENABLE ROW LEVEL SECURITY" },
  { name: "add a column", sql: "ALTER TABLE proclaw.record ADD COLUMN c int" },
  { name: "drop the event trigger", sql: "DROP EVENT TRIGGER proclaw_refuse_drop" },
  { name: "switch the event trigger off", sql: "ALTER EVENT TRIGGER proclaw_refuse_change DISABLE" },
  // Rights.
  { name: "become the owner", sql: "SET ROLE proclaw_owner" },
  { name: "become the owner's session", sql: "SET SESSION AUTHORIZATION proclaw_owner" },
  { name: "join the owner", sql: "GRANT proclaw_owner TO CURRENT_USER", refused: ["42501"] },
  { name: "become a superuser", sql: "ALTER ROLE CURRENT_USER SUPERUSER" },
  { name: "take what is the owner's", sql: "REASSIGN OWNED BY proclaw_owner TO CURRENT_USER" },
  { name: "drop what is the owner's", sql: "DROP OWNED BY proclaw_owner" },
  { name: "play the replica", sql: "SET session_replication_role = replica" },
  { name: "stop flushing", sql: "ALTER SYSTEM SET fsync = off" },
  { name: "drop the database", sql: "ALTER DATABASE DATABASE RENAME TO gone", refused: ["42501"] },
  { name: "read the server's files", sql: "SELECT pg_read_file('PG_VERSION')" },
  { name: "run a program", sql: "COPY (SELECT 1) TO PROGRAM 'true'" },
  { name: "retire a month", sql: "SELECT proclaw.retire('record_2026_01')" },
  { name: "make a month", sql: "SELECT proclaw.make_month('2000-01-01')" },
  { name: "approve its own request", sql: "SELECT proclaw.grant_approval('a', 'b', 'c', 1, 'd')" },
  // The doors, for a log whose writer lives.
  {
    name: "append to another's log",
    sql: `SELECT proclaw.append('${VICTIM}', 0, ${TOKEN}, 3, NULL, 'x', ARRAY[1])`,
    refused: ["PC001"],
  },
  {
    name: "append with nothing where a secret belongs",
    sql: `SELECT proclaw.append('${VICTIM}', NULL, NULL, NULL, NULL, NULL, NULL)`,
    refused: ["PC001"],
  },
  { name: "append to no log", sql: "SELECT proclaw.append(NULL, NULL, NULL, 0, NULL, '', '{}')", refused: ["PC001"] },
  { name: "take another's lease", sql: `SELECT proclaw.lease('${VICTIM}', ${TOKEN})`, refused: ["PC005"] },
  { name: "reclaim another's lease", sql: `SELECT proclaw.reclaim('${VICTIM}', 0, ${TOKEN})`, refused: ["PC001"] },
  { name: "release another's lease", sql: `SELECT proclaw.release('${VICTIM}', 0, ${TOKEN})`, refused: ["PC001"] },
  {
    name: "sign another's log",
    sql: `SELECT proclaw.put_checkpoint('${VICTIM}', 0, ${TOKEN}, 1, 'x')`,
    refused: ["PC001"],
  },
  {
    name: "put tables of its own in the way",
    sql: `CREATE TEMPORARY TABLE log (id text, epoch bigint, holder_token uuid, holder_pid int, size bigint, head bytea);
      SET search_path = pg_temp, proclaw; SELECT append('${VICTIM}', 0, ${TOKEN}, 3, NULL, 'x', ARRAY[1])`,
    refused: ["PC001"],
  },
  {
    name: "put operators of its own in the way",
    sql: `CREATE FUNCTION pg_temp.eq(bytea, bytea) RETURNS boolean LANGUAGE sql AS 'SELECT true';
      CREATE OPERATOR pg_temp.= (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = pg_temp.eq);
      SET search_path = pg_temp, pg_catalog; SELECT proclaw.append('${VICTIM}', 0, ${TOKEN}, 0, NULL, 'x', ARRAY[1])`,
    refused: ["PC001"],
  },
  {
    name: "lease something that is no log",
    sql: `SELECT proclaw.lease('../../etc', ${TOKEN})`,
    refused: ["PC003"],
  },
  // The doors, for a log of its own.
  own("a record that is no JSON", append(["not JSON"]), "PC003"),
  own("a record that is no UTF-8", append([Buffer.from([0x7b, 0xff, 0x7d])]), "PC003"),
  own("a record without chain", append(["{}"]), "PC003"),
  own("a first record that follows another", append([record({ prev: "0".repeat(64) })]), "PC003"),
  own("a record with another number", append([record({ seq: 1 })]), "PC003"),
  own("a record of another log", append([record({ log: VICTIM })]), "PC003"),
  own("a second record that forks the chain", append([record({}), record({ seq: 1, prev: null })]), "PC003"),
  own("a chain of another hash", append([record({ alg: "md5" })]), "PC003"),
  own("two lines as one record", append([`${record({})}\n`]), "PC003"),
  own("an empty record", append([""]), "PC003"),
  own("a record over the limit", append([" ".repeat(65_536)]), "PC003"),
  own("lengths that leave something out", append([record({})], "ARRAY[10]"), "PC003"),
  own("lengths that overlap", append([record({})], "ARRAY[-1, 200]"), "PC003"),
  own("a length that is nothing", append([record({})], "ARRAY[NULL, 1]::int[]"), "PC003"),
  own("lengths of two dimensions", append(["{}{}"], "ARRAY[[2], [2]]"), "PC003"),
  own("a batch that begins later", append([record({ seq: 5 })]).replace(", 0, NULL, '\\x", ", 5, NULL, '\\x"), "PC002"),
  own("a batch after nothing", append([record({})]).replace(", 0, NULL, '\\x", ", 0, '\\x00', '\\x"), "PC002"),
  own("a checkpoint over nothing", `SELECT proclaw.put_checkpoint('${OWN}', 0, ${TOKEN}, 0, 'x')`, "PC003"),
  own("a checkpoint beyond the end", `SELECT proclaw.put_checkpoint('${OWN}', 0, ${TOKEN}, 1, 'x')`, "PC003"),
  own(
    "a second checkpoint of one size",
    `${append([record({})])}; SELECT proclaw.put_checkpoint('${OWN}', 0, ${TOKEN}, 1, 'x');
     SELECT proclaw.put_checkpoint('${OWN}', 0, ${TOKEN}, 1, 'y')`,
    "PC004",
  ),
  own("a lease of an older epoch", `SELECT proclaw.lease('${OWN}', ${TOKEN}); ${append([record({})])}`, "PC001"),
  own("a lease after its release", `SELECT proclaw.release('${OWN}', 0, ${TOKEN}); ${append([record({})])}`, "PC001"),
];
