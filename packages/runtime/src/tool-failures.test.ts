import { describe, expect, test } from "vitest";
import { never, obliged, setup } from "./fixtures/fakes.ts";
import { CALL, watchRejections } from "./fixtures/harness.ts";
import { createGuard, ToolFailedError, WithheldError } from "./index.ts";

watchRejections();

describe("tools that fail", () => {
  test("`call` names the failure and keeps the tool's error; the record has it sanitized", async () => {
    const { trail, options } = setup();
    const own = new RangeError("card 4111 1111 1111 1111 refused");
    const error = await createGuard(options)
      .call(CALL, () => Promise.reject(own))
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ToolFailedError);
    expect(error).toMatchObject({ code: "tool_failed", cause: own, meta: { status: "error" } });
    expect(trail.story).toEqual(["decision:pending", "outcome:error"]);
    expect(trail.events[1]?.error?.type).toBe("RangeError");
    expect(trail.text).not.toContain("4111");
  });

  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const hurtful = Object.defineProperty(new Error("x"), "message", {
    get: () => {
      throw new Error("gotcha");
    },
  });
  test.each<[string, unknown]>([
    ["a revoked proxy", revoked.proxy],
    ["a throwing getter", hurtful],
    ["undefined", undefined],
    ["a symbol", Symbol("s")],
    ["an endless message", new Error("x".repeat(1_000_000))],
    ["a lone surrogate", new Error("\ud800")],
  ])("throwing %s is recorded, and thrown on", async (_, thrown) => {
    const { trail, options } = setup();
    const wrapped = createGuard(options).wrap({
      read: () => {
        throw thrown;
      },
    });
    let caught: unknown = "nothing";
    try {
      await wrapped.read();
    } catch (error) {
      caught = error;
    }
    expect(Object.is(caught, thrown)).toBe(true);
    expect(trail.story).toEqual(["decision:pending", "outcome:error"]);
    expect(trail.text.length).toBeLessThan(5_000);
  });

  test("a hanging tool is cut off: signal aborted, safe failure, its late result on record and nowhere else", async () => {
    const { trail, options } = setup({ tools: { read: { timeout: "20ms" } } });
    const gate = Promise.withResolvers<string>();
    let signal: AbortSignal | undefined;
    const error = await createGuard(options)
      .call(CALL, (_, run) => {
        signal = run.signal;
        return gate.promise;
      })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WithheldError);
    expect(error).toMatchObject({ code: "deadline_exceeded", meta: { status: "timeout" } });
    expect(signal?.aborted).toBe(true);
    expect(trail.story).toEqual(["decision:pending", "outcome:timeout"]);
    gate.resolve("late secret");
    await expect.poll(() => trail.story).toEqual(["decision:pending", "outcome:timeout", "anomaly:-"]);
    expect(trail.events[2]?.body).toEqual({ anomaly: "late_result", status: "success" });
    expect(trail.text).not.toContain("late secret");
  });

  test("a tool that fails after it was cut off leaves no unhandled rejection", async () => {
    const { trail, options } = setup({ decisionPoint: obliged({ type: "time_limit", timeout_ms: 10 }) });
    const gate = Promise.withResolvers<string>();
    await expect(createGuard(options).call(CALL, () => gate.promise)).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
    gate.reject(new Error("late"));
    await expect.poll(() => trail.events[2]?.body).toEqual({ anomaly: "late_result", status: "error" });
  });

  test("a tool that blocks the event loop beyond its limit is late all the same", async () => {
    let now = 0n;
    const { trail, options } = setup({ clock: { now: () => 0, monotonic: () => now } });
    const call = createGuard(options).call(CALL, () => {
      now += 31_000_000_000n;
      return "late";
    });
    await expect(call).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(trail.story.slice(0, 2)).toEqual(["decision:pending", "outcome:timeout"]);
  });

  test("a caller who aborts a running tool gets its own reason; the outcome is `unobserved`", async () => {
    const { trail, options } = setup();
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = createGuard(options).call(
      CALL,
      () => {
        setImmediate(() => controller.abort(reason));
        return never();
      },
      { signal: controller.signal },
    );
    await expect(call).rejects.toBe(reason);
    expect(trail.story).toEqual(["decision:pending", "outcome:unobserved"]);
  });
});
