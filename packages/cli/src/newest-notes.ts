import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { MAX_RECORD_BYTES } from "@proclaw/core";
import type { AuditSource } from "@proclaw/core";
import { checkpointLogKeyId, type VerifyReport } from "@proclaw/verify";
import { lineBatches } from "./lines.ts";

/**
 * The checkpoints that are most worth keeping elsewhere: the newest of each log of checkpoints in
 * force, since it vouches for all logs that it binds; else the newest of the newest log. None if
 * there is none.
 */
export async function newestNotes(source: AuditSource, folder: string, report: VerifyReport): Promise<string[]> {
  const found: string[] = [];
  for (const log of await logsInForce(source, report)) {
    const key = checkpointLogKeyId(log);
    const note = key === null ? null : await newestNoteIn(folder, join("checkpoints", key));
    if (note !== null) found.push(note);
  }
  if (found.length > 0) return found;
  for (const { log } of report.logs.toReversed()) {
    const note = await newestNoteIn(folder, join("logs", log));
    if (note !== null) return [note];
  }
  return [];
}

/** Logs of checkpoints that no other one continues: the log of a key that was replaced gets no more. */
async function logsInForce(source: AuditSource, { checkpoint_logs }: VerifyReport): Promise<string[]> {
  const continued = new Set<string>();
  for (const { log } of checkpoint_logs) {
    const predecessor = await predecessorOf(source, log);
    if (predecessor !== null) continued.add(predecessor);
  }
  return checkpoint_logs.filter(({ id }) => id === null || !continued.has(id)).map(({ log }) => log);
}

/** Id of the log that the first record of `log` continues. */
async function predecessorOf(source: AuditSource, log: string): Promise<string | null> {
  try {
    for await (const segment of source.read(log)) {
      for await (const [line] of lineBatches(segment.bytes, MAX_RECORD_BYTES)) {
        const record = JSON.parse(Buffer.from(line?.bytes ?? []).toString("utf8")) as {
          readonly body?: { readonly predecessor?: { readonly log?: unknown } | null } | null;
        } | null;
        const predecessor = record?.body?.predecessor?.log;
        return typeof predecessor === "string" ? predecessor : null;
      }
    }
  } catch {
    // The report tells of it; this is only for an advice.
  }
  return null;
}

async function newestNoteIn(folder: string, place: string): Promise<string | null> {
  try {
    const checkpoints = join(folder, place, "checkpoints");
    const name = (await readdir(checkpoints))
      .filter((one) => /^\d{16}\.note$/.test(one))
      .sort()
      .at(-1);
    return name === undefined ? null : join(checkpoints, name);
  } catch {
    // It has none; an older log may.
    return null;
  }
}
