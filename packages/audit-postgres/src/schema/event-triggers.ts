import type { SchemaNames } from "./names.ts";
import type { SqlFunction } from "./sql-function.ts";
import { SQL_STATE } from "./sql-states.ts";

/**
 * What is wrong with the guards, one line of text each; nothing where all is as it should be. Runs
 * in the server after each change of its tables, and as a plain query of `proclaw doctor`, which
 * cannot know whether the function is still ours.
 */
export function guardProblemsSql(names: SchemaNames): string {
  return `${catalogProblemsSql(names)}
  UNION ALL
  ${monthProblemsSql(names)}`;
}

/** Months that are kept and yet no part of the table: needs the right to read `month`. */
export function monthProblemsSql({ data }: SchemaNames): string {
  return `SELECT format('month %s is not attached', m.partition) AS problem FROM ${data}.month AS m
  WHERE m.retired_at IS NULL AND NOT EXISTS (
    SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = '${data}' AND c.relname = m.partition AND c.relispartition)`;
}

/** The part that everybody may ask. */
export function catalogProblemsSql({ data, guard, owner }: SchemaNames): string {
  return `
  WITH kept AS (
    SELECT c.oid, c.relname, c.relowner, c.relpersistence, c.relrowsecurity, c.relhasrules, c.relacl, c.relkind,
      c.relispartition
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = '${data}' AND (
      c.relname IN ('setting', 'log', 'record', 'checkpoint', 'month', 'retired', 'migration')
      OR c.relispartition AND c.relkind = 'r')
  ), guarding AS (
    SELECT t.tgrelid, t.tgtype FROM pg_trigger AS t
      JOIN pg_proc AS p ON p.oid = t.tgfoid JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = '${guard}' AND t.tgenabled = 'A' AND t.tgtype & 2 = 2 AND t.tgqual IS NULL
  )
  SELECT format('table %s is missing', expected.name) AS problem
  FROM unnest(ARRAY['setting', 'log', 'record', 'checkpoint', 'month', 'retired', 'migration']) AS expected(name)
  WHERE expected.name NOT IN (SELECT relname FROM kept)
  UNION ALL
  -- tgtype: 1 row, 2 before, 8 delete, 16 update, 32 truncate
  SELECT format('table %s: changes of rows are not guarded', relname) FROM kept
  WHERE NOT EXISTS (SELECT FROM guarding WHERE tgrelid = kept.oid AND tgtype & 25 = 25)
  UNION ALL
  SELECT format('table %s: TRUNCATE is not guarded', relname) FROM kept
  WHERE NOT EXISTS (SELECT FROM guarding WHERE tgrelid = kept.oid AND tgtype & 33 = 32)
  UNION ALL
  SELECT format('table %s has a trigger of somebody else', relname) FROM kept
  WHERE EXISTS (SELECT FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
      JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE t.tgrelid = kept.oid AND NOT t.tgisinternal AND n.nspname <> '${guard}')
  UNION ALL
  SELECT format('table %s belongs to %s', relname, relowner::regrole) FROM kept
  WHERE relowner IS DISTINCT FROM to_regrole('${owner}')
  UNION ALL
  SELECT format('table %s does not survive a crash', relname) FROM kept WHERE relpersistence <> 'p' AND relkind = 'r'
  UNION ALL
  SELECT format('table %s has rules or row security', relname) FROM kept WHERE relhasrules OR relrowsecurity
  UNION ALL
  SELECT format('%s may %s table %s', CASE WHEN a.grantee = 0 THEN 'everybody' ELSE a.grantee::regrole::text END,
    a.privilege_type, relname)
  FROM kept, LATERAL aclexplode(kept.relacl) AS a
  WHERE a.grantee <> kept.relowner AND a.privilege_type <> 'SELECT'`;
}

/**
 * Guards against DROP and ALTER; only a superuser may make event triggers (a managed server may
 * allow it to its own administrator). They belong to whoever makes them, because they run with the
 * rights of everybody who runs DDL: what the owner could replace, a superuser must not execute.
 */
