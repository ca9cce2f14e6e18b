import type { SchemaNames } from "./names.ts";
import type { SqlFunction } from "./sql-function.ts";
import { SQL_STATE } from "./sql-states.ts";

/** A UUIDv7, or the name of a log of checkpoints (docs/audit/format.md). */
const LOG_NAME = "^([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|checkpoints-[0-9a-f]{8})$";

/** Most records and bytes of one append. */
export const MAX_BATCH_RECORDS = 8192;
export const MAX_BATCH_BYTES: number = 16 * 1024 * 1024;
const MAX_NOTE_BYTES = 262_144;
const MAX_RECORD_BYTES = 65_535;

/** The only ways in for a writer; each runs as the owner. */
export function writerDoors(names: SchemaNames): readonly SqlFunction[] {
  const { data, writer, guard } = names;
  const door = {
    schema: data,
    language: "plpgsql",
    definer: true,
    grantedTo: [writer],
  } as const;
  const held = `
  SELECT * INTO held FROM ${data}.log WHERE id = p_log FOR UPDATE;
  IF held.id IS NULL OR held.epoch IS DISTINCT FROM p_epoch OR held.holder_token IS DISTINCT FROM p_token
    OR held.holder_pid IS DISTINCT FROM pg_backend_pid() THEN
    RAISE EXCEPTION 'the lease is not held by this session' USING ERRCODE = '${SQL_STATE.leaseLost}';
  END IF;`;
  return [
    {
      ...door,
      name: "lease_key",
      args: "p_log text",
      returns: "bigint",
      volatility: "STABLE",
      definer: false,
      // The advisory lock of a log; the schema is in it, because these locks belong to the whole database.
      body: `
BEGIN
  RETURN hashtextextended('${data} lease ' || p_log, 0);
END`,
    },
    {
      ...door,
      name: "lease",
      args: "p_log text, p_token uuid",
      returns: "bigint",
      // The lock of the session ends with it, however it dies; the epoch fences off whoever held it before.
      body: `
DECLARE given bigint;
BEGIN
  IF p_log IS NULL OR p_token IS NULL OR p_log !~ '${LOG_NAME}' THEN
    RAISE EXCEPTION 'not the name of a log' USING ERRCODE = '${SQL_STATE.invalidRecord}';
  END IF;
  IF NOT pg_try_advisory_lock(${data}.lease_key(p_log)) THEN
    RAISE EXCEPTION 'another session holds the lease' USING ERRCODE = '${SQL_STATE.leaseHeld}';
  END IF;
  PERFORM ${data}.make_months();
  INSERT INTO ${data}.log (id) VALUES (p_log) ON CONFLICT (id) DO NOTHING;
  UPDATE ${data}.log SET epoch = epoch + 1, holder_pid = pg_backend_pid(), holder_token = p_token
    WHERE id = p_log RETURNING epoch INTO given;
  RETURN given;
END`,
    },
    {
      ...door,
      name: "reclaim",
      args: "p_log text, p_epoch bigint, p_token uuid",
      returns: "void",
      // For a holder whose session broke: the same lease in a new one, if nobody took it in between.
      body: `
BEGIN
  IF NOT pg_try_advisory_lock(${data}.lease_key(p_log)) THEN
    IF EXISTS (SELECT FROM ${data}.log WHERE id = p_log AND epoch = p_epoch AND holder_token = p_token) THEN
      RAISE EXCEPTION 'the broken session still holds the lease' USING ERRCODE = '${SQL_STATE.leaseHeld}';
    END IF;
    RAISE EXCEPTION 'another session took the lease' USING ERRCODE = '${SQL_STATE.leaseLost}';
  END IF;
  UPDATE ${data}.log SET holder_pid = pg_backend_pid()
    WHERE id = p_log AND epoch = p_epoch AND holder_token = p_token;
  IF NOT FOUND THEN
    PERFORM pg_advisory_unlock(${data}.lease_key(p_log));
    RAISE EXCEPTION 'another session took the lease' USING ERRCODE = '${SQL_STATE.leaseLost}';
  END IF;
END`,
    },
    {
      ...door,
      name: "release",
      args: "p_log text, p_epoch bigint, p_token uuid",
      returns: "void",
      body: `
DECLARE held ${data}.log;
BEGIN${held}
  UPDATE ${data}.log SET holder_pid = NULL, holder_token = NULL WHERE id = p_log;
END`,
    },
    {
      ...door,
      name: "append",
      args: "p_log text, p_epoch bigint, p_token uuid, p_seq bigint, p_head bytea, p_lines bytea, p_lengths integer[]",
      returns: "bytea",
      // INVARIANT (the server hashes for itself): no hash that a client sends is ever stored; the
      // client's idea of the head is only compared.
      body: `
DECLARE
  held ${data}.log;
  batch integer := cardinality(p_lengths);
  bytes bigint;
  least_length integer;
  greatest_length integer;
  last_leaf bytea;
  wrong bigint;
BEGIN${held}
  IF held.size IS DISTINCT FROM p_seq OR held.head IS DISTINCT FROM p_head THEN
    RAISE EXCEPTION 'the log holds % records and another head than expected', held.size
      USING ERRCODE = '${SQL_STATE.headMismatch}';
  END IF;
  IF p_lines IS NULL OR p_lengths IS NULL OR batch > ${MAX_BATCH_RECORDS} OR octet_length(p_lines) > ${MAX_BATCH_BYTES} THEN
    RAISE EXCEPTION 'the batch is too large' USING ERRCODE = '${SQL_STATE.invalidRecord}';
  END IF;
  IF batch = 0 THEN
    RETURN held.head;
  END IF;
  SELECT sum(length), min(length), max(length) FILTER (WHERE length IS NOT NULL), count(*) FILTER (WHERE length IS NULL)
    INTO bytes, least_length, greatest_length, wrong FROM unnest(p_lengths) AS u(length);
  IF wrong > 0 OR bytes <> octet_length(p_lines) OR least_length < 1 OR greatest_length > ${MAX_RECORD_BYTES}
    OR array_ndims(p_lengths) <> 1 THEN
    RAISE EXCEPTION 'a record is empty, too large or not whole' USING ERRCODE = '${SQL_STATE.invalidRecord}';
  END IF;
  -- A writer may have made its session lazy. Acknowledged means flushed.
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  IF NOT EXISTS (SELECT FROM ${data}.month WHERE from_at <= now() AND now() < until_at AND retired_at IS NULL) THEN
    PERFORM ${data}.make_months();
  END IF;
  WITH piece AS MATERIALIZED (
    SELECT i, substring(p_lines FROM (sum(length) OVER (ORDER BY i) - length + 1)::integer FOR length) AS body
    FROM unnest(p_lengths) WITH ORDINALITY AS u(length, i)
  ), leaf AS MATERIALIZED (
    SELECT i, body, sha256('\\x00'::bytea || body) AS leaf FROM piece
  ), checked AS MATERIALIZED (
    SELECT i, leaf, ${guard}.is_wrong(body, p_log, p_seq + i - 1, lag(leaf, 1, held.head) OVER (ORDER BY i),
      (SELECT check_records FROM ${data}.setting)) AS is_wrong
    FROM leaf
  ), put AS (
    INSERT INTO ${data}.record (log, seq, recorded_at, body) SELECT p_log, p_seq + i - 1, now(), body FROM leaf
  )
  SELECT (SELECT leaf FROM checked WHERE i = batch), (SELECT min(i) FROM checked WHERE is_wrong) INTO last_leaf, wrong;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'record % does not fit to the chain', p_seq + wrong - 1 USING ERRCODE = '${SQL_STATE.invalidRecord}';
  END IF;
  UPDATE ${data}.log SET size = size + batch, head = last_leaf WHERE id = p_log;
  RETURN last_leaf;
END`,
    },
    {
      ...door,
      name: "put_checkpoint",
      args: "p_log text, p_epoch bigint, p_token uuid, p_size bigint, p_note bytea",
      returns: "void",
      body: `
DECLARE held ${data}.log;
BEGIN${held}
  IF p_size IS NULL OR p_size < 1 OR p_size > held.size OR p_note IS NULL OR octet_length(p_note) > ${MAX_NOTE_BYTES} THEN
    RAISE EXCEPTION 'a checkpoint of % records over a log of %', p_size, held.size
      USING ERRCODE = '${SQL_STATE.invalidRecord}';
  END IF;
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  INSERT INTO ${data}.checkpoint (log, size, note) VALUES (p_log, p_size, p_note) ON CONFLICT (log, size) DO NOTHING;
  IF NOT EXISTS (SELECT FROM ${data}.checkpoint WHERE log = p_log AND size = p_size AND note = p_note) THEN
    RAISE EXCEPTION 'another checkpoint of this size is there' USING ERRCODE = '${SQL_STATE.otherCheckpoint}';
  END IF;
END`,
    },
  ];
}

