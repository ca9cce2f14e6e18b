import type { VerifyProgress } from "@proclaw/verify";
import type { CliIo } from "./cli-io.ts";

/** Nothing is shown before this long, and not more often than {@link EVERY_MS}. */
const PATIENCE_MS = 1_000;
const EVERY_MS = 200;

export interface ProgressLine {
  readonly show: (progress: VerifyProgress) => void;
  /** Wipes the line. */
  readonly clear: () => Promise<void>;
}

/**
 * A line of progress on standard error that writes over itself; nothing at all unless that is a
 * terminal. Progress may get lost, so nobody waits for it to be written.
 *
 * @param totalBytes what there is to read, if known: then the time left is shown
 */
export function progressLine(
  io: CliIo,
  totalBytes: number | null,
  now: () => number = performance.now.bind(performance),
): ProgressLine {
  const start = now();
  let last = start + PATIENCE_MS - EVERY_MS;
  let shown = false;
  return {
    show: ({ records, bytes }) => {
      const time = now();
      if (!io.stderr.isTTY || time - last < EVERY_MS) return;
      last = time;
      shown = true;
      const seconds = (time - start) / 1_000;
      const rate = Math.round(records / seconds);
      const megabytes = (bytes / 1e6).toFixed(0);
      const left = totalBytes === null || bytes === 0 ? "" : timeLeft((seconds * (totalBytes - bytes)) / bytes);
      const text = `verifying: ${grouped(records)} records, ${megabytes} MB, ${grouped(rate)} records/s${left}`;
      io.stderr.write(`\r\u001b[2K${text}`).catch(() => undefined);
    },
    clear: async () => {
      if (shown) await io.stderr.write("\r\u001b[2K");
    },
  };
}

/** A live trail grows while it is read, so the estimate may fall below zero. */
function timeLeft(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return whole < 60 ? `, ${whole} s left` : `, ${Math.ceil(whole / 60)} min left`;
}

/** 1234567 → "1 234 567". */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, " ");
}
