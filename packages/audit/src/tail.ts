import { setTimeout as sleep } from "node:timers/promises";
import type { AuditSource } from "@proclaw/core";
import { skipBytes, wholeLines } from "./lines.ts";

/** A stored line as it came in. */
export interface TailLine {
  readonly log: string;
  readonly seq: number;
  /** Without its LF. */
  readonly bytes: Uint8Array;
}

export interface TailOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** Leave out what is there already. Default false. */
  readonly fromEnd?: boolean;
  /** Milliseconds between looks. Default 250. */
  readonly pollMs?: number;
}

/**
 * Follows a trail, also one that is being written: delivers each whole line once, by log, then seq
 * within one look; new logs are found too. Ends when `signal` is aborted.
 */
export async function* tailTrail(source: AuditSource, options: TailOptions = {}): AsyncGenerator<TailLine> {
  const { signal } = options;
  const positions = new Map<string, Position>();
  let deliver = options.fromEnd !== true;
  const aborted = (): boolean => signal?.aborted === true;
  while (!aborted()) {
    for (const log of await source.logs()) {
      const position = positions.get(log) ?? { segment: 0, offset: 0, seq: 0 };
      positions.set(log, position);
      for await (const line of newLines(source, log, position)) {
        if (aborted()) return;
        if (deliver) yield line;
      }
    }
    deliver = true;
    await sleep(options.pollMs ?? 250, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** How far a log was delivered: up to byte `offset` of the segment that begins with record `segment`. */
interface Position {
  segment: number;
  offset: number;
  seq: number;
}

async function* newLines(source: AuditSource, log: string, position: Position): AsyncGenerator<TailLine> {
  for await (const segment of source.read(log, position.seq)) {
    if (segment.firstSeq !== position.segment) {
      position.segment = segment.firstSeq;
      position.offset = 0;
      position.seq = segment.firstSeq;
    }
    const { offset } = position;
    const bytes = segment.from?.(offset) ?? skipBytes(segment.bytes, offset);
    for await (const line of wholeLines(bytes)) {
      position.offset += line.length + 1;
      yield { log, seq: position.seq++, bytes: line };
    }
  }
}
