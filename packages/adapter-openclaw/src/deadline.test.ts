import { expect, test } from "vitest";
import { EXPIRED, withDeadline } from "./deadline.ts";

test("a result in time, a failure in time", async () => {
  expect(await withDeadline(1_000, undefined, () => Promise.resolve(7))).toBe(7);
  await expect(withDeadline(1_000, undefined, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});

test("after the time the work is told, and its late result is handed over", async () => {
  const late: number[] = [];
  let signal: AbortSignal | undefined;
  let finish: ((result: number) => void) | undefined;
  const answer = await withDeadline(
    5,
    undefined,
    (given) => {
      signal = given;
      return new Promise<number>((resolve) => (finish = resolve));
    },
    (result) => late.push(result),
  );
  expect(answer).toBe(EXPIRED);
  expect(signal?.aborted).toBe(true);
  finish?.(7);
  await expect.poll(() => late).toEqual([7]);
});

test("an abort ends it at once, one that came before starts nothing", async () => {
  const controller = new AbortController();
  const running = withDeadline(60_000, controller.signal, () => new Promise<never>(() => {}));
  controller.abort();
  expect(await running).toBe(EXPIRED);
  let started = false;
  const work = (): Promise<void> => {
    started = true;
    return Promise.resolve();
  };
  expect(await withDeadline(60_000, AbortSignal.abort(), work)).toBe(EXPIRED);
  expect(started).toBe(false);
});
