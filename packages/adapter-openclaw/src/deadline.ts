/** Says that the time was up before the work was done. */
export const EXPIRED: unique symbol = Symbol("expired");

/**
 * The result of `work`, or {@link EXPIRED} after `ms` milliseconds or as soon as `abort` fires; its
 * signal is aborted then, and `late` gets what it still comes to. Rejects if `work` rejects in time.
 *
 * OpenClaw sets no time limit on trusted policies and result middlewares: without this one, a hung
 * guard would hang the session.
 */
export async function withDeadline<T>(
  ms: number,
  abort: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  late: (result: T) => void = () => {},
): Promise<T | typeof EXPIRED> {
  const controller = new AbortController();
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const expired = new Promise<typeof EXPIRED>((resolve) => {
    const end = (): void => {
      over = true;
      controller.abort();
      resolve(EXPIRED);
    };
    timer = setTimeout(end, ms);
    onAbort = end;
    if (abort?.aborted === true) end();
    else abort?.addEventListener("abort", end, { once: true });
  });
  const running = over ? Promise.resolve<typeof EXPIRED>(EXPIRED) : work(controller.signal);
  void tellLate(running, () => over, late);
  try {
    return await Promise.race([running, expired]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) abort?.removeEventListener("abort", onAbort);
  }
}

async function tellLate<T>(
  running: Promise<T | typeof EXPIRED>,
  isOver: () => boolean,
  late: (result: T) => void,
): Promise<void> {
  try {
    const result = await running;
    if (isOver() && result !== EXPIRED) late(result);
  } catch {
    // Told to the caller if he still waits; nobody is interested in a late failure.
  }
}
