import type { AuditSource, SealedRecord } from "@proclaw/core";
import { leafHash } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { skipBytes, wholeLines } from "../lines.ts";

/** Reads one local log in order, a segment's worth at a time, without reading what it has read again. */
export class LocalReader {
  readonly #source: AuditSource;
  readonly #log: string;
  /** Byte `offset` of the segment that begins with record `segment` is where record `seq` begins. */
  #at: { readonly segment: number; readonly offset: number; readonly seq: number } | null = null;

  constructor(source: AuditSource, log: string) {
    this.#source = source;
    this.#log = log;
  }

  /** Records `from`, `from + 1`, … below `to`, up to `maxBytes` with their LFs, but one at least if there is one. */
  async take(from: number, to: number, maxBytes: number): Promise<SealedRecord[]> {
    const records: SealedRecord[] = [];
    let bytes = 0;
    await this.#lines(from, to, (line, seq) => {
      if (records.length > 0 && bytes + line.length + 1 > maxBytes) return false;
      bytes += line.length + 1;
      // A copy: the chunk that the line lies in is read over.
      const copy = new Uint8Array(line);
      records.push({ seq, leaf: Buffer.from(leafHash(nodeHasher, copy)).toString("hex"), bytes: copy });
      return true;
    });
    return records;
  }

  /** Bytes of records `from` to `to - 1`, with their LFs, and how many of these records there are. */
  async measure(from: number, to: number): Promise<{ readonly records: number; readonly bytes: number }> {
    let records = 0;
    let bytes = 0;
    await this.#lines(from, to, (line) => {
      records++;
      bytes += line.length + 1;
      return true;
    });
    this.#at = null;
    return { records, bytes };
  }

  /** Leaf of one record, hex; null: there is none. */
  async leafOf(seq: number): Promise<string | null> {
    const [record] = await this.take(seq, seq + 1, 1);
    return record?.leaf ?? null;
  }

  /** Whole lines from record `from` on; ends where `each` says no, and remembers the place. */
  async #lines(from: number, to: number, each: (line: Uint8Array, seq: number) => boolean): Promise<void> {
    if (from >= to) return;
    for await (const segment of this.#source.read(this.#log, from)) {
      const known = this.#at !== null && this.#at.segment === segment.firstSeq && this.#at.seq <= from;
      let { offset, seq } = known && this.#at !== null ? this.#at : { offset: 0, seq: segment.firstSeq };
      const bytes = segment.from?.(offset) ?? skipBytes(segment.bytes, offset);
      for await (const line of wholeLines(bytes)) {
        if (seq >= to || (seq >= from && !each(line, seq))) {
          this.#at = { segment: segment.firstSeq, offset, seq };
          return;
        }
        seq++;
        offset += line.length + 1;
      }
      this.#at = { segment: segment.firstSeq, offset, seq };
      if (seq >= to) return;
    }
  }
}
