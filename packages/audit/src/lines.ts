import type { StoredSegment } from "@proclaw/core";

const LF = 0x0a;

/**
 * Whole lines of a byte stream, each without its LF; what stands after the last LF is not
 * delivered.
 */
export async function* wholeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let open: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const line = chunk.subarray(start, end);
      yield open.length === 0 ? line : Buffer.concat([...open, line]);
      open = [];
      start = end + 1;
    }
    if (start < chunk.length) open.push(chunk.subarray(start));
  }
}

/** Whole lines of segments that follow each other. */
export async function* linesOf(segments: AsyncIterable<StoredSegment>): AsyncGenerator<Uint8Array> {
  for await (const segment of segments) yield* wholeLines(segment.bytes);
}

/** A byte stream without its first `count` bytes. */
export async function* skipBytes(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
