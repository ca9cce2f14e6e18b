import type { Session } from "../connection/session.ts";

/**
 * `ok`: enforced. `warn`: works, and protects less. `fail`: what the trail promises does not hold
 * here. `unknown`: this user may not see it.
 */
export type CheckStatus = "ok" | "warn" | "fail" | "unknown";

export interface Check {
  /** Stable name, for scripts. */
  readonly id: string;
  readonly status: CheckStatus;
  /** What was found. */
  readonly found: string;
  /** What it protects. */
  readonly protects: string;
  /** What to do about it; null where nothing has to be done. */
  readonly remedy: string | null;
}

/** A check whose remedy is told only where it is needed. */
export function check(id: string, protects: string, status: CheckStatus, found: string, remedy: string): Check {
  return { id, status, found, protects, remedy: status === "ok" ? null : remedy };
}

/** Rows of a catalog query. */
export async function catalog(
  session: Session,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await session.query("could not examine the server", { text, values })).rows;
}

/** A list for people, cut where it gets long. */
export function listed(items: readonly string[]): string {
  const shown = items.slice(0, 5).join(", ");
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown;
}
