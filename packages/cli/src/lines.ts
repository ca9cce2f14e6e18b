export interface Line {
  /** Without the LF; null for a line longer than the limit, whose bytes were let go. */
  readonly bytes: Uint8Array | null;
  /** Bytes of the line in the stream, without the LF. */
  readonly length: number;
  /** Whether an LF ends it; only a last line can lack it. */
  readonly ended: boolean;
}

const LF = 0x0a;

/**
 * Cuts a stream of bytes into lines and hands them out in batches, one per chunk that arrived, so
 * that a caller can answer what came before it waits for more. A last line without LF counts, if it
 * has any byte.
 *
 * INVARIANT (flat memory): at most `maxBytes` of an unfinished line are held, whatever arrives.
 */
export async function* lineBatches(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line[]> {
  let held: Uint8Array[] = [];
  let length = 0;

  const finish = (tail: Uint8Array, ended: boolean): Line => {
    length += tail.length;
    const line = { bytes: length > maxBytes ? null : joined(held, tail, length), length, ended };
    held = [];
    length = 0;
    return line;
  };

  for await (const chunk of source) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      lines.push(finish(chunk.subarray(start, end), true));
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    length += rest.length;
    if (length > maxBytes) held = [];
    // A copy, since a stream may reuse its memory (`slice` of a Buffer would be a view).
    else if (rest.length > 0) held.push(Uint8Array.from(rest));
    if (lines.length > 0) yield lines;
  }
  if (length > 0) yield [finish(new Uint8Array(0), false)];
}

function joined(held: readonly Uint8Array[], tail: Uint8Array, length: number): Uint8Array {
  if (held.length === 0) return tail;
  const line = new Uint8Array(length);
  let at = 0;
  for (const part of [...held, tail]) {
    line.set(part, at);
    at += part.length;
  }
  return line;
}
