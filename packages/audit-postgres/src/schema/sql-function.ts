/** A function of ours as data, so that it can be made, and later be compared with what a database really has. */
export interface SqlFunction {
  readonly schema: string;
  readonly name: string;
  readonly args: string;
  readonly returns: string;
  readonly language: "plpgsql" | "sql";
  readonly volatility?: "STABLE" | "IMMUTABLE";
  /** Runs with the rights of its owner. */
  readonly definer: boolean;
  /** Roles that may execute it; nobody else may. Triggers' functions need none. */
  readonly grantedTo?: readonly string[];
  readonly body: string;
}

/**
 * A fixed search path, in every one: a caller who could choose it would put a function or operator
 * of his own before ours (CVE-2018-1058). `pg_temp` last, or it would be searched first.
 */
export const SEARCH_PATH = "pg_catalog, pg_temp";

export function createFunctionSql(fn: SqlFunction): string {
  const signature = `${fn.schema}.${fn.name}(${fn.args})`;
  const types = `${fn.schema}.${fn.name}(${argumentTypes(fn.args)})`;
  const grants = (fn.grantedTo ?? []).map((role) => `GRANT EXECUTE ON FUNCTION ${types} TO ${role};\n`).join("");
  return `CREATE OR REPLACE FUNCTION ${signature} RETURNS ${fn.returns}
  LANGUAGE ${fn.language} ${fn.volatility ?? "VOLATILE"} ${fn.definer ? "SECURITY DEFINER" : "SECURITY INVOKER"}
  SET search_path = ${SEARCH_PATH}
AS $proclaw$${fn.body}$proclaw$;
REVOKE ALL ON FUNCTION ${types} FROM PUBLIC;
${grants}`;
}

/** `p_log text, p_size bigint` → `text, bigint`. */
function argumentTypes(args: string): string {
  return args
    .split(",")
    .map((arg) => arg.trim().split(" ").slice(1).join(" "))
    .join(", ");
}
