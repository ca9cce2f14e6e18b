import type { SchemaNames } from "./names.ts";
import type { SqlFunction } from "./sql-function.ts";
import { SQL_STATE } from "./sql-states.ts";

/** Tables whose rows never change, and their partitions. */
const FROZEN = ["record", "checkpoint", "retired", "migration"] as const;

/** Functions of triggers. They run with the rights of whoever is stopped by them. */
export function guardFunctions({ data, guard }: SchemaNames): readonly SqlFunction[] {
  const trigger = { schema: guard, args: "", returns: "trigger", language: "plpgsql", definer: false } as const;
  return [
    {
      ...trigger,
      name: "refuse",
      body: `
BEGIN
  RAISE EXCEPTION '% on %.% is refused: the audit trail is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = '${SQL_STATE.kept}';
END`,
    },
    {
      ...trigger,
      name: "refuse_log_change",
      // IS DISTINCT FROM: a comparison with NULL would pass for "not true".
      body: `
BEGIN
  IF TG_OP = 'UPDATE'
    AND NEW.id IS NOT DISTINCT FROM OLD.id
    AND NEW.created_at IS NOT DISTINCT FROM OLD.created_at
    AND NOT (NEW.epoch IS NULL) AND NEW.epoch >= OLD.epoch
    AND NOT (NEW.size IS NULL) AND NEW.size >= OLD.size
    AND (NEW.size IS DISTINCT FROM OLD.size OR NEW.head IS NOT DISTINCT FROM OLD.head)
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% on %.% is refused: a log only grows', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = '${SQL_STATE.kept}';
END`,
    },
    {
      ...trigger,
      name: "refuse_setting_change",
      body: `
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.keep >= OLD.keep AND (NEW.check_records OR NOT OLD.check_records) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% on %.% is refused: settings may become stricter only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = '${SQL_STATE.kept}';
END`,
    },
    {
      ...trigger,
      name: "refuse_month_change",
      // Checks the rule itself and trusts no flag: whoever marks a month as retired must be right.
      body: `
BEGIN
  IF TG_OP = 'UPDATE'
    AND NEW.partition IS NOT DISTINCT FROM OLD.partition
    AND NEW.from_at IS NOT DISTINCT FROM OLD.from_at
    AND NEW.until_at IS NOT DISTINCT FROM OLD.until_at
    AND OLD.retired_at IS NULL AND NEW.retired_at IS NOT DISTINCT FROM now()
    AND OLD.until_at + (SELECT keep FROM ${data}.setting) <= now()
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% on %.% is refused: the month is kept', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = '${SQL_STATE.kept}';
END`,
    },
  ];
}

/**
 * Triggers on the tables; run as the owner. ALWAYS: others are skipped under
 * `session_replication_role = replica`.
 */
export function guardTriggersSql(names: SchemaNames): string {
  const { data } = names;
  const rows: Readonly<Record<string, string>> = {
    ...Object.fromEntries(FROZEN.map((table) => [table, "refuse"])),
    log: "refuse_log_change",
    setting: "refuse_setting_change",
    month: "refuse_month_change",
  };
  return Object.entries(rows)
    .map(
      ([table, check]) => `
CREATE TRIGGER guard_rows BEFORE UPDATE OR DELETE ON ${data}.${table}
  FOR EACH ROW EXECUTE FUNCTION ${names.guard}.${check}();
ALTER TABLE ${data}.${table} ENABLE ALWAYS TRIGGER guard_rows;
${statementGuardSql(names, `${data}.${table}`, (FROZEN as readonly string[]).includes(table))}`,
    )
    .join("");
}

/** Triggers that partitions do not inherit. */
export function statementGuardSql({ guard }: SchemaNames, table: string, frozen: boolean): string {
  return `CREATE TRIGGER guard_statements BEFORE ${frozen ? "UPDATE OR DELETE OR " : ""}TRUNCATE ON ${table}
  FOR EACH STATEMENT EXECUTE FUNCTION ${guard}.refuse();
ALTER TABLE ${table} ENABLE ALWAYS TRIGGER guard_statements;
`;
}
