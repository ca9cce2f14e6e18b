import { LogWriter } from "./log-writer.ts";
import { NEXT_SIGNER, SIGNER } from "./trail-format.ts";
import type { TrailImage } from "./trail-image.ts";

/** Two logs; the first is closed, in three segments, and covered to its end; the second lives and has a tail. */
export function cleanTrail(): TrailImage {
  const first = new LogWriter({ n: 1, signer: SIGNER, segmentRecords: 6 });
  first.call("a1").call("a2", "deny").checkpoint();
  first.call("a3", "allow", { amount: 1.5, note: "naïve – ☃", nested: { list: [1, 2, { b: null }] } });
  first.call("a4").call("a5").call("a6").checkpoint().call("a7").close().checkpoint();
  const second = new LogWriter({ n: 2, signer: SIGNER });
  second.call("b1").call("b2").checkpoint().call("b3");
  return { logs: [first.log, second.log] };
}

/**
 * A trail with logs of checkpoints and a rotated key; {@link SIGNER} vouches for all of it.
 *
 * - 0: rotates its key to {@link NEXT_SIGNER} in record 6, closed with 13 records; segments of 6;
 *   checkpoints at 4 and 7 (old key), 10 and 13 (new key)
 * - 1: closed with 6 records under the old key, checkpoints at 3 and 6
 * - 2: opened under the new key, lives, 5 records, checkpoint at 3
 * - 3: the log of checkpoints of the old key: binds log 0 up to 4 and 7, log 1 up to 3 and 6, and is
 *   covered up to its 5 records
 * - 4: that of the new key, which continues it: binds log 0 up to 10 and 13, log 2 up to 3, and is
 *   covered up to its 4 records
 */
export function boundTrail(): TrailImage {
  return { logs: Object.values(boundWriters()).map(({ log }) => log) };
}

/** The writers of {@link boundTrail}, for who continues it. */
export function boundWriters(): Record<"rotated" | "closed" | "live" | "oldBinder" | "newBinder", LogWriter> {
  const rotated = new LogWriter({ n: 1, signer: SIGNER, segmentRecords: 6 });
  rotated.call("a1").call("a2", "deny").checkpoint().call("a3").rotate(NEXT_SIGNER);
  rotated.call("a4").call("a5", "deny").checkpoint().call("a6").close().checkpoint();
  const closed = new LogWriter({ n: 2, signer: SIGNER });
  closed.call("b1").checkpoint().call("b2").close().checkpoint();
  const live = new LogWriter({ n: 3, signer: NEXT_SIGNER });
  live.call("c1").checkpoint().call("c2");
  const oldBinder = new LogWriter({ n: 4, signer: SIGNER, binds: true });
  oldBinder.bind(rotated, 4).bind(closed, 3).bind(closed).bind(rotated, 7).checkpoint();
  const newBinder = new LogWriter({ n: 5, signer: NEXT_SIGNER, binds: true, predecessor: oldBinder.link() });
  newBinder.bind(rotated, 10).bind(rotated).bind(live, 3).checkpoint();
  return { rotated, closed, live, oldBinder, newBinder };
}
