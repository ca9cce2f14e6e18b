import { ProclawError } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import { decision, decisionPoint, DENY, never, setup } from "./fixtures/fakes.ts";
import { attempt, CALL, expectDenied, watchRejections } from "./fixtures/harness.ts";
import { createGuard } from "./index.ts";

watchRejections();

describe("INVARIANT (decision durable before execution)", () => {
  test.each([
    ["rejects", () => Promise.reject(new Error("disk full"))],
    ["throws a ProclawError", () => Promise.reject(new ProclawError("trail_unavailable", "closed"))],
    ["hangs", () => never()],
  ])("a trail that %s: nothing runs, the denial says so, the logger hears of it", async (_, fault) => {
    const { trail, logger, options } = setup({ stepTimeoutMs: 30 });
    trail.fault = fault;
    const guard = createGuard(options);
    const denied = await expectDenied(guard, "audit_unavailable");
    expect(denied.record).toBeNull();
    expect(logger.lines.some((line) => line.startsWith("error"))).toBe(true);
    // A denial that cannot be recorded is one all the same.
    const denying = createGuard({ ...options, decisionPoint: decisionPoint(() => decision(DENY)) });
    expect((await expectDenied(denying, "audit_unavailable")).decision.detail).toEqual({ decided: "denied_by_rule" });
    trail.fault = () => undefined;
    expect(await attempt(guard)).toMatchObject({ ran: 1, value: 1 });
  });

  test("a trail that throws at once, or gives no receipt, has not recorded anything", async () => {
    const { options, trail } = setup();
    for (const append of [
      () => {
        throw new Error("sync");
      },
      async () => undefined as never,
      async () => ({}) as never,
    ]) {
      const broken = { specVersion: trail.specVersion, state: "ready" as const, append, close: never<void> };
      const denied = await expectDenied(createGuard({ ...options, trail: broken }), "audit_unavailable");
      expect(denied.record).toBeNull();
    }
  });

  test("a decision that becomes durable after it was given up is closed as not executed", async () => {
    const { trail, options } = setup({ stepTimeoutMs: 20 });
    const gate = Promise.withResolvers<void>();
    trail.fault = (_, nth) => (nth === 0 ? gate.promise : undefined);
    await expectDenied(createGuard(options), "audit_unavailable");
    gate.resolve();
    await expect.poll(() => trail.story).toEqual(["decision:pending", "outcome:not_executed"]);
  });

  test("a sanitizer that throws keeps the call from running", async () => {
    const { trail, options } = setup();
    const sanitizeEvent = (): never => {
      throw new Error("sanitizer");
    };
    const guard = createGuard({ ...options, sanitizer: { ...options.sanitizer, sanitizeEvent } });
    await expectDenied(guard, "audit_unavailable");
    expect(trail.events).toEqual([]);
  });

  test("an aborted call does not run: before, while deciding, and after the decision is durable", async () => {
    const early = setup();
    const aborted = AbortSignal.abort();
    let ran = 0;
    const run = (): number => ++ran;
    await expect(createGuard(early.options).call(CALL, run, { signal: aborted })).rejects.toMatchObject({
      decision: { reason_code: "deadline_exceeded" },
    });
    await expect.poll(() => early.trail.story).toEqual(["decision:not_executed"]);

    const hanging = setup();
    const gate = Promise.withResolvers<void>();
    hanging.trail.fault = (_, nth) => (nth === 0 ? gate.promise : undefined);
    const controller = new AbortController();
    const call = createGuard(hanging.options).call(CALL, run, { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(call).rejects.toMatchObject({ decision: { reason_code: "deadline_exceeded" } });
    gate.resolve();
    // The allow became durable after all: it is closed, beside the denial that was given.
    await expect
      .poll(() => hanging.trail.story.toSorted())
      .toEqual(["decision:not_executed", "decision:pending", "outcome:not_executed"]);

    const late = setup();
    const afterwards = new AbortController();
    late.trail.fault = (event) => {
      if (event.execution_status === "pending") afterwards.abort();
      return undefined;
    };
    await expect(createGuard(late.options).call(CALL, run, { signal: afterwards.signal })).rejects.toMatchObject({
      decision: { reason_code: "deadline_exceeded" },
    });
    await expect.poll(() => late.trail.story.at(-1)).toMatch(/not_executed/);
    expect(ran).toBe(0);
  });
});

test("a tool never starts with an aborted signal, whenever the abort comes", async () => {
  const started: boolean[] = [];
  for (let turns = 0; turns < 40; turns++) {
    const { trail, options } = setup();
    const controller = new AbortController();
    trail.fault = (event) => {
      if (event.execution_status === "pending") {
        void (async () => {
          for (let i = 0; i < turns; i++) await Promise.resolve();
          controller.abort(new Error("enough"));
        })();
      }
      return undefined;
    };
    const call = createGuard(options).call(CALL, () => void started.push(controller.signal.aborted), {
      signal: controller.signal,
    });
    await call.catch(() => {});
    await expect.poll(() => trail.story.join()).toMatch(/not_executed|unobserved|success/);
  }
  expect(new Set(started)).toEqual(new Set([false]));
});

describe("INVARIANT (no result without its record)", () => {
  test.each([
    ["rejects", () => Promise.reject(new Error("disk full"))],
    ["hangs", () => never()],
  ])("an outcome append that %s: withheld, all denied, and open again when the trail is back", async (_, fault) => {
    let now = 0n;
    const { trail, options } = setup({ stepTimeoutMs: 30, clock: { now: () => 0, monotonic: () => (now += 1_000n) } });
    trail.fault = (event) => (event.kind === "outcome" ? fault() : undefined);
    const guard = createGuard(options);
    const first = await attempt(guard, { ...CALL, call_id: "lost" });
    expect(first).toMatchObject({ ran: 1, error: { code: "outcome_unrecorded" } });
    expect(first).not.toHaveProperty("value");
    expect(JSON.stringify(first.error)).not.toContain('"value"');

    // The trail fails still: the probe fails, nothing runs.
    trail.fault = fault;
    await expectDenied(guard, "audit_unavailable");
    await new Promise((resolve) => setTimeout(resolve, 60));
    // It works again, but does not say that it is ready.
    trail.fault = () => undefined;
    trail.state = "failed";
    now += 1_000_000_000n;
    await expectDenied(guard, "audit_unavailable");
    trail.state = "ready";
    // No second try within the interval.
    await expectDenied(guard, "audit_unavailable");
    now += 1_000_000_000n;
    expect(await attempt(guard)).toMatchObject({ ran: 1, value: 1 });
    expect(trail.story).toEqual(["decision:pending", "anomaly:-", "decision:pending", "outcome:success"]);
    expect(trail.events[1]?.body).toEqual({ anomaly: "outcomes_lost", count: 1 });
  });

  test("a call that was being decided when an outcome was lost does not run", async () => {
    const { trail, options } = setup();
    const guard = createGuard(options);
    const gate = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<void>();
    trail.fault = (event) => {
      if (event.kind === "outcome" && event.call_id === "a") return lost.promise;
      return event.call_id === "b" && event.kind === "decision" ? gate.promise : undefined;
    };
    const a = attempt(guard, { ...CALL, call_id: "a" });
    const b = attempt(guard, { ...CALL, call_id: "b" });
    lost.reject(new Error("lost"));
    expect(await a).toMatchObject({ ran: 1, error: { code: "outcome_unrecorded" } });
    gate.resolve();
    expect(await b).toMatchObject({ ran: 0, error: { decision: { reason_code: "audit_unavailable" } } });
    expect(trail.story).toEqual(["decision:pending", "decision:pending", "outcome:not_executed"]);
  });

  test("a sanitizer that fails on what is to be returned withholds it, and blocks like a lost record", async () => {
    const { trail, options } = setup();
    const sanitize = (): never => {
      throw new Error("sanitizer");
    };
    const sanitizer = { ...options.sanitizer, sanitize };
    const guard = createGuard({ ...options, sanitizer, returnOutput: "sanitized" });
    expect(await attempt(guard)).toMatchObject({ ran: 1, error: { code: "outcome_unrecorded" } });
    trail.state = "failed";
    await expectDenied(guard, "audit_unavailable");
  });

  test("a sanitizer that fails on the output withholds it", async () => {
    const { options } = setup();
    const sanitizer = {
      ...options.sanitizer,
      sanitizeEvent: (event: Parameters<typeof options.sanitizer.sanitizeEvent>[0]) => {
        if (event.output_payload !== null) throw new Error("sanitizer");
        return options.sanitizer.sanitizeEvent(event);
      },
    };
    expect(await attempt(createGuard({ ...options, sanitizer }))).toMatchObject({
      ran: 1,
      error: { code: "outcome_unrecorded" },
    });
  });
});
