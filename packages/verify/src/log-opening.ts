import type { AuditSource } from "@proclaw/core";
import type { FindingList } from "./finding-list.ts";
import type { Place } from "./finding.ts";
import { checkpointLogKeyId } from "./layout.ts";
import { LineSplitter } from "./line-splitter.ts";
import { predecessorIn, type Predecessor } from "./predecessor.ts";
import type { Link } from "./log-outcome.ts";
import { readLine } from "./record.ts";

/** What the first record of a log says, before anything of it is believed. */
export interface LogOpening {
  /** As the records name the log. */
  readonly id: string;
  readonly predecessor: Predecessor | null;
}

/** Looks into the first record of a log; null: it cannot be read, which shows again when the log itself is. */
export async function readOpening(source: AuditSource, log: string): Promise<LogOpening | null> {
  const line = await firstLine(source, log);
  if (line === null) return null;
  const read = readLine(line, false);
  if (!read.ok || read.record.kind !== "log.open") return null;
  return { id: read.record.hash_chain.log, predecessor: predecessorIn(read.record.body?.["predecessor"]) };
}

/**
 * Sorts the links to predecessors by the log that they speak of.
 *
 * @param openings by the name the store gives the log; all of one sort, since an ordinary log names
 *   an ordinary log, and a log of checkpoints one of checkpoints
 */
export function linksOf(
  openings: ReadonlyMap<string, LogOpening | null>,
  findings: FindingList,
): ReadonlyMap<string, readonly Link[]> {
  const nameOf = new Map<string, string>();
  for (const [name, opening] of openings) {
    // An ordinary log is known by its name, whatever its first record says.
    nameOf.set(checkpointLogKeyId(name) === null ? name : (opening?.id ?? name), name);
  }
  const links = new Map<string, Link[]>();
  for (const [from, opening] of openings) {
    const predecessor = opening?.predecessor ?? null;
    if (predecessor === null) continue;
    const to = nameOf.get(predecessor.log);
    if (to !== undefined) links.set(to, [...(links.get(to) ?? []), { ...predecessor, from }]);
    else {
      const place: Place = { log: from, seq: 0, file: null, line: null };
      findings.damage("predecessor_missing", place, "log.open continues a log that is not there");
    }
  }
  for (const list of links.values()) list.sort((a, b) => a.size - b.size);
  return links;
}

/** A failure here shows again, and is reported, when the log itself is read. */
async function firstLine(source: AuditSource, log: string): Promise<Uint8Array | null> {
  const splitter = new LineSplitter();
  try {
    for await (const segment of source.read(log)) {
      for await (const chunk of segment.bytes) {
        splitter.feed(chunk);
        const line = splitter.next();
        if (line !== null) return line;
      }
      return null;
    }
  } catch {
    return null;
  }
  return null;
}
