/** One line without its LF; null for a line longer than the limit, whose bytes were let go. */
export type Line = Uint8Array | null;

const LF = 0x0a;

/**
 * Cuts a stream of bytes into lines and hands them out in batches, one per chunk that arrived, so
 * that a caller can answer what came before it waits for more. A last line without LF counts.
 *
 * INVARIANT (flat memory): at most `maxBytes` of an unfinished line are held, whatever arrives.
 */
export async function* lineBatches(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line[]> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let tooLong = false;

  const finish = (tail: Uint8Array): Line => {
    const line = tooLong || heldBytes + tail.length > maxBytes ? null : joined(held, heldBytes, tail);
    held = [];
    heldBytes = 0;
    tooLong = false;
    return line;
  };

  for await (const chunk of source) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      lines.push(finish(chunk.subarray(start, end)));
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    if (tooLong || heldBytes + rest.length > maxBytes) {
      tooLong = true;
      held = [];
      heldBytes = 0;
    } else if (rest.length > 0) {
      // A copy, since a stream may reuse its memory (`slice` of a Buffer would be a view).
      held.push(Uint8Array.from(rest));
      heldBytes += rest.length;
    }
    if (lines.length > 0) yield lines;
  }
  if (tooLong || heldBytes > 0) yield [finish(new Uint8Array(0))];
}

function joined(held: readonly Uint8Array[], heldBytes: number, tail: Uint8Array): Uint8Array {
  if (held.length === 0) return tail;
  const line = new Uint8Array(heldBytes + tail.length);
  let at = 0;
  for (const part of held) {
    line.set(part, at);
    at += part.length;
  }
  line.set(tail, at);
  return line;
}