/** What a writer and an auditor may read by. A writer needs it to close the logs of dead ones. */
export function readingDoors({ data, writer, auditor }: SchemaNames): readonly SqlFunction[] {
  const door = {
    schema: data,
    language: "sql",
    volatility: "STABLE",
    definer: true,
    grantedTo: [writer, auditor],
  } as const;
  return [
    {
      ...door,
      name: "about",
      args: "",
      returns: "TABLE (version integer, keep text, check_records boolean)",
      body: `
  SELECT (SELECT max(version) FROM ${data}.migration), keep::text, check_records FROM ${data}.setting`,
    },
    { ...door, name: "logs", args: "", returns: "SETOF text", body: `SELECT id FROM ${data}.log ORDER BY id` },
    {
      ...door,
      name: "head",
      args: "p_log text",
      returns: "TABLE (size bigint, head bytea)",
      body: `SELECT size, head FROM ${data}.log WHERE id = p_log`,
    },
    {
      ...door,
      name: "last_line",
      args: "p_log text",
      returns: "bytea",
      body: `SELECT body FROM ${data}.record WHERE log = p_log ORDER BY seq DESC, recorded_at DESC LIMIT 1`,
    },
    {
      ...door,
      name: "lines",
      args: "p_log text, p_from bigint, p_count integer",
      // Pages by number, not by count of rows: whoever planted a second record of the same number shows.
      // Where a page is empty, next_seq leads over the gap; null: there is nothing more.
      returns: "TABLE (lines bytea, next_seq bigint)",
      body: `
  SELECT string_agg(body || '\\x0a'::bytea, ''::bytea ORDER BY seq, recorded_at),
    CASE WHEN count(*) > 0 THEN p_from + p_count
      ELSE (SELECT min(seq) FROM ${data}.record WHERE log = p_log AND seq >= p_from) END
  FROM ${data}.record WHERE log = p_log AND seq >= p_from AND seq < p_from + p_count`,
    },
    {
      ...door,
      name: "checkpoints",
      args: "p_log text, p_from bigint, p_limit integer",
      returns: "TABLE (size bigint, note bytea)",
      body: `
  SELECT size, note FROM ${data}.checkpoint WHERE log = p_log AND size >= p_from ORDER BY size LIMIT p_limit`,
    },
    {
      ...door,
      name: "kept_until",
      args: "p_log text",
      // The end of the month of the oldest record, and the time it is kept from there.
      returns: "timestamptz",
      body: `
  SELECT m.until_at + s.keep
  FROM (SELECT recorded_at FROM ${data}.record WHERE log = p_log ORDER BY seq, recorded_at LIMIT 1) AS r
    JOIN ${data}.month AS m ON m.from_at <= r.recorded_at AND r.recorded_at < m.until_at
    CROSS JOIN ${data}.setting AS s`,
    },
    {
      ...door,
      name: "retired_months",
      args: "p_log text",
      returns: "TABLE (partition text, first_seq bigint, last_seq bigint, last_leaf bytea)",
      body: `
  SELECT partition, first_seq, last_seq, last_leaf FROM ${data}.retired WHERE log = p_log ORDER BY first_seq`,
    },
  ];
}

