import { SPEC_VERSION, type AuditSource } from "@proclaw/core";
import { noteNameOf, noteOf, checkpointText, type TestKey } from "./trail-format.ts";

/**
 * A mutable picture of a trail: its logs, their segments byte for byte, and their checkpoints. What
 * is done to the picture is what somebody does to the files, rows or objects of a store.
 */
export interface TrailImage {
  logs: LogImage[];
}

export interface LogImage {
  /** As a store knows it: a log id, or `checkpoints-<key id>`. */
  id: string;
  segments: SegmentImage[];
  notes: NoteImage[];
}

export interface SegmentImage {
  /** `<first seq>.jsonl` */
  name: string;
  bytes: Uint8Array;
}

export interface NoteImage {
  /** `<size>.note` */
  name: string;
  note: Uint8Array;
}

/** A checkpoint, as it stands in an image. */
export function makeNote(origin: string, size: number, root: Uint8Array, signers: readonly TestKey[]): NoteImage {
  return { name: noteNameOf(size), note: noteOf(checkpointText(origin, size, root), signers) };
}

/** A source over an image: names sorted, numbers read from names, as a store of files does. */
export function sourceOf(
  trail: TrailImage,
  options: { readonly worm?: boolean; readonly chunks?: (bytes: Uint8Array) => Iterable<Uint8Array> } = {},
): AuditSource {
  const find = (id: string): LogImage => trail.logs.find((log) => log.id === id) ?? { id, segments: [], notes: [] };
  const byName = <T extends { name: string }>(list: readonly T[]): T[] =>
    list.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    specVersion: SPEC_VERSION,
    logs: () => Promise.resolve(trail.logs.map(({ id }) => id).sort()),
    async *read(id, fromSeq = 0) {
      const segments = byName(find(id).segments).map((segment) => ({
        ...segment,
        first: Number.parseInt(segment.name),
      }));
      for (const [i, { name, first, bytes }] of segments.entries()) {
        const next = segments[i + 1];
        if (next !== undefined && next.first <= fromSeq) continue;
        yield { name, firstSeq: first, bytes: chunked(bytes, options.chunks) };
      }
    },
    async *checkpoints(id, fromSize = 0) {
      for (const note of byName(find(id).notes)) {
        const size = Number.parseInt(note.name);
        if (!(size < fromSize)) yield note;
      }
    },
    evidence: () => Promise.resolve({ worm: options.worm ?? false, retainedUntil: null, findings: [] }),
  };
}

async function* chunked(
  bytes: Uint8Array,
  chunks: (bytes: Uint8Array) => Iterable<Uint8Array> = (all) => [all],
): AsyncGenerator<Uint8Array> {
  yield* chunks(bytes);
}
