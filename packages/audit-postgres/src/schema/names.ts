import { ProclawError } from "@proclaw/core";

/** Names of everything that {@link migrate} makes. Safe to stand in SQL without quotes. */
export interface SchemaNames {
  /** Tables of the trail, and the functions that are its doors. */
  readonly data: string;
  /** What keeps others from changing it. Another schema, because DROP … CASCADE would drop the guards first. */
  readonly guard: string;
  /** Approvals and rate limits: they change, so they stand apart. */
  readonly state: string;
  /** Owns all of it; nobody logs in as it. */
  readonly owner: string;
  /** May execute the doors, and nothing else. */
  readonly writer: string;
  /** May read everything. */
  readonly auditor: string;
  /** May grant approvals, and nothing else. */
  readonly approver: string;
}

/**
 * @param schema first part of all names, lower case; default `proclaw`
 * @throws ProclawError `invalid_option`
 */
export function schemaNames(schema: string = "proclaw"): SchemaNames {
  // `pg_` is reserved; 40 leaves room for what is added, in 63 bytes of a name.
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(schema) || schema.startsWith("pg_")) {
    throw new ProclawError(
      "invalid_option",
      "`schema` must be a name of 1 to 40 lower-case letters, digits and `_`, and must not begin with `pg_`",
    );
  }
  return {
    data: schema,
    guard: `${schema}_guard`,
    state: `${schema}_state`,
    owner: `${schema}_owner`,
    writer: `${schema}_writer`,
    auditor: `${schema}_auditor`,
    approver: `${schema}_approver`,
  };
}
