import type { Session } from "../connection/session.ts";
import { catalog, check } from "./check.ts";
import type { Check } from "./check.ts";

/** What holds for the whole server. */
export async function serverChecks(session: Session): Promise<Check[]> {
  const [row] = await catalog(
    session,
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS version_text,
      current_setting('server_encoding') AS encoding,
      pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only,
      current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
      current_setting('synchronous_commit') AS commit, current_setting('synchronous_standby_names') AS standbys,
      coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted,
      inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1' AS near`,
  );
  const value = (name: string): string => String(row?.[name]);
  const durable = value("fsync") === "on" && value("pages") === "on";
  return [
    check(
      "server_version",
      "functions and rights the guards are made of",
      Number(row?.["version"]) >= 150_000 ? "ok" : "fail",
      `PostgreSQL ${value("version_text").split(" ")[0] ?? ""}`,
      "use PostgreSQL 15 or newer",
    ),
    check(
      "encoding",
      "records are UTF-8, and the server reads them",
      value("encoding") === "UTF8" ? "ok" : "fail",
      value("encoding"),
      "make a database with ENCODING 'UTF8'",
    ),
    check(
      "primary",
      "records can be appended",
      row?.["read_only"] === false ? "ok" : "fail",
      row?.["read_only"] === false ? "takes writes" : "read-only: a replica, or default_transaction_read_only",
      "connect to the primary",
    ),
    check(
      "flush",
      "an acknowledged record survives a crash of the machine",
      durable ? "ok" : "fail",
      `fsync ${value("fsync")}, full_page_writes ${value("pages")}`,
      "set fsync = on and full_page_writes = on, and restart",
    ),
    check(
      "synchronous_commit",
      "acknowledged means flushed",
      "ok",
      value("commit") === "off" ? "off here; append() switches it on for its transaction" : value("commit"),
      "",
    ),
    check(
      "standby",
      "acknowledged records survive the loss of the primary's disk",
      value("standbys") === "" ? "warn" : "ok",
      value("standbys") === "" ? "no synchronous standby" : "synchronous standbys are named",
      "set synchronous_standby_names, or know that a fail-over may lose the last records (checkpoints kept elsewhere show it)",
    ),
    check(
      "encryption",
      "nobody between here and the server reads or changes records",
      row?.["encrypted"] === true || row?.["near"] === true ? "ok" : "fail",
      row?.["encrypted"] === true
        ? "TLS"
        : row?.["near"] === true
          ? "no TLS, on this machine"
          : "no TLS, over a network",
      "add ?sslmode=verify-full to the URL, and hostssl to pg_hba.conf",
    ),
  ];
}
