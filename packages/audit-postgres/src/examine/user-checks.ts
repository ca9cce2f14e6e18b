import { ProclawError } from "@proclaw/core";
import type { Session } from "../connection/session.ts";
import type { SchemaNames } from "../schema/names.ts";
import { catalog, check, listed } from "./check.ts";
import type { Check } from "./check.ts";

/** What this user, and others, could do to the trail. */
export async function userChecks(session: Session, names: SchemaNames): Promise<Check[]> {
  const [version] = await catalog(session, "SELECT current_setting('server_version_num')::int AS number");
  // Since 16 who made a role is a member of it that may neither use nor become it.
  const becoming = Number(version?.["number"]) >= 160_000 ? "SET" : "MEMBER";
  const [row] = await catalog(
    session,
    `SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
      (SELECT rolcanlogin FROM pg_roles WHERE rolname = $1) AS owner_logs_in,
      CASE WHEN to_regrole($1) IS NULL THEN NULL ELSE pg_has_role(current_user, $1, $4) END AS owner,
      CASE WHEN to_regrole($2) IS NULL THEN NULL ELSE pg_has_role(current_user, $2, 'USAGE') END AS writer,
      CASE WHEN to_regrole($3) IS NULL THEN NULL ELSE pg_has_role(current_user, $3, 'USAGE') END AS approver,
      pg_get_userbyid((SELECT datdba FROM pg_database WHERE datname = current_database())) AS database_owner,
      current_user AS name,
      ARRAY(SELECT rolname::text FROM pg_roles WHERE rolsuper AND rolcanlogin ORDER BY rolname) AS superusers,
      ARRAY(SELECT rolname::text FROM pg_roles WHERE to_regrole($1) IS NOT NULL AND NOT rolsuper AND oid <> to_regrole($1)
        AND (pg_has_role(oid, to_regrole($1), 'USAGE') OR pg_has_role(oid, to_regrole($1), $4)) ORDER BY 1) AS members`,
    [names.owner, names.writer, names.approver, becoming],
  );
  const superusers = texts(row?.["superusers"]);
  const members = texts(row?.["members"]);
  const isSuperuser = row?.["superuser"] === true;
  const isOwner = row?.["owner"] === true;
  const ownsDatabase = row?.["database_owner"] === row?.["name"];
  const remedy = `let the agent connect as a user of its own: CREATE USER … ; GRANT ${names.writer} TO …`;
  const checks = [
    check(
      "superuser",
      "the agent's own user cannot bypass every guard",
      isSuperuser ? "fail" : "ok",
      isSuperuser ? "this user is a superuser" : "this user is none",
      remedy,
    ),
    check(
      "ownership",
      "the agent's own user cannot remove the guards",
      isOwner && !isSuperuser ? "fail" : ownsDatabase ? "fail" : "ok",
      isOwner && !isSuperuser
        ? `this user is a member of ${names.owner}`
        : ownsDatabase
          ? "this user owns the database and can drop it"
          : "neither owner of the tables nor of the database",
      remedy,
    ),
    check(
      "owner_role",
      "nobody is the owner of the tables by logging in",
      row?.["owner_logs_in"] === null
        ? "unknown"
        : row?.["owner_logs_in"] === true || members.length > 0
          ? "fail"
          : "ok",
      row?.["owner_logs_in"] === null
        ? `no role ${names.owner}`
        : row?.["owner_logs_in"] === true
          ? `${names.owner} may log in`
          : members.length > 0
            ? `members of ${names.owner}: ${listed(members)}`
            : `${names.owner} has no login and no members`,
      `ALTER ROLE ${names.owner} NOLOGIN; REVOKE ${names.owner} FROM its members`,
    ),
    check(
      "approver_role",
      "who asks for an approval cannot give it",
      !isSuperuser && row?.["writer"] === true && row["approver"] === true ? "fail" : "ok",
      !isSuperuser && row?.["writer"] === true && row["approver"] === true
        ? "this user is writer and approver"
        : "not writer and approver at once",
      `REVOKE ${names.approver} FROM the writer`,
    ),
    check(
      "superusers",
      "nobody rewrites the trail unseen",
      "warn",
      `can rewrite everything: ${listed(superusers)}`,
      "no database stops its superuser: keep checkpoints in another place and verify with --anchor",
    ),
  ];
  const [exists] = await catalog(session, "SELECT to_regclass($1) IS NOT NULL AS yes", [`${names.data}.record`]).catch(
    () => [{ yes: null }],
  );
  if (exists?.["yes"] !== false) checks.push(await triesCheck(session, names));
  return checks;
}

/** Statements that must be refused, whoever sends them; they meet no row, and are rolled back. */
async function triesCheck(session: Session, { data }: SchemaNames): Promise<Check> {
  const tries = ["record", "checkpoint"].flatMap((table) => [
    `UPDATE ${data}.${table} SET log = log WHERE false`,
    `DELETE FROM ${data}.${table} WHERE false`,
    `TRUNCATE ${data}.${table}`,
  ]);
  const passed: string[] = [];
  for (const text of tries) {
    await catalog(session, "BEGIN");
    try {
      await catalog(session, "SET LOCAL session_replication_role = replica").catch(async () => {
        await catalog(session, "ROLLBACK");
        await catalog(session, "BEGIN");
      });
      await catalog(session, text);
      passed.push(text);
    } catch (error) {
      // PC006 of a guard, 42501 for want of the right: both are a refusal. Anything else is no answer.
      if (!ProclawError.is(error) || !/\((?:PC006|42501|25006)\)/.test(error.message)) throw error;
    } finally {
      await catalog(session, "ROLLBACK");
    }
  }
  return check(
    "tries",
    "what was appended stays as it is",
    passed.length === 0 ? "ok" : "fail",
    passed.length === 0 ? `${tries.length} changes were tried, each was refused` : `not refused: ${listed(passed)}`,
    "find out who removed the guards, and verify the trail with an anchor",
  );
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
