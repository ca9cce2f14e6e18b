import type { AuditSource } from "@proclaw/core";

const LF = 0x0a;

/**
 * Stored lines byte for byte, by log id, then seq, logs of checkpoints last. What a crash left after a log's last LF is no
 * line and is not exported; it would run into the next log's first line.
 */
export async function* exportTrail(source: AuditSource): AsyncGenerator<Uint8Array> {
  for (const log of await source.logs()) {
    let open: Uint8Array[] = [];
    for await (const segment of source.read(log)) {
      for await (const chunk of segment.bytes) {
        const end = chunk.lastIndexOf(LF);
        if (end < 0) {
          open.push(chunk);
          continue;
        }
        yield* open;
        yield chunk.subarray(0, end + 1);
        open = end + 1 === chunk.length ? [] : [chunk.subarray(end + 1)];
      }
    }
  }
}
