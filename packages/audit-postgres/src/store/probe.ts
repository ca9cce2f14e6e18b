import type { StoreProbe } from "@proclaw/core";
import { examineWith } from "../examine.ts";
import type { ReadingParts } from "./postgres-source.ts";

/** The findings that deny durability; the others tell what is not enforced. */
const DURABILITY: ReadonlySet<string> = new Set(["primary", "flush", "schema"]);

/** `worm` is never true: no database stops its superuser. */
export async function probeServer({ pool, names, deadlines }: ReadingParts): Promise<StoreProbe> {
  const { checks } = await examineWith(pool, names, deadlines);
  const open = checks.filter(({ status }) => status === "fail" || status === "warn");
  return {
    durable: !open.some(({ id, status }) => status === "fail" && DURABILITY.has(id)),
    worm: false,
    findings: open.map(({ id, found, protects, remedy }) => `${id}: ${found} (${protects}): ${remedy ?? ""}`),
  };
}
