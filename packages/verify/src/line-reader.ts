import { LineSplitter } from "./line-splitter.ts";
import type { ScannedLine } from "./scanned-lines.ts";

/** Lines that were read together. */
export interface LineBatch {
  /** The next line without its LF, valid until the one after it; null: the next batch has it. */
  next(): Uint8Array | null;
  /** What is known already of the line that `next` gave last; null: nothing. */
  readonly scanned: ScannedLine | null;
}

/** Cuts segments into lines, in bounded memory. A line that is too long comes out cut. */
export interface LineReader {
  batches(bytes: AsyncIterable<Uint8Array>): AsyncIterable<LineBatch>;
  /** Bytes after the last LF of the segment; forgets them. */
  takeRest(): number;
}

/** The lines of each chunk as it comes. */
export class ChunkReader implements LineReader {
  readonly #splitter = new LineSplitter();

  async *batches(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<LineBatch> {
    const batch: LineBatch = { next: () => this.#splitter.next(), scanned: null };
    for await (const chunk of bytes) {
      this.#splitter.feed(chunk);
      yield batch;
    }
  }

  takeRest(): number {
    return this.#splitter.takeRest();
  }
}