export function eventTriggerFunctions(names: SchemaNames): readonly SqlFunction[] {
  const { data, guard, state } = names;
  const ours = `('${data}', '${guard}', '${state}')`;
  const trigger = { schema: guard, args: "", returns: "event_trigger", language: "plpgsql", definer: true } as const;
  return [
    {
      ...trigger,
      name: "refuse_drop",
      // What a DROP names must be a partition whose time is over; what falls with it is its own.
      body: `
DECLARE
  gone record;
  retired boolean;
BEGIN
  FOR gone IN SELECT * FROM pg_event_trigger_dropped_objects() WHERE original LOOP
    CONTINUE WHEN NOT (coalesce(gone.schema_name IN ${ours}, false)
      OR gone.object_type = 'schema' AND gone.object_name IN ${ours}
      OR coalesce(gone.address_names[1] IN ${ours}, false));
    retired := false;
    IF gone.object_type = 'table' AND gone.schema_name = '${data}' AND to_regclass('${data}.month') IS NOT NULL THEN
      retired := EXISTS (SELECT FROM ${data}.month WHERE partition = gone.object_name AND retired_at IS NOT NULL);
    END IF;
    IF NOT retired
    THEN
      RAISE EXCEPTION '% of % % is refused: the audit trail is kept', tg_tag, gone.object_type, gone.object_identity
        USING ERRCODE = '${SQL_STATE.kept}';
    END IF;
  END LOOP;
END`,
    },
    {
      ...trigger,
      name: "refuse_drop_early",
      // DROP … CASCADE of the schema with the guards would drop the other trigger before it fires. This
      // one fires first, when nothing is known but the statement's text: it stops who means it well.
      body: `
BEGIN
  IF lower(current_query()) ~ '\\m(${data}|${guard}|${state}|${names.owner})\\M' THEN
    RAISE EXCEPTION '% is refused: the audit trail is kept', tg_tag USING ERRCODE = '${SQL_STATE.kept}';
  END IF;
END`,
    },
    {
      ...trigger,
      name: "refuse_change",
      // It runs as whoever made it, since others who run DDL may not read our tables. A GRANT does not say of what.
      // Judges what is there afterwards, so that partitions can be made; functions are changed by migrations only.
      body: `
DECLARE
  done record;
  problem text;
BEGIN
  FOR done IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
    IF done.schema_name IN ${ours} AND (done.object_type NOT IN ('table', 'index', 'trigger', 'sequence')
        OR done.command_tag NOT IN ('CREATE TABLE', 'ALTER TABLE', 'CREATE INDEX', 'ALTER INDEX', 'CREATE TRIGGER'))
      OR done.object_type = 'schema' AND done.object_identity IN ${ours} THEN
      RAISE EXCEPTION '% of % is refused: the audit trail is kept', done.command_tag, done.object_identity
        USING ERRCODE = '${SQL_STATE.kept}';
    END IF;
  END LOOP;
  IF to_regclass('${data}.month') IS NULL THEN
    RAISE EXCEPTION '% is refused: the audit trail is kept', tg_tag USING ERRCODE = '${SQL_STATE.kept}';
  END IF;
  FOR problem IN SELECT p.problem FROM (${guardProblemsSql(names)}) AS p LIMIT 1 LOOP
    RAISE EXCEPTION '% is refused: %', tg_tag, problem USING ERRCODE = '${SQL_STATE.kept}';
  END LOOP;
END`,
    },
  ];
}

export function eventTriggerNames({ data }: SchemaNames): {
  readonly drop: string;
  readonly early: string;
  readonly change: string;
} {
  return { drop: `${data}_refuse_drop`, early: `${data}_refuse_drop_early`, change: `${data}_refuse_change` };
}

export function eventTriggersSql(names: SchemaNames): string {
  const { drop, early, change } = eventTriggerNames(names);
  return `
CREATE EVENT TRIGGER ${drop} ON sql_drop EXECUTE FUNCTION ${names.guard}.refuse_drop();
ALTER EVENT TRIGGER ${drop} ENABLE ALWAYS;
CREATE EVENT TRIGGER ${early} ON ddl_command_start
  WHEN TAG IN ('DROP SCHEMA', 'DROP FUNCTION', 'DROP ROUTINE', 'DROP OWNED')
  EXECUTE FUNCTION ${names.guard}.refuse_drop_early();
ALTER EVENT TRIGGER ${early} ENABLE ALWAYS;
CREATE EVENT TRIGGER ${change} ON ddl_command_end
  WHEN TAG IN ('ALTER TABLE', 'ALTER TRIGGER', 'CREATE TRIGGER', 'CREATE RULE', 'CREATE POLICY', 'ALTER FUNCTION',
    'CREATE FUNCTION', 'CREATE PROCEDURE', 'ALTER SCHEMA', 'GRANT', 'REVOKE', 'CREATE VIEW', 'ALTER POLICY', 'ALTER RULE')
  EXECUTE FUNCTION ${names.guard}.refuse_change();
ALTER EVENT TRIGGER ${change} ENABLE ALWAYS;
`;
}
