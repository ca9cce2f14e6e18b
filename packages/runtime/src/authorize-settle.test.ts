import { clonePlainObject, ProclawError } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import { decision, decisionPoint, DENY, obliged, setup } from "./fixtures/fakes.ts";
import { attempt, CALL, watchRejections } from "./fixtures/harness.ts";
import { createGuard } from "./index.ts";

watchRejections();

describe("authorize and settle, for hosts that run the tool", () => {
  test("a permit is settled once, by the guard that gave it", async () => {
    const { trail, options } = setup();
    const guard = createGuard(options);
    const verdict = await guard.authorize(CALL);
    if (verdict.kind !== "permit") throw new Error("denied");
    expect(verdict).toMatchObject({
      tool: "read",
      args: { path: "/a" },
      timeoutMs: 30_000,
      meta: { status: "pending" },
    });
    await expect(guard.settle(verdict, { status: "fine" } as never)).rejects.toMatchObject({ code: "invalid_option" });
    for (const forged of [{ ...verdict }, clonePlainObject({ kind: "permit" })]) {
      await expect(guard.settle(forged as never, { status: "not_executed" })).rejects.toMatchObject({
        code: "invalid_option",
      });
    }
    const both = [guard.settle(verdict, { status: "success", output: 1 }), guard.settle(verdict, { status: "killed" })];
    const [first, second] = await Promise.allSettled(both);
    expect(first).toMatchObject({ value: { kind: "released", output: 1, meta: { status: "success" } } });
    expect(second).toMatchObject({ status: "rejected", reason: { code: "invalid_option" } });
    expect(trail.story).toEqual(["decision:pending", "outcome:success"]);
  });

  test("a denial comes back as a value", async () => {
    const { options } = setup({ decisionPoint: decisionPoint(() => decision(DENY)) });
    const verdict = await createGuard(options).authorize(CALL);
    expect(verdict).toMatchObject({
      kind: "denial",
      message: "denied, the tool did not run: not this (denied_by_rule)",
      record: { event_id: "event-0" },
    });
    expect(verdict).not.toHaveProperty("args");
  });

  test.each(["error", "timeout", "killed", "unobserved", "not_executed"] as const)("outcome %s", async (status) => {
    const { trail, options } = setup();
    const guard = createGuard(options);
    const verdict = await guard.authorize(CALL);
    if (verdict.kind !== "permit") throw new Error("denied");
    const outcome = status === "error" ? { status, error: new Error("e") } : { status };
    expect(await guard.settle(verdict, outcome)).toMatchObject({
      kind: "released",
      output: undefined,
      meta: { status },
    });
    expect(trail.story).toEqual(["decision:pending", `outcome:${status}`]);
  });

  test("a failure with an output: recorded as a failure, the output cleaned and handed on", async () => {
    const { trail, options } = setup();
    const guard = createGuard({ ...options, returnOutput: "sanitized" });
    const verdict = await guard.authorize(CALL);
    if (verdict.kind !== "permit") throw new Error("denied");
    const outcome = {
      status: "error",
      error: new Error("no such file"),
      output: { text: "4111 1111 1111 1111" },
    } as const;
    const settled = await guard.settle(verdict, outcome);
    expect(settled).toMatchObject({
      kind: "released",
      output: { text: "[redacted:payment_card]" },
      meta: { status: "error" },
    });
    expect(trail.events.at(-1)).toMatchObject({
      execution_status: "error",
      error: { message: "no such file" },
      output_payload: { mode: "inline", value: { text: "[redacted:payment_card]" } },
    });
  });

  test("why a host did not run a permitted call stands in the record", async () => {
    const { trail, options } = setup();
    const guard = createGuard(options);
    const verdict = await guard.authorize(CALL);
    if (verdict.kind !== "permit") throw new Error("denied");
    await guard.settle(verdict, { status: "not_executed", reason: "the path is protected" });
    expect(trail.events.at(-1)).toMatchObject({
      execution_status: "not_executed",
      error: { type: "refused_by_host", message: "the path is protected" },
    });
  });

  test("a permit that nobody settles, and all that are open at closing, end as `unobserved`", async () => {
    const { trail, options } = setup({ settleWithinMs: 10 });
    const guard = createGuard(options);
    const expired = await guard.authorize(CALL);
    if (expired.kind !== "permit") throw new Error("denied");
    await expect.poll(() => trail.story).toEqual(["decision:pending", "outcome:unobserved"]);
    expect(expired.signal.aborted).toBe(true);
    await expect(guard.settle(expired, { status: "success", output: 1 })).rejects.toThrow(ProclawError);

    const other = setup();
    const closing = createGuard(other.options);
    await closing.authorize(CALL);
    const gate = Promise.withResolvers<void>();
    const running = closing.call(CALL, () => gate.promise);
    await expect.poll(() => other.trail.story).toEqual(["decision:pending", "decision:pending"]);
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([closing.close(), closing.close()]);
    expect(other.trail.story.slice(2)).toEqual(["outcome:unobserved", "outcome:unobserved"]);
    await expect(running).rejects.toMatchObject({ code: "outcome_unrecorded", meta: { status: "unobserved" } });
    gate.resolve();
    expect(await closing.authorize(CALL)).toMatchObject({ kind: "denial", record: null });
    expect(other.trail.state).toBe("ready");
  });

  test("a guard closed while it decides gives no permit", async () => {
    const { trail, options } = setup();
    const gate = Promise.withResolvers<void>();
    trail.fault = (_, nth) => (nth === 0 ? gate.promise : undefined);
    const guard = createGuard(options);
    const verdict = guard.authorize(CALL);
    const closing = guard.close();
    gate.resolve();
    await closing;
    expect(await verdict).toMatchObject({ kind: "denial", decision: { reason_code: "audit_unavailable" } });
    expect(trail.story).toEqual(["decision:pending", "outcome:not_executed"]);
  });

  test("what the host cannot do is denied, and a limit that nobody demanded is not invented", async () => {
    const host = { executes: "host", abort: false, rewriteArgs: true, replaceOutput: false, identity: true } as const;
    const { options } = setup({ capabilities: host });
    expect(await createGuard(options).authorize(CALL)).toMatchObject({ kind: "permit", timeoutMs: null });
    for (const change of [
      { decisionPoint: obliged({ type: "time_limit", timeout_ms: 10 }) },
      { decisionPoint: obliged({ type: "output", keep_fields: ["a"] }) },
      { tools: { read: { timeout: 10 } } },
      { tools: { read: { output: { max_bytes: 10 } } } },
    ]) {
      const guard = createGuard({ ...options, ...change });
      expect(await guard.authorize(CALL)).toMatchObject({ decision: { reason_code: "obligation_unsupported" } });
      // The guard itself can do all of it.
      expect((await attempt(guard)).ran).toBe(1);
    }
  });

  test("the context of a call, where one guard serves many sessions", async () => {
    const { trail, options } = setup();
    await createGuard(options).authorize(CALL, { context: () => ({ session_id: "other" }) });
    expect(trail.events[0]).toMatchObject({ session_id: "other", agent_id: null });
  });
});
