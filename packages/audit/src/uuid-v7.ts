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
  let stamp = "";
  let counter = 0;
  const moveTo = (milliseconds: number, count: number): void => {
    time = milliseconds;
    counter = count;
    const digits = time.toString(16).padStart(12, "0");
    stamp = `${digits.slice(0, 8)}-${digits.slice(8)}`;
  };
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const clock = Math.floor(now());
    if (clock > time) moveTo(clock, pool.readUInt16BE(used) & 0x7ff);
    else if (++counter > 0xfff) moveTo(time + 1, 0);
    // The variant, binary 10, takes the place of two random bits.
    pool[used + 2] = 0x80 | ((pool[used + 2] as number) & 0x3f);
    const random = pool.toString("hex", used + 2, used + BYTES_PER_ID);
    used += BYTES_PER_ID;
    return `${stamp}-${(0x7000 | counter).toString(16)}-${random.slice(0, 4)}-${random.slice(4)}`;
  };
}

/** Two for the counter's start, eight for the rest. */
const BYTES_PER_ID = 10;
