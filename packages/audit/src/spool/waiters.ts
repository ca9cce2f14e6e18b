import { ProclawError } from "@proclaw/core";

/** Callers who wait until a log has a certain size in the remote store. */
export class Waiters {
  readonly #waiting: Set<{ readonly size: number; readonly resolve: () => void }> = new Set();

  get count(): number {
    return this.#waiting.size;
  }

  wait(size: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {
        size,
        resolve: () => {
          signal.removeEventListener("abort", giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        this.#waiting.delete(waiter);
        reject(
          new ProclawError("store_failed", "the remote store did not acknowledge the records in time", {
            cause: signal.reason,
          }),
        );
      };
      if (signal.aborted) {
        giveUp();
        return;
      }
      this.#waiting.add(waiter);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  reached(size: number): void {
    for (const waiter of this.#waiting) {
      if (waiter.size > size) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
