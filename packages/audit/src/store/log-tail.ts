import { createHash } from "node:crypto";
import { join } from "node:path";
import { segmentName } from "@proclaw/verify";
import { listOrNone, readChunks } from "./file-system-port.ts";
import type { FileSystemPort } from "./file-system-port.ts";
import { segmentNumbers } from "./layout.ts";

/** Where a log ends, found by reading no more than its last segments. */
export interface LogTail {
  /** First sequence number of the last segment; null: the log has no segment. */
  readonly segment: number | null;
  /** Whole records in the log. */
  readonly size: number;
  /** Leaf (hex) of the last whole record; null for an empty log. */
  readonly head: string | null;
  /** Bytes of the last segment up to its last LF. */
  readonly wholeBytes: number;
  /** Bytes after it. */
  readonly tornBytes: number;
}

const LF = 0x0a;

/**
 * Reads one segment (and, if that holds no whole line, the one before it): the cost is bounded by
 * the size of a segment, not by the length of the log.
 */
export async function readLogTail(port: FileSystemPort, segments: string): Promise<LogTail> {
  const numbers = segmentNumbers(await listOrNone(port, segments));
  const segment = numbers.at(-1) ?? null;
  if (segment === null) return { segment, size: 0, head: null, wholeBytes: 0, tornBytes: 0 };
  const lines = await scan(port, join(segments, segmentName(segment)));
  let head = lines.head;
  for (let i = numbers.length - 2; head === null && i >= 0; i--) {
    head = (await scan(port, join(segments, segmentName(numbers[i] as number)))).head;
  }
  return { segment, size: segment + lines.count, head, wholeBytes: lines.wholeBytes, tornBytes: lines.tornBytes };
}

interface Lines {
  readonly count: number;
  readonly head: string | null;
  readonly wholeBytes: number;
  readonly tornBytes: number;
}

async function scan(port: FileSystemPort, path: string): Promise<Lines> {
  let count = 0;
  let position = 0;
  let wholeBytes = 0;
  let open: Uint8Array[] = [];
  let last: Uint8Array[] | null = null;
  for await (const chunk of readChunks(port, path)) {
    const end = chunk.lastIndexOf(LF);
    if (end < 0) {
      open.push(chunk);
    } else {
      const before = end === 0 ? -1 : chunk.lastIndexOf(LF, end - 1);
      last = before < 0 ? [...open, chunk.subarray(0, end)] : [chunk.subarray(before + 1, end)];
      open = [chunk.subarray(end + 1)];
      wholeBytes = position + end + 1;
      for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) count++;
    }
    position += chunk.length;
  }
  return { count, head: last === null ? null : leafHex(last), wholeBytes, tornBytes: position - wholeBytes };
}

/** Leaf hash of RFC 6962 section 2.1, of a line in pieces. */
function leafHex(pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256").update(LEAF_PREFIX);
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

const LEAF_PREFIX = Uint8Array.of(0);

/** The last whole line of a log, read backwards: cost bounded by a record, not by a segment. Null: none. */
export async function readLastLine(port: FileSystemPort, segments: string): Promise<Uint8Array | null> {
  const numbers = segmentNumbers(await listOrNone(port, segments));
  for (const segment of numbers.reverse()) {
    const line = await lastLineOf(port, join(segments, segmentName(segment)));
    if (line !== null) return line;
  }
  return null;
}

async function lastLineOf(port: FileSystemPort, path: string): Promise<Uint8Array | null> {
  const file = await port.open(path, "read");
  try {
    const { size } = file.stat();
    // Doubling: a torn end may stand after the last LF, and a line may be as long as it likes.
    for (let span = Math.min(size, 16 * 1024); ; span = Math.min(size, span * 2)) {
      const buffer = Buffer.alloc(span);
      let got = 0;
      while (got < span) {
        const more = await file.read(buffer.subarray(got), size - span + got);
        if (more === 0) break;
        got += more;
      }
      const end = buffer.subarray(0, got).lastIndexOf(LF);
      const before = end <= 0 ? -1 : buffer.lastIndexOf(LF, end - 1);
      if (end >= 0 && (before >= 0 || span === size)) return buffer.subarray(before + 1, end);
      if (span === size) return null;
    }
  } finally {
    await file.close();
  }
}
