import type { AuditSource, StoredSegment } from "@proclaw/core";
import { lineBatches } from "./lines.ts";
import type { TailLine } from "./record-line.ts";

/** Far above what a record may have; a longer line is shown as no record. */
const MAX_SHOWN_BYTES = 1024 * 1024;

/** Reads the end of one log, then what is appended to it; only whole lines, each once. */
export class LogReader {
  readonly #source: AuditSource;
  readonly #log: string;
  /** The segment that holds the next line: its first seq, or null before any was seen. */
  #segment: number | null = null;
  #offset = 0;
  #seq = 0;

  constructor(source: AuditSource, log: string) {
    this.#source = source;
    this.#log = log;
  }

  /** The last `count` lines. Reads whole segments from the end of the log, as many as it takes. */
  async last(count: number): Promise<TailLine[]> {
    const segments: StoredSegment[] = [];
    for await (const segment of this.#source.read(this.#log)) segments.push(segment);
    let lines: TailLine[] = [];
    for (const segment of segments.reverse()) {
      const found: TailLine[] = [];
      const end = await this.#lines(segment, 0, segment.firstSeq, (line) => {
        found.push(line);
        // Twice as many as wanted, so that cutting is rare.
        if (found.length > 2 * count) found.splice(0, found.length - count);
      });
      if (this.#segment === null) this.#moveTo(segment.firstSeq, end.offset, end.seq);
      lines = [...found, ...lines];
      if (lines.length >= count) break;
    }
    return count === 0 ? [] : lines.slice(-count);
  }

  /** Lines appended since the last call. */
  async *appended(): AsyncGenerator<TailLine> {
    for await (const segment of this.#source.read(this.#log, this.#segment ?? 0)) {
      if (this.#segment !== null && segment.firstSeq < this.#segment) continue;
      const sameSegment = segment.firstSeq === this.#segment;
      const lines: TailLine[] = [];
      const end = await this.#lines(
        segment,
        sameSegment ? this.#offset : 0,
        sameSegment ? this.#seq : segment.firstSeq,
        (line) => lines.push(line),
      );
      this.#moveTo(segment.firstSeq, end.offset, end.seq);
      yield* lines;
    }
  }

  #moveTo(segment: number, offset: number, seq: number): void {
    this.#segment = segment;
    this.#offset = offset;
    this.#seq = seq;
  }

  /** Whole lines from `offset` on; says where the first unfinished one begins. */
  async #lines(
    segment: StoredSegment,
    offset: number,
    firstSeq: number,
    take: (line: TailLine) => void,
  ): Promise<{ readonly offset: number; readonly seq: number }> {
    let at = offset;
    let seq = firstSeq;
    for await (const batch of lineBatches(bytesFrom(segment, offset), MAX_SHOWN_BYTES)) {
      for (const { bytes, length, ended } of batch) {
        // The writer may be in the middle of it.
        if (!ended) break;
        take({ log: this.#log, seq, bytes: Uint8Array.from(bytes ?? []) });
        seq++;
        at += length + 1;
      }
    }
    return { offset: at, seq };
  }
}

/** Bytes from an offset on, also where the store cannot seek. */
async function* bytesFrom(segment: StoredSegment, offset: number): AsyncGenerator<Uint8Array> {
  if (segment.from !== undefined) {
    yield* segment.from(offset);
    return;
  }
  let skip = offset;
  for await (const chunk of segment.bytes) {
    if (skip < chunk.length) yield chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}
