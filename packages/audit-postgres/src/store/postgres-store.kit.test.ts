import { auditStoreKit } from "@proclaw/conformance";
import { beforeAll, describe, expect, it } from "vitest";
import { createPostgresStore } from "../index.ts";
import { PlaceMaker, servers } from "../testing/places.ts";

describe.each(servers())("PostgreSQL $major: the kit of every store", (server) => {
  let maker: PlaceMaker;
  beforeAll(async () => {
    // The kit's lines are no records: this is the store without the server's look into hash_chain.
    maker = await PlaceMaker.on(server, { checkRecords: false });
  });

  const kit = auditStoreKit({
    can: ["kill", "fingerprint"],
    create: async () => {
      const place = await maker.make();
      return {
        open: async () => {
          return createPostgresStore({ pool: place.pool() });
        },
        kill: async () => {
          await place.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
          );
        },
        fingerprint: async () => {
          const tables = ["record", "log", "checkpoint", "month", "setting", "retired"];
          const all = tables.map(
            (table) => `(SELECT string_agg(t::text, '|' ORDER BY t::text) FROM proclaw.${table} AS t)`,
          );
          const [row] = await place.run(`SELECT concat_ws('#', ${all.join(", ")}) AS all`);
          return String(row?.["all"]);
        },
        dispose: async () => await place.end(),
      };
    },
  });
  it.each(kit)("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
