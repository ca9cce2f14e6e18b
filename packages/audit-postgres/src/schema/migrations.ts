import { createHash } from "node:crypto";
import { ownerFunctions, readingDoors, recordCheck, writerDoors } from "./doors.ts";
import { guardFunctions, guardTriggersSql } from "./guards.ts";
import type { SchemaNames } from "./names.ts";
import type { SqlFunction } from "./sql-function.ts";
import { stateDoors, stateTablesSql } from "./state.ts";
import { tablesSql } from "./tables.ts";

/**
 * A change of tables. Never edited once published: a database remembers the digest of what it was
 * given. Functions are no part of it: each migration run replaces them by the current ones.
 */
export interface Migration {
  readonly version: number;
  /** Run as the owner. */
  readonly sql: (names: SchemaNames) => string;
}

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, sql: (names) => tablesSql(names) + guardTriggersSql(names) + stateTablesSql(names) },
];

/** SHA-256 of a migration, whatever the schema is called. */
export function migrationDigest({ sql }: Migration): Buffer {
  const name = { data: "d", guard: "g", state: "s", owner: "o", writer: "w", auditor: "a", approver: "p" };
  return createHash("sha256").update(sql(name)).digest();
}

/** Functions in the data schema, which belong to the owner. */
export function ownedFunctions(names: SchemaNames): readonly SqlFunction[] {
  return [...ownerFunctions(names), ...writerDoors(names), ...readingDoors(names), ...stateDoors(names)];
}

/** Functions in the guard schema, which belong to whoever migrates. */
export function guardingFunctions(names: SchemaNames): readonly SqlFunction[] {
  return [...guardFunctions(names), recordCheck(names)];
}
