import { createHash } from "node:crypto";
import { MAX_RECORD_BYTES, ProclawError } from "@proclaw/core";
import type { SealedRecord } from "@proclaw/core";

const LF = 0x0a;

/** Most bytes of one segment. */
export const MAX_SEGMENT_BYTES: number = 16 * 1024 * 1024;

/** The lines of a batch, each with its LF; throws `invalid_option` if it is no run of lines from `firstSeq` on. */
export function joinLines(firstSeq: number, batch: readonly SealedRecord[]): Buffer {
  let length = 0;
  for (const [index, record] of batch.entries()) {
    if (record.seq !== firstSeq + index) {
      throw new ProclawError("invalid_option", `record ${record.seq} stands where ${firstSeq + index} belongs`);
    }
    if (record.bytes.length === 0 || record.bytes.length > MAX_RECORD_BYTES || record.bytes.includes(LF)) {
      throw new ProclawError("invalid_option", `record ${record.seq} is empty, too large or not one line`);
    }
    length += record.bytes.length + 1;
  }
  if (length > MAX_SEGMENT_BYTES) throw new ProclawError("invalid_option", `a batch of ${length} bytes is too large`);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const record of batch) {
    bytes.set(record.bytes, at);
    at += record.bytes.length;
    bytes[at++] = LF;
  }
  return bytes;
}

/** What a segment holds. */
export interface SegmentEnd {
  /** Whole lines. */
  readonly count: number;
  /** Leaf of the last of them (RFC 6962 section 2.1), hex; null: there is none. */
  readonly head: string | null;
  /** The last whole line without its LF. */
  readonly lastLine: Uint8Array | null;
  /** Bytes after the last LF: no writer of ours leaves any. */
  readonly tornBytes: number;
}

export function endOf(bytes: Buffer): SegmentEnd {
  const end = bytes.lastIndexOf(LF);
  if (end < 0) return { count: 0, head: null, lastLine: null, tornBytes: bytes.length };
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  const lastLine = bytes.subarray(end === 0 ? 0 : bytes.lastIndexOf(LF, end - 1) + 1, end);
  const head = createHash("sha256").update(Uint8Array.of(0)).update(lastLine).digest("hex");
  return { count, head, lastLine, tornBytes: bytes.length - end - 1 };
}
