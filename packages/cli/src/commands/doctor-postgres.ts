import { CliError } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { loadPeer } from "../peer-store.ts";
import { schemeOf } from "../stores.ts";
import { printDoctor } from "./doctor.ts";

export interface DoctorPostgresOptions {
  readonly json?: boolean;
}

/** What `@proclaw/audit-postgres` answers; stated here, because that package is an optional peer. */
interface DatabaseDoctor {
  readonly name: string;
  check(): Promise<{
    readonly server: string;
    readonly user: string;
    readonly checks: readonly {
      readonly id: string;
      readonly status: "ok" | "warn" | "fail" | "unknown";
      readonly found: string;
      readonly protects: string;
      readonly remedy: string | null;
    }[];
  }>;
}

/** Looks at a database with the eyes of the user in the URL. */
export async function doctorPostgres(io: CliIo, url: string, options: DoctorPostgresOptions): Promise<number> {
  const scheme = schemeOf(url);
  if (scheme !== "postgres" && scheme !== "postgresql") {
    throw new CliError("invalid_option", "the argument is no URL of PostgreSQL", {
      hint: "postgres://USER@HOST/DATABASE",
    });
  }
  const open = await loadPeer<DatabaseDoctor>(scheme, "openDoctor");
  const doctor = await open(url);
  const { server, user, checks } = await doctor.check();
  return await printDoctor(
    io,
    {
      name: `${doctor.name} (PostgreSQL ${server}, as ${user})`,
      ok: checks.every(({ status }) => status !== "fail"),
      checks: checks.map(({ id, status, found, protects, remedy }) => ({
        id,
        title: `${id}, so that ${protects}`,
        ok: status === "ok",
        required: status === "fail",
        happened: found,
        remedy,
      })),
      words: {
        good: "this database keeps what it promises; keep checkpoints in another place too",
        bad: "this database is refused: do not trust evidence to it",
      },
      notes: [],
    },
    options.json === true,
  );
}
