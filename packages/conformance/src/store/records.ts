import { createHash } from "node:crypto";
import type { AuditSource, AuditStore, ExpectedHead, SealedRecord, StoreLease } from "@proclaw/core";

/** Log ids in the form the trail gives them (UUIDv7), rising with `n`. */
export function logId(n: number): string {
  return `01990000-0000-7000-8000-${String(n).padStart(12, "0")}`;
}

/** Leaf hash of RFC 6962 section 2.1, hex. */
export function leafOf(line: Uint8Array): string {
  return createHash("sha256").update(Uint8Array.of(0)).update(line).digest("hex");
}

export function sealed(seq: number, bytes: Uint8Array): SealedRecord {
  return { seq, leaf: leafOf(bytes), bytes };
}

/** Records `from`, `from + 1`, …: lines of about `size` bytes that differ from each other. */
export function records(from: number, count: number, size = 100): SealedRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = from + index;
    const text = JSON.stringify({ seq, text: "é".repeat(Math.max(0, Math.floor((size - 30) / 2))) });
    return sealed(seq, Buffer.from(text));
  });
}

/** A log as a test writes it: keeps count, so that each append expects what it left. */
export class TestLog {
  readonly store: AuditStore;
  readonly lease: StoreLease;
  readonly written: SealedRecord[];

  constructor(store: AuditStore, lease: StoreLease, written: readonly SealedRecord[] = []) {
    this.store = store;
    this.lease = lease;
    this.written = [...written];
  }

  get expected(): ExpectedHead {
    return { expectedSeq: this.written.length, expectedHead: this.written.at(-1)?.leaf ?? null };
  }

  async append(batch: readonly SealedRecord[]): Promise<void> {
    await this.store.append(this.lease, this.expected, batch);
    this.written.push(...batch);
  }

  /** Appends `count` records of about `size` bytes. */
  async grow(count: number, size?: number): Promise<void> {
    await this.append(records(this.written.length, count, size));
  }
}

/** What a source shows of a log, in one piece. */
export async function readBytes(source: AuditSource, log: string, fromSeq?: number): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const segment of source.read(log, fromSeq)) for await (const chunk of segment.bytes) all.push(chunk);
  return Buffer.concat(all);
}

/** What a log with these records looks like. */
export function linesOf(written: readonly SealedRecord[]): Buffer {
  return Buffer.concat(written.flatMap(({ bytes }) => [bytes, Buffer.from("\n")]));
}
