import type { Session } from "../connection/session.ts";
import {
  catalogProblemsSql,
  eventTriggerFunctions,
  eventTriggerNames,
  monthProblemsSql,
} from "../schema/event-triggers.ts";
import { guardingFunctions, MIGRATIONS, ownedFunctions } from "../schema/migrations.ts";
import type { SchemaNames } from "../schema/names.ts";
import { SEARCH_PATH } from "../schema/sql-function.ts";
import { catalog, check, listed } from "./check.ts";
import type { Check } from "./check.ts";

/** What `migrate` made, and whether it still is as it was made. */
export async function schemaChecks(session: Session, names: SchemaNames): Promise<Check[]> {
  const [there] = await catalog(
    session,
    `SELECT to_regnamespace($1) IS NOT NULL AS data, to_regnamespace($2) IS NOT NULL AS guard,
      CASE WHEN to_regnamespace($1) IS NULL THEN NULL ELSE has_schema_privilege($1, 'USAGE') END AS usable,
      to_regclass($3) IS NOT NULL AS log`,
    [names.data, names.guard, `${names.data}.log`],
  );
  const exists = there?.["data"] === true && there["guard"] === true;
  if (!exists) {
    const found = `no schema ${names.data}`;
    return [check("schema", "there is a place for the trail", "fail", found, "run migrate() as an administrator")];
  }
  return [
    await versionCheck(session, names, there["usable"] === true),
    await doorsCheck(session, names),
    await guardsCheck(session, names, there["usable"] === true),
    await eventTriggersCheck(session, names),
  ];
}

async function versionCheck(session: Session, names: SchemaNames, usable: boolean): Promise<Check> {
  const protects = "tables and functions fit to this package";
  const remedy = "run migrate() of this version of the package as an administrator";
  if (!usable) return check("schema", protects, "unknown", "this user may not use the schema", remedy);
  const [may] = await catalog(session, "SELECT has_function_privilege($1, 'EXECUTE') AS yes", [
    `${names.data}.about()`,
  ]).catch(() => []);
  if (may?.["yes"] !== true) return check("schema", protects, "unknown", "this user may not ask", remedy);
  const [about] = await catalog(session, `SELECT * FROM ${names.data}.about()`);
  const last = MIGRATIONS.at(-1)?.version ?? 0;
  const found = `version ${String(about?.["version"])}, records kept ${String(about?.["keep"])}${about?.["check_records"] === true ? "" : ", hash_chain of records not read"}`;
  return check("schema", protects, about?.["version"] === last ? "ok" : "fail", found, remedy);
}

/** Compares by text: a function that somebody replaced has another one. */
async function doorsCheck(session: Session, names: SchemaNames): Promise<Check> {
  const expected = [...ownedFunctions(names), ...guardingFunctions(names), ...eventTriggerFunctions(names)];
  const rows = await catalog(
    session,
    `SELECT n.nspname || '.' || p.proname AS name, p.prosrc AS body, p.prosecdef AS definer, p.proconfig AS config,
      pg_get_userbyid(p.proowner) AS owner,
      EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee = 0) AS public
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = ANY ($1)`,
    [[names.data, names.guard]],
  );
  const wrong: string[] = [];
  const seen = new Set<string>();
  const ours = new Map(expected.map((fn) => [`${fn.schema}.${fn.name}`, fn]));
  for (const row of rows) {
    const name = String(row["name"]);
    const fn = ours.get(name);
    const config = row["config"];
    const fixed = Array.isArray(config) && config.length === 1 && config[0] === `search_path=${SEARCH_PATH}`;
    if (fn === undefined || seen.has(name)) wrong.push(`${name} is not ours`);
    else if (row["body"] !== fn.body || row["definer"] !== fn.definer || !fixed) wrong.push(`${name} was changed`);
    else if (fn.schema === names.data && row["owner"] !== names.owner) wrong.push(`${name} has another owner`);
    else if (row["public"] === true) wrong.push(`everybody may execute ${name}`);
    seen.add(name);
  }
  for (const name of ours.keys()) if (!seen.has(name)) wrong.push(`${name} is missing`);
  return check(
    "doors",
    "a writer can append, and do nothing else",
    wrong.length === 0 ? "ok" : "fail",
    wrong.length === 0 ? `${ours.size} functions as this package makes them` : listed(wrong),
    "find out who changed them; then run migrate() as an administrator",
  );
}

async function guardsCheck(session: Session, names: SchemaNames, usable: boolean): Promise<Check> {
  const rows = [...(await catalog(session, catalogProblemsSql(names)))];
  const [may] = usable
    ? await catalog(session, "SELECT has_table_privilege($1, 'SELECT') AS yes", [`${names.data}.month`]).catch(() => [])
    : [];
  if (may?.["yes"] === true) rows.push(...(await catalog(session, monthProblemsSql(names))));
  const problems = rows.map((row) => String(row["problem"]));
  return check(
    "guards",
    "records cannot be changed, removed or truncated, by the owner neither",
    problems.length === 0 ? "ok" : "fail",
    problems.length === 0 ? "triggers stand on every table and partition" : listed(problems),
    "find out who did it, and verify the trail with an anchor; ENABLE ALWAYS the triggers again",
  );
}

async function eventTriggersCheck(session: Session, names: SchemaNames): Promise<Check> {
  const expected = Object.values(eventTriggerNames(names));
  const rows = await catalog(
    session,
    `SELECT e.evtname AS name, e.evtenabled = 'A' AND n.nspname = $2 AS stands
    FROM pg_event_trigger AS e JOIN pg_proc AS p ON p.oid = e.evtfoid
      JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE e.evtname = ANY ($1)`,
    [expected, names.guard],
  );
  // Never made, because there was no superuser, is the way of managed servers; switched off is an act.
  const off = rows.filter((row) => row["stands"] !== true).map((row) => String(row["name"]));
  if (off.length > 0) {
    return check(
      "event_triggers",
      "tables cannot be dropped, nor their triggers be switched off, without another step before",
      "fail",
      `switched off, or of a foreign function: ${listed(off)}`,
      "find out who did it, and verify the trail with an anchor; ALTER EVENT TRIGGER … ENABLE ALWAYS",
    );
  }
  return check(
    "event_triggers",
    "tables cannot be dropped, nor their triggers be switched off, without another step before",
    rows.length === expected.length ? "ok" : "warn",
    rows.length === expected.length ? "DROP and ALTER are guarded" : "DROP and ALTER are not guarded",
    "run migrate() as a superuser, where the server has one for you",
  );
}
