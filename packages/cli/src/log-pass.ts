import { MAX_RECORD_BYTES, type AuditSource } from "@proclaw/core";
import { leafHash, MerkleAccumulator, parseCheckpoint, parseNote, type Checkpoint } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { CliError } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";
import { lineBatches } from "./lines.ts";

/** The log that a user means by its id, or by an end of it that no other log has. */
export function logNamed(logs: readonly string[], named: string): string {
  const found = logs.filter((log) => log === named || (named !== "" && log.endsWith(named)));
  const exact = found.find((log) => log === named);
  const [only] = found;
  if (exact !== undefined) return exact;
  if (only !== undefined && found.length === 1) return only;
  throw new CliError("invalid_option", `${found.length === 0 ? "no" : "more than one"} log has the id \`${named}\``, {
    hint: "`proclaw audit verify STORE` lists the logs; the end of an id is enough if no other log has it",
  });
}

export interface SignedSize {
  readonly note: Uint8Array;
  readonly checkpoint: Checkpoint;
}

/** The newest checkpoint of a log over more than `seq` records. */
export async function newestCheckpoint(source: AuditSource, log: string, seq: number): Promise<SignedSize> {
  let newest: SignedSize | null = null;
  for await (const { name, note } of source.checkpoints(log)) {
    try {
      const checkpoint = parseCheckpoint(parseNote(note).text);
      if (checkpoint.size > (newest?.checkpoint.size ?? 0)) newest = { note, checkpoint };
    } catch (cause) {
      throw new CliError("unreadable_evidence", `\`${name}\` is not a checkpoint`, { cause });
    }
  }
  if (newest === null || newest.checkpoint.size <= seq) {
    const what = newest === null ? "has no checkpoint" : `has no checkpoint over record ${seq} yet`;
    throw new CliError("unreadable_evidence", `log \`${log}\` ${what}`, {
      hint: "a writer signs every second, and when it closes its log",
    });
  }
  return newest;
}

/**
 * Goes once over the records that a checkpoint covers, in flat memory, and demands that they are
 * what it covers. Signatures are for `audit verify`.
 */
export async function passOver(
  io: CliIo,
  source: AuditSource,
  log: string,
  { size, root }: Checkpoint,
  take: (line: Uint8Array, leaf: Uint8Array, seq: number) => void | Promise<void>,
): Promise<void> {
  const tree = new MerkleAccumulator(nodeHasher);
  for await (const segment of source.read(log)) {
    for await (const lines of lineBatches(segment.bytes, MAX_RECORD_BYTES)) {
      io.signal.throwIfAborted();
      for (const { bytes, ended } of lines) {
        if (tree.size === size || !ended) continue;
        if (bytes === null) throw notCovered(log);
        const leaf = leafHash(nodeHasher, bytes);
        await take(bytes, leaf, tree.size);
        tree.append(leaf);
      }
    }
    if (tree.size === size) break;
  }
  if (tree.size !== size || Buffer.compare(tree.root(), root) !== 0) throw notCovered(log);
}

function notCovered(log: string): CliError {
  return new CliError("unreadable_evidence", `the records of log \`${log}\` are not what its checkpoint covers`, {
    hint: "find the damage with `proclaw audit verify`",
  });
}
