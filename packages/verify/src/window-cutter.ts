import { MAX_RECORD_BYTES } from "@proclaw/core";

const LF = 0x0a;
/** What is kept of a line that is too long: enough to refuse it. */
const LONGEST = MAX_RECORD_BYTES + 1;

const MAX_SPARE = 4;

/** Cuts a stream of chunks into runs of whole lines, in memory bounded by the size of one and a line. */
export class WindowCutter {
  readonly #windowBytes: number;
  readonly #spare: Buffer[] = [];
  #buffer: Buffer;
  #kept = 0;

  /** @param windowBytes about how many bytes go together */
  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
    this.#buffer = this.#empty();
  }

  /**
   * Gives also the whole lines before a failure of `bytes`, and then fails like it.
   */
  async *windows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
    let failure: { readonly error: unknown } | null = null;
    try {
      for await (const chunk of bytes) {
        for (let at = 0; at < chunk.length;) {
          const piece = chunk.subarray(at, at + this.#wanted(chunk, at));
          this.#buffer.set(piece, this.#kept);
          this.#kept += piece.length;
          at += piece.length;
          if (this.#kept < this.#windowBytes) continue;
          const window = this.#cut();
          if (window !== null) yield window;
          else this.#kept = Math.min(this.#kept, LONGEST);
        }
      }
    } catch (error) {
      failure = { error };
    }
    const window = this.#cut();
    if (window !== null) yield window;
    if (failure !== null) throw failure.error;
  }

  /** Bytes after the last LF; forgets them. */
  takeRest(): number {
    const rest = Math.min(this.#kept, LONGEST);
    this.#kept = 0;
    return rest;
  }

  /** Takes a window back, to be filled again. */
  recycle(window: Buffer): void {
    const whole = Buffer.from(window.buffer as ArrayBuffer);
    if (this.#spare.length < MAX_SPARE && whole.length === this.#buffer.length) this.#spare.push(whole);
  }

  /** How many of the bytes from `at` on belong to this window: up to its size, or the end of a line that is longer. */
  #wanted(chunk: Uint8Array, at: number): number {
    if (this.#kept < this.#windowBytes) return this.#windowBytes - this.#kept;
    const end = chunk.indexOf(LF, at);
    return Math.min(this.#buffer.length - this.#kept, end < 0 ? chunk.length : end + 1 - at);
  }

  #cut(): Buffer | null {
    const end = this.#buffer.subarray(0, this.#kept).lastIndexOf(LF) + 1;
    if (end === 0) return null;
    const full = this.#buffer;
    this.#buffer = this.#empty();
    full.copy(this.#buffer, 0, end, this.#kept);
    this.#kept -= end;
    return full.subarray(0, end);
  }

  #empty(): Buffer {
    // Of its own, not of a pool: it goes to other threads.
    return this.#spare.pop() ?? Buffer.from(new ArrayBuffer(this.#windowBytes + LONGEST + 1));
  }
}
