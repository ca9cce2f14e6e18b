import { ProclawError } from "@proclaw/core";

/**
 * What `operation` answers, or `trail_unavailable` when it takes longer than `ms` milliseconds. It
 * may still end later; whoever gave up must not care how.
 *
 * @param who named in the message: `the store`
 * @param late gets an answer that came too late
 */
export function within<T>(
  ms: number,
  who: string,
  operation: () => Promise<T>,
  late: (value: T) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    let gaveUp = false;
    const timer = setTimeout(() => {
      gaveUp = true;
      reject(new ProclawError("trail_unavailable", `${who} did not answer within ${ms} ms`));
    }, ms);
    const wait = async (): Promise<void> => {
      try {
        const value = await operation();
        if (gaveUp) late(value);
        else resolve(value);
      } catch (error) {
        reject(error);
      } finally {
        clearTimeout(timer);
      }
    };
    void wait();
  });
}
