import { randomFillSync } from "node:crypto";

/**
 * A source of UUIDs of version 7 (RFC 9562 section 5.7), each greater than the one before: the 12
 * bits after the time are a counter that starts at random in its lower half (section 6.2, method 1)
 * and that borrows a millisecond when it overflows; 62 bits are random in each.
 *
 * @param now milliseconds since the Unix epoch
 */
export function uuidV7Source(now: () => number): () => string {
  const pool = Buffer.allocUnsafe(BYTES_PER_ID * 256);
  let used = pool.length;
  let time = -1;
  let counter = 0;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const clock = Math.floor(now());
    if (clock > time) {
      time = clock;
      counter = pool.readUInt16BE(used) & 0x7ff;
    } else if (++counter > 0xfff) {
      time++;
      counter = 0;
    }
    const stamp = time.toString(16).padStart(12, "0");
    const version = (0x7000 | counter).toString(16);
    const variant = (0x8000 | (pool.readUInt16BE(used + 2) & 0x3fff)).toString(16);
    const node = pool.toString("hex", used + 4, used + BYTES_PER_ID);
    used += BYTES_PER_ID;
    return `${stamp.slice(0, 8)}-${stamp.slice(8)}-${version}-${variant}-${node}`;
  };
}

/** Two for the counter's start, eight for the rest. */
const BYTES_PER_ID = 10;
