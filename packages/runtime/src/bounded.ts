/** Why something that was waited for did not come in time. */
export type WaitFailure =
  | { readonly why: "timeout" }
  | { readonly why: "aborted" }
  | { readonly why: "rejected"; readonly error: unknown };

export type Waited<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & WaitFailure);

/**
 * Waits for work of somebody else, but not for ever: a hanging store, limiter or file system must
 * not hang the host. Never rejects, and a late rejection of `start`'s promise is never unhandled.
 */
export async function waitFor<T>(
  start: () => T | PromiseLike<T>,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Waited<T>> {
  if (signal?.aborted === true) return { ok: false, why: "aborted" };
  return new Promise((resolve) => {
    const finish = (result: Waited<T>): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      resolve(result);
    };
    const onAbort = (): void => finish({ ok: false, why: "aborted" });
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(() => finish({ ok: false, why: "timeout" }), limitMs);
    let work: Promise<T>;
    try {
      work = Promise.resolve(start());
    } catch (error) {
      finish({ ok: false, why: "rejected", error });
      return;
    }
    work.then(
      (value) => finish({ ok: true, value }),
      (error: unknown) => finish({ ok: false, why: "rejected", error }),
    );
  });
}
