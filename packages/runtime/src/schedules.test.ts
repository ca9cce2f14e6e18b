import type { SanitizedEvent } from "@proclaw/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { setup } from "./fixtures/fakes.ts";
import { watchRejections } from "./fixtures/harness.ts";
import { createGuard } from "./index.ts";

watchRejections();

/** Waits `turns` turns of the event loop, or microtasks where `turns` is a fraction of ten. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count % 10; i++) await Promise.resolve();
  for (let i = 0; i < Math.floor(count / 10); i++) await new Promise((resolve) => setImmediate(resolve));
}

const delay = fc.integer({ min: 0, max: 45 });
const sometimes = fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: delay });
const caller = fc.record({
  start: delay,
  runs: delay,
  fails: fc.boolean(),
  /** When the caller gives up. */
  aborts: sometimes,
  /** The host runs the tool itself and settles twice at once, or never. */
  by: fc.constantFrom("guard", "host", "nobody"),
});
const faults = fc.oneof(
  fc.constant([]),
  fc.array(fc.constantFrom("none", "none", "none", "reject", "late", "never"), { maxLength: 12 }),
);

test("whatever is slow, fails, is given up or closed, and when: nothing runs or returns without its record", async () => {
  let ran = 0;
  let returned = 0;
  let closedEarly = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(caller, { minLength: 1, maxLength: 4 }),
      fc.array(delay, { maxLength: 12 }),
      faults,
      sometimes,
      async (callers, delays, plan, closeAfter) => {
        const faulty = plan.some((fault) => fault !== "none");
        const { trail, options } = setup({ stepTimeoutMs: faulty ? 10 : 5_000 });
        trail.fault = (_, nth) => {
          const wait = turns(delays[nth] ?? 0);
          switch (plan[nth]) {
            case "reject":
              return wait.then(() => Promise.reject(new Error("disk full")));
            case "late":
              return new Promise((resolve) => setTimeout(resolve, 15));
            case "never":
              return new Promise(() => {});
            default:
              return wait;
          }
        };
        const guard = createGuard(options);
        const durable = (id: string, story: string): SanitizedEvent[] =>
          trail.events.filter((one) => one.call_id === id && `${one.kind}:${one.execution_status}` === story);
        const runs = new Map<string, number>();
        const execute = async (
          id: string,
          given: unknown,
          { runs: takes, fails }: { runs: number; fails: boolean },
        ) => {
          expect(durable(id, "decision:pending")).toHaveLength(1);
          expect(given).toEqual({ id });
          runs.set(id, (runs.get(id) ?? 0) + 1);
          ran++;
          await turns(takes);
          if (fails) throw new Error("tool");
          return id;
        };
        const work = callers.map(async (one, index) => {
          const id = `call ${index}`;
          const live = { id };
          const controller = new AbortController();
          await turns(one.start);
          if (one.aborts !== null) void turns(one.aborts).then(() => controller.abort(new Error("gave up")));
          const call = { tool: "t", args: live, call_id: id };
          const signal = { signal: controller.signal };
          if (one.by === "guard") {
            const result = guard.call(call, (args) => execute(id, args, one), signal);
            live.id = "changed";
            const { value } = await result;
            expect(value).toBe(id);
            expect(durable(id, "outcome:success")).toHaveLength(1);
            returned++;
            return;
          }
          const verdict = guard.authorize(call, signal);
          live.id = "changed";
          const permit = await verdict;
          if (permit.kind === "denial" || one.by === "nobody") return;
          const output = await execute(id, permit.args, { ...one, fails: false });
          const settled = await Promise.allSettled([
            guard.settle(permit, { status: "success", output }),
            guard.settle(permit, { status: "success", output }),
          ]);
          const released = settled.filter((one) => one.status === "fulfilled" && one.value.kind === "released");
          expect(released.length).toBeLessThanOrEqual(1);
          expect(durable(id, "outcome:success")).toHaveLength(released.length);
          returned += released.length;
        });
        const closing = closeAfter === null ? undefined : turns(closeAfter).then(() => guard.close());
        for (const { status, reason } of (await Promise.allSettled(work)) as { status: string; reason?: unknown }[]) {
          // Assertions above must not pass for failures of calls.
          if (status === "rejected" && (reason as Error).name === "AssertionError") throw reason;
        }
        await closing;
        await guard.close();
        if (closeAfter !== null) closedEarly++;
        // Records that nobody waited for are with the trail, which keeps them when it closes.
        await (faulty ? new Promise((resolve) => setTimeout(resolve, 30)) : turns(60));
        for (const [index] of callers.entries()) {
          const id = `call ${index}`;
          const decided = durable(id, "decision:pending").length;
          const outcomes = trail.events.filter((one) => one.call_id === id && one.kind === "outcome");
          expect(runs.get(id) ?? 0).toBeLessThanOrEqual(decided);
          expect(outcomes.length).toBeLessThanOrEqual(decided);
          // On a trail without faults every permitted call has its one outcome when the guard is closed.
          if (!faulty) expect(outcomes).toHaveLength(decided);
          if ((runs.get(id) ?? 0) > 0)
            expect(outcomes.map((one) => one.execution_status)).not.toContain("not_executed");
        }
      },
    ),
    { seed: 20_261_122, numRuns: 300 },
  );
  // The schedules reach what they are about.
  expect(Math.min(ran, returned, closedEarly)).toBeGreaterThan(50);
}, 60_000);
