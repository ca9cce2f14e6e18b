import { join } from "node:path";
import { ProclawError, SPEC_VERSION } from "@proclaw/core";
import type { AuditSource, StoredSegment } from "@proclaw/core";
import { checkpointName, MAX_NOTE_BYTES, segmentName } from "@proclaw/verify";
import { listOrNone, nodeFileSystem, readChunks } from "./file-system-port.ts";
import type { FileSystemPort } from "./file-system-port.ts";
import {
  checkpointLogsFolder,
  CHECKPOINTS_PREFIX,
  checkpointSizes,
  logPaths,
  logsFolder,
  segmentNumbers,
} from "./layout.ts";

/**
 * The read side of a trail's folder. Writes nothing, takes no lease, and may be used while others
 * write: what it then shows ends somewhere in the last batch.
 *
 * Methods throw `unreadable_evidence` if a file cannot be read. A folder that does not exist has no logs.
 */
export function openFileSource(directory: string): AuditSource {
  return createFileSource(directory, nodeFileSystem);
}

/** {@link openFileSource} over another file system. */
export function createFileSource(directory: string, port: FileSystemPort): AuditSource {
  return {
    specVersion: SPEC_VERSION,

    async logs() {
      const visible = (name: string): boolean => !name.startsWith(".");
      const logs = (await names(port, logsFolder(directory))).filter(visible);
      const ofCheckpoints = (await names(port, checkpointLogsFolder(directory))).filter(visible);
      return [...new Set([...logs, ...ofCheckpoints.map((name) => CHECKPOINTS_PREFIX + name)])].sort();
    },

    async *read(log, fromSeq = 0): AsyncGenerator<StoredSegment> {
      const { segments, shown } = logPaths(directory, log);
      const numbers = segmentNumbers(await names(port, segments));
      const holds = numbers.findLastIndex((firstSeq) => firstSeq <= fromSeq);
      for (const firstSeq of numbers.slice(Math.max(holds, 0))) {
        const path = join(segments, segmentName(firstSeq));
        const from = (offset: number): AsyncIterable<Uint8Array> => readable(path, readChunks(port, path, offset));
        yield { name: `${shown}/segments/${segmentName(firstSeq)}`, firstSeq, bytes: from(0), from };
      }
    },

    async *checkpoints(log, fromSize = 0) {
      const { checkpoints, shown } = logPaths(directory, log);
      for (const size of checkpointSizes(await names(port, checkpoints))) {
        if (size < fromSize) continue;
        const path = join(checkpoints, checkpointName(size));
        const chunks: Uint8Array[] = [];
        let read = 0;
        for await (const chunk of readable(path, readChunks(port, path))) {
          chunks.push(chunk);
          read += chunk.length;
          // Longer than any note can be: what is here is enough to find it malformed.
          if (read > MAX_NOTE_BYTES) break;
        }
        yield { name: `${shown}/checkpoints/${checkpointName(size)}`, note: Buffer.concat(chunks) };
      }
    },

    async evidence(log) {
      const { torn, shown } = logPaths(directory, log);
      const kept = (await names(port, torn)).length;
      const findings = kept === 0 ? [] : [`${kept} torn ends of writes are kept aside in ${shown}/torn`];
      return { worm: false, retainedUntil: null, findings };
    },
  };
}

async function names(port: FileSystemPort, path: string): Promise<string[]> {
  try {
    return await listOrNone(port, path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* readable(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): ProclawError {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "unknown error";
  return new ProclawError("unreadable_evidence", `cannot read \`${path}\`: ${code}`, { cause });
}