/** For the owner alone: the doors call them, and whoever runs the database. */
export function ownerFunctions(names: SchemaNames): readonly SqlFunction[] {
  const { data } = names;
  const own = { schema: data, language: "plpgsql", definer: true } as const;
  return [
    {
      ...own,
      name: "make_month",
      args: "p_month timestamptz",
      returns: "void",
      // Attached, not made as a partition: that would wait for every reader, a pg_dump of hours among them.
      body: `
DECLARE
  begins timestamptz := date_trunc('month', p_month AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
  ends timestamptz := (date_trunc('month', p_month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
  part text := 'record_' || to_char(begins AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('${data} months', 0));
  IF EXISTS (SELECT FROM ${data}.month WHERE from_at = begins) THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE ${data}.%I (LIKE ${data}.record INCLUDING ALL)', part);
  EXECUTE format('CREATE TRIGGER guard_statements BEFORE UPDATE OR DELETE OR TRUNCATE ON ${data}.%I
    FOR EACH STATEMENT EXECUTE FUNCTION ${names.guard}.refuse()', part);
  EXECUTE format('ALTER TABLE ${data}.%I ENABLE ALWAYS TRIGGER guard_statements', part);
  EXECUTE format('ALTER TABLE ${data}.record ATTACH PARTITION ${data}.%I FOR VALUES FROM (%L) TO (%L)',
    part, begins, ends);
  INSERT INTO ${data}.month (partition, from_at, until_at) VALUES (part, begins, ends);
END`,
    },
    {
      ...own,
      name: "make_months",
      args: "",
      returns: "void",
      // One ahead, so that no append has to wait for it at midnight.
      body: `
BEGIN
  IF (SELECT count(*) FROM ${data}.month WHERE until_at > now() AND from_at <= now() + interval '1 month') < 2 THEN
    PERFORM ${data}.make_month(now());
    PERFORM ${data}.make_month((date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC');
  END IF;
END`,
    },
    {
      ...own,
      name: "retire",
      args: "p_partition text",
      // Removes a month whose time is over; the trigger on month checks that it is. Nobody is granted this.
      returns: "bigint",
      body: `
DECLARE logs bigint;
BEGIN
  UPDATE ${data}.month SET retired_at = now() WHERE partition = p_partition;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no month of this name' USING ERRCODE = '${SQL_STATE.invalidRecord}';
  END IF;
  EXECUTE format('INSERT INTO ${data}.retired (partition, log, first_seq, last_seq, last_leaf)
    SELECT %L, log, first_seq, last_seq, sha256(''\\x00''::bytea || body)
    FROM (SELECT log, seq, body, min(seq) OVER w AS first_seq, max(seq) OVER w AS last_seq
          FROM ${data}.%I WINDOW w AS (PARTITION BY log)) AS r
    WHERE seq = last_seq', p_partition, p_partition);
  GET DIAGNOSTICS logs = ROW_COUNT;
  EXECUTE format('DROP TABLE ${data}.%I', p_partition);
  RETURN logs;
END`,
    },
  ];
}

