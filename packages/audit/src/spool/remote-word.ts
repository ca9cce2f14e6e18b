import type { AuditSource, AuditStore } from "@proclaw/core";
import { holdsCheckpoint } from "./checkpoints-to-ship.ts";
import { LocalReader } from "./local-reader.ts";
import type { Shipped } from "./receipts.ts";

/**
 * Whether the remote store holds what the receipts of a log say: the local records, that many at
 * least, and that checkpoint. Whatever the remote store throws comes through.
 */
export async function remoteHolds(
  local: AuditSource,
  remote: AuditStore,
  log: string,
  said: Shipped,
): Promise<boolean> {
  const { size, head } = await remote.head(log);
  if (size < said.size) return false;
  if (size > 0 && (await new LocalReader(local, log).leafOf(size - 1)) !== head) return false;
  return said.checkpoint === 0 || (await holdsCheckpoint(local, remote, log, said.checkpoint));
}

/** What the receipts say, or nothing where the local log belies them: they are a file that anybody here can write. */
export function bounded(said: Shipped, localSize: number): Shipped {
  return said.size <= localSize && said.checkpoint <= said.size ? said : NONE;
}

export const NONE: Shipped = { size: 0, checkpoint: 0 };
