import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `done` answers true; the test's own time limit is the only one. */
export async function eventually(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await sleep(5);
}