/** What `append` asks of every record; in the guard schema, executed by the owner. */
export function recordCheck({ guard, owner }: SchemaNames): SqlFunction {
  return {
    schema: guard,
    name: "is_wrong",
    args: "p_body bytea, p_log text, p_seq bigint, p_prev bytea, p_check boolean",
    returns: "boolean",
    language: "plpgsql",
    volatility: "IMMUTABLE",
    definer: false,
    grantedTo: [owner],
    // \\u0000 is legal in JSON and cannot be a text of PostgreSQL. Only hash_chain is read, which has none.
    body: `
DECLARE chain json;
BEGIN
  IF position('\\x0a'::bytea IN p_body) > 0 THEN
    RETURN true;
  END IF;
  IF NOT p_check THEN
    RETURN false;
  END IF;
  chain := replace(convert_from(p_body, 'UTF8'), '\\u0000', '\\u0001')::json -> 'hash_chain';
  RETURN (chain ->> 'alg') IS DISTINCT FROM 'sha256-rfc6962'
    OR (chain ->> 'seq') IS DISTINCT FROM p_seq::text
    OR (chain ->> 'prev') IS DISTINCT FROM encode(p_prev, 'hex')
    -- A log of checkpoints is named after its key; its records hold an id of its own.
    OR ((chain ->> 'log') IS DISTINCT FROM p_log AND p_log NOT LIKE 'checkpoints-%');
EXCEPTION WHEN data_exception THEN
  RETURN true;
END`,
  };
}
