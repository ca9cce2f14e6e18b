import { SPEC_VERSION } from "@proclaw/core";
import type { ApprovalGrant, ApprovalStore } from "@proclaw/core";
import type { PgPool } from "../connection/pg-port.ts";
import { withSession } from "../connection/session.ts";
import { schemaNames } from "../schema/names.ts";
import { deadlinesOf } from "../store/postgres-store.ts";
import { wholeNumber } from "../store/postgres-source.ts";

/** What approvals and limits take: connections, and what was given to `migrate`. */
export interface PostgresStateOptions {
  readonly pool: PgPool;
  /** As given to `migrate`. Default `proclaw`. */
  readonly schema?: string;
  readonly connectMs?: number;
  readonly statementMs?: number;
}

/**
 * Approvals in PostgreSQL, for several processes. `request` and `consume` need the writer's role,
 * `grant` the approver's: who asks cannot approve. Whether a signature is right is for the guard to
 * say; the store keeps it.
 *
 * INVARIANT (a grant is used once): consuming locks the request's row and marks it; of any number
 * that consume at the same time, one gets the grants. If the answer is lost on its way, they are
 * used up all the same.
 */
export function createPostgresApprovalStore(options: PostgresStateOptions): ApprovalStore {
  const { data } = schemaNames(options.schema);
  const deadlines = deadlinesOf(options);
  const ask = async (what: string, text: string, values: readonly unknown[]) =>
    await withSession(options.pool, deadlines, async (session) => (await session.query(what, { text, values })).rows);
  return {
    specVersion: SPEC_VERSION,
    async request({ id, digest, requestedAt, expiresAt }) {
      const text = `SELECT ${data}.request_approval($1, $2, $3, $4)`;
      await ask("could not ask for an approval", text, [id, digest, Math.floor(requestedAt), Math.floor(expiresAt)]);
    },
    async grant({ requestId, digest, approver, expiresAt, signature }) {
      const text = `SELECT ${data}.grant_approval($1, $2, $3, $4, $5)`;
      const values = [requestId, digest, approver, Math.floor(expiresAt), Buffer.from(signature)];
      await ask("could not grant an approval", text, values);
    },
    async consume(requestId, now) {
      const text = `SELECT * FROM ${data}.consume_approval($1, $2)`;
      const rows = await ask("could not consume an approval", text, [requestId, Math.floor(now)]);
      return rows.map((row): ApprovalGrant => ({
        requestId,
        digest: String(row["digest"]),
        approver: String(row["approver"]),
        expiresAt: wholeNumber(row["expires_at"]),
        signature: new Uint8Array(row["signature"] as Uint8Array),
      }));
    },
  };
}
