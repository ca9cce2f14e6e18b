import { MAX_RECORD_BYTES } from "@proclaw/core";

const LF = 0x0a;

/**
 * Cuts a stream of chunks into lines, in memory bounded by one line of the largest allowed size.
 * A longer line comes out cut to one byte more than that, which is enough to refuse it.
 *
 * Feed a chunk, take lines until null, feed the next. A line is valid until the next `feed`.
 */
export class LineSplitter {
  readonly #carry: Uint8Array = new Uint8Array(MAX_RECORD_BYTES + 1);
  /** Bytes of the unfinished line kept in `#carry`. */
  #kept = 0;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  feed(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next line without its LF; null: feed more. */
  next(): Uint8Array | null {
    const end = this.#chunk.indexOf(LF, this.#at);
    if (end < 0) {
      this.#keep(this.#chunk.subarray(this.#at));
      this.#at = this.#chunk.length;
      return null;
    }
    const piece = this.#chunk.subarray(this.#at, end);
    this.#at = end + 1;
    if (this.#kept === 0) {
      return piece.length > MAX_RECORD_BYTES ? piece.subarray(0, MAX_RECORD_BYTES + 1) : piece;
    }
    this.#keep(piece);
    const line = this.#carry.subarray(0, this.#kept);
    this.#kept = 0;
    return line;
  }

  /** Bytes after the last LF (at most one more than a record may have); forgets them. */
  takeRest(): number {
    const rest = this.#kept;
    this.#kept = 0;
    return rest;
  }

  #keep(piece: Uint8Array): void {
    const fits = piece.subarray(0, this.#carry.length - this.#kept);
    this.#carry.set(fits, this.#kept);
    this.#kept += fits.length;
  }
}
