import { canonicalJson, type AuditRecord } from "@proclaw/core";
import { concat, leafOf, originOf, textOf, toHex, treeRoot, utf8, type TestKey } from "./trail-format.ts";
import { makeNote, type LogImage, type NoteImage, type SegmentImage, type TrailImage } from "./trail-image.ts";

/*
 * What somebody who can write a trail can do to it.
 */

export const first = (trail: TrailImage): LogImage => trail.logs[0] as LogImage;
export const second = (trail: TrailImage): LogImage => trail.logs[1] as LogImage;
export const segment = (log: LogImage, i: number): SegmentImage => log.segments[i] as SegmentImage;

export const linesOf = (bytes: Uint8Array): Uint8Array[] => textOf(bytes).split("\n").slice(0, -1).map(utf8);
export const joined = (lines: readonly Uint8Array[]): Uint8Array =>
  concat(...lines.flatMap((line) => [line, utf8("\n")]));

export function editLines(part: SegmentImage, edit: (lines: Uint8Array[]) => Uint8Array[]): void {
  part.bytes = joined(edit(linesOf(part.bytes)));
}

/** Replaces the text of record `i` of a segment. */
export function editText(part: SegmentImage, i: number, edit: (text: string) => string): void {
  editLines(part, (lines) => lines.map((line, at) => (at === i ? utf8(edit(textOf(line))) : line)));
}

export type Loose = { -readonly [K in Exclude<keyof AuditRecord, "hash_chain">]: AuditRecord[K] } & {
  hash_chain: Record<string, unknown>;
};

/** Replaces record `i` of a segment, canonical again. */
export function editRecord(part: SegmentImage, i: number, edit: (record: Loose) => unknown): void {
  editText(part, i, (text) => {
    const record = JSON.parse(text) as Loose;
    edit(record);
    return canonicalJson(record);
  });
}

/** Chains all records of a log anew, as somebody who can write the folder would after a change. */
export function rechain(log: LogImage): void {
  let prev: string | null = null;
  let seq = 0;
  for (const part of log.segments) {
    editLines(part, (lines) =>
      lines.map((line) => {
        const record = JSON.parse(textOf(line)) as Loose;
        record.hash_chain["prev"] = prev;
        record.hash_chain["seq"] = seq++;
        const bytes = utf8(canonicalJson(record));
        prev = toHex(leafOf(bytes));
        return bytes;
      }),
    );
  }
}

export const leavesOf = (log: LogImage): Uint8Array[] =>
  log.segments.flatMap((part) => linesOf(part.bytes)).map((line) => leafOf(line));

/** Signs all checkpoints of a log anew. */
export function resign(log: LogImage, signer: TestKey): void {
  const leaves = leavesOf(log);
  log.notes = log.notes.map(({ name }) => {
    const size = Number.parseInt(name);
    return makeNote(originOf(log.id), size, treeRoot(leaves.slice(0, size)), [signer]);
  });
}

export const dropNotesAbove = (log: LogImage, size: number): void => {
  log.notes = log.notes.filter(({ name }) => Number.parseInt(name) <= size);
};
export const lastNote = (log: LogImage): readonly NoteImage[] => log.notes.slice(-1);
export const editNote = (log: LogImage, i: number, edit: (text: string) => string): void => {
  log.notes = log.notes.map((note, at) => (at === i ? { ...note, note: utf8(edit(textOf(note.note))) } : note));
};
export const append = (part: SegmentImage, bytes: Uint8Array): void => {
  part.bytes = concat(part.bytes, bytes);
};
export const replaceIn = (part: SegmentImage, i: number, from: string, to: string): void =>
  editText(part, i, (text) => {
    if (!text.includes(from)) throw new Error(`the record has no ${from}`);
    return text.replace(from, to);
  });
