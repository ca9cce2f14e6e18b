import type { AuditStore } from "@proclaw/core";
import { wholeLines } from "./lines.ts";
import type { Bound } from "./read-log.ts";
import { CHECKPOINTS_PREFIX } from "./store/layout.ts";

/** `body` of a `checkpoint` record stands at the beginning of its line (RFC 8785 section 3.2.3). */
const BINDING = /^\{"agent_id":null,"body":\{"log":"([0-9a-f-]{36})","root":"([0-9a-f]{64})","size":([0-9]{1,16})\},/;

/** What a line of a log of checkpoints binds, without parsing all of it: a year of bindings is read in a second. */
export function boundIn(
  line: Uint8Array,
): { readonly log: string; readonly size: number; readonly root: string } | null {
  const [, log, root, size] = BINDING.exec(Buffer.from(line.subarray(0, 192)).toString("latin1")) ?? [];
  return log === undefined || root === undefined ? null : { log, root, size: Number(size) };
}

/**
 * What all logs of checkpoints say of one log, whoever wrote them: nothing is signed against any of
 * it. Lines that bind nothing, damaged ones too, are passed over; they are the verifier's to report.
 */
export async function boundRoots(store: AuditStore, log: string): Promise<Bound> {
  const bound = new Map<number, string[]>();
  for (const name of await store.logs()) {
    if (!name.startsWith(CHECKPOINTS_PREFIX)) continue;
    for await (const segment of store.read(name)) {
      for await (const line of wholeLines(segment.bytes)) {
        const one = boundIn(line);
        if (one === null || one.log !== log) continue;
        const roots = bound.get(one.size) ?? [];
        if (!roots.includes(one.root)) bound.set(one.size, [...roots, one.root]);
      }
    }
  }
  return bound;
}
