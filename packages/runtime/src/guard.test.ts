import { clonePlainObject, ProclawError } from "@proclaw/core";
import type { Obligation, RateLimiter, ToolCall } from "@proclaw/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decision, decisionPoint, DENY, never, obliged, setup } from "./fixtures/fakes.ts";
import { createGuard, DeniedError, ToolFailedError, WithheldError } from "./index.ts";
import type { Guard, GuardOptions } from "./index.ts";

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", onUnhandled);
});
afterEach(async () => {
  // Node reports an unhandled rejection after the microtasks of the turn in which it arose.
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off("unhandledRejection", onUnhandled);
  if (unhandled.length > 0) throw new Error(`${unhandled.length} unhandled rejections`, { cause: unhandled[0] });
});

const CALL: ToolCall = { tool: "read", args: { path: "/a" } };

/** Runs a call whose tool leaves a side effect, and says what came of it. */
async function attempt(
  guard: Guard,
  call: ToolCall = CALL,
): Promise<{ ran: number; value?: unknown; error?: unknown }> {
  let ran = 0;
  try {
    const { value } = await guard.call(call, () => ++ran);
    return { ran, value };
  } catch (error) {
    return { ran, error };
  }
}

/** The call must come back as a denial of this reason, and the tool must not have run. */
async function expectDenied(guard: Guard, reasonCode: string, call: ToolCall = CALL): Promise<DeniedError> {
  const { ran, error } = await attempt(guard, call);
  expect(ran).toBe(0);
  expect(error).toBeInstanceOf(DeniedError);
  const denied = error as DeniedError;
  expect(denied.decision.reason_code).toBe(reasonCode);
  expect(denied.message).toContain("did not run");
  expect(denied.meta).toMatchObject({ status: "not_executed", reason_code: reasonCode });
  return denied;
}

describe("a call that is allowed", () => {
  test("runs once between a durable decision and a durable outcome, and says what was decided", async () => {
    const { trail, options } = setup();
    const seen: string[][] = [];
    const { value, meta } = await createGuard(options).call({ ...CALL, call_id: "c1" }, (args) => {
      seen.push(trail.story);
      return { got: args["path"] };
    });
    expect(value).toEqual({ got: "/a" });
    expect(seen).toEqual([["decision:pending"]]);
    expect(trail.story).toEqual(["decision:pending", "outcome:success"]);
    expect(meta).toEqual({
      time: "2026-01-01T00:00:00.000Z",
      call_id: "c1",
      effect: "allow",
      reason_code: "allowed_by_rule",
      mode: "enforce",
      rule: "the rule",
      record: "event-1",
      status: "success",
    });
    expect(trail.events[0]).toMatchObject({
      call_id: "c1",
      agent_id: "agent",
      session_id: "session",
      principal: { sub: "u", roles: ["nurse"] },
      tool_name: "read",
      input_payload: { mode: "inline", value: { path: "/a" } },
      policy_decision: { effect: "allow", rule_name: "the rule", policy_id: "test" },
    });
    expect(trail.events[1]).toMatchObject({
      call_id: "c1",
      output_payload: { mode: "inline", value: { got: "/a" } },
    });
  });

  test("INVARIANT (exactly the decided clone executes): neither the caller nor a getter can change it", async () => {
    const { trail, options } = setup({
      decisionPoint: decisionPoint(({ call }) => (call.args["path"] === "/a" ? decision() : decision(DENY))),
      context: async () => {
        await Promise.resolve();
        args.path = "/etc/shadow";
        return {};
      },
    });
    const args = { path: "/a" };
    const guard = createGuard(options);
    const { value } = await guard.call({ tool: "read", args }, (given) => {
      expect(Object.isFrozen(given)).toBe(true);
      expect(() => Object.assign(given, { path: "/x" })).toThrow(TypeError);
      return given["path"];
    });
    expect(value).toBe("/a");
    expect(trail.events[0]?.input_payload).toMatchObject({ value: { path: "/a" } });

    let reads = 0;
    const tricky = {
      get path() {
        return ++reads === 1 ? "/a" : "/etc/shadow";
      },
    };
    expect((await guard.call({ tool: "read", args: tricky }, (given) => given["path"])).value).toBe("/a");
    const callReads: string[] = [];
    const trickyCall = new Proxy(CALL, {
      get: (target, name) => {
        callReads.push(String(name));
        return Reflect.get(target, name) as unknown;
      },
    });
    await guard.call(trickyCall, () => 1);
    expect(callReads).toEqual([...new Set(callReads)]);
  });

  test("1 000 at once: each gets its own result and its two records", async () => {
    const { trail, options } = setup();
    const guard = createGuard(options);
    const calls = Array.from({ length: 1_000 }, (_, i) =>
      guard.call({ tool: "echo", args: { i }, call_id: `c${i}` }, async ({ i: given }) => {
        await new Promise((resolve) => setImmediate(resolve));
        return given;
      }),
    );
    const results = await Promise.all(calls);
    expect(results.map(({ value }) => value)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect(new Set(trail.events.map((event) => `${event.kind}${event.call_id}`)).size).toBe(2_000);
  });
});

describe("INVARIANT (a denial never executes): each step that fails denies, on record", () => {
  const boom = (): never => {
    throw new Error("boom 4111 1111 1111 1111");
  };
  const limiter = (take: RateLimiter["take"]): Partial<GuardOptions> => ({
    rateLimiter: { specVersion: 0, take },
    decisionPoint: obliged(LIMIT),
    stepTimeoutMs: 30,
  });
  const LIMIT: Obligation = {
    type: "rate_limit",
    rule_id: "r1",
    key: "k",
    limit: 1,
    per_ms: 1_000,
    algorithm: "token_bucket",
  };
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  const point = (answer: unknown): Partial<GuardOptions> => ({ decisionPoint: decisionPoint(() => answer as never) });

  test.each<[string, string, Partial<GuardOptions>, unknown?]>([
    ["the policy denies", "denied_by_rule", point(decision(DENY))],
    ["arguments that are no object", "invalid_call", {}, { tool: "read", args: [1] }],
    ["arguments that hold a function", "invalid_call", {}, { tool: "read", args: { f: () => 1 } }],
    ["cyclic arguments", "invalid_call", {}, { tool: "read", args: cyclic }],
    [
      "a throwing getter",
      "invalid_call",
      {},
      { tool: "read", args: Object.defineProperty({}, "a", { get: boom, enumerable: true }) },
    ],
    ["a call that throws when read", "invalid_call", {}, new Proxy({}, { get: boom })],
    ["no call at all", "invalid_call", {}, null],
    ["no tool", "invalid_call", {}, { args: {} }],
    ["an unusable call id", "invalid_call", {}, { ...CALL, call_id: 7 }],
    ["arguments beyond the call limit", "argument_too_large", {}, { tool: "read", args: { a: "x".repeat(1_048_577) } }],
    ["the context throws", "context_unavailable", { context: boom }],
    ["the context rejects", "context_unavailable", { context: () => Promise.reject(new Error("no")) }],
    ["the context hangs", "context_unavailable", { context: never, stepTimeoutMs: 30 }],
    ["the context is nothing", "context_unavailable", { context: () => undefined as never }],
    ["the context is misspelled", "context_unavailable", { context: () => ({ principle: { sub: "u" } }) as never }],
    ["roles are no list", "context_unavailable", { context: () => ({ principal: { roles: "admin" } }) as never }],
    ["a relative working directory", "context_unavailable", { context: () => ({ working_directory: "srv" }) }],
    ["a time that is none", "context_unavailable", { context: () => ({ now: "yesterday" }) }],
    ["the decision point throws", "internal_error", { decisionPoint: decisionPoint(boom) }],
    ["requirements throw", "internal_error", { decisionPoint: { ...decisionPoint(), requirements: boom } }],
    [
      "requirements are no list",
      "internal_error",
      { decisionPoint: { ...decisionPoint(), requirements: () => ({ paths: 1 }) as never } },
    ],
    ["an answer that is nothing", "internal_error", point(undefined)],
    ["an answer that is true", "internal_error", point(true)],
    ["a promise of an allow", "internal_error", point(Promise.resolve(decision()))],
    ["an unknown effect", "internal_error", point({ ...decision(), effect: "permit" })],
    ["an unknown reason code", "internal_error", point({ ...decision(), reason_code: "because" })],
    ["an allow for a reason that denies", "internal_error", point(decision({ reason_code: "denied_by_rule" }))],
    ["an allow as if approved", "internal_error", point(decision({ reason_code: "allowed_after_approval" }))],
    ["audit mode claimed by an enforced policy", "internal_error", point(decision({ reason_code: "audit_mode" }))],
    ["an unknown mode", "internal_error", point({ ...decision(), mode: "off" })],
    ["obligations that are no list", "internal_error", point({ ...decision(), obligations: {} })],
    ["a limit that is no number", "internal_error", point({ ...decision(), obligations: [{ ...LIMIT, limit: "1" }] })],
    ["an unknown obligation", "obligation_unsupported", point({ ...decision(), obligations: [{ type: "watermark" }] })],
    ["a sandbox", "obligation_unsupported", { decisionPoint: obliged({ type: "sandbox", profile: "strict" }) }],
    ["a sandbox of the catalogue", "obligation_unsupported", { tools: { read: { sandbox: "strict" } } }],
    [
      "an approval",
      "approval_required",
      point(decision({ effect: "require_approval", reason_code: "approval_required" })),
    ],
    [
      "an approval as obligation",
      "approval_required",
      { decisionPoint: obliged({ type: "approval", rule_id: null, reason: null }) },
    ],
    ["the limiter refuses", "rate_limited", limiter(async () => ({ granted: false, ruleId: "r1", retryAfterMs: 10 }))],
    ["the limiter rejects", "rate_limited", limiter(() => Promise.reject(new Error("down")))],
    ["the limiter throws", "rate_limited", limiter(boom)],
    ["the limiter hangs", "rate_limited", limiter(never)],
    ["the limiter answers yes", "rate_limited", limiter(async () => ({ granted: "yes" }) as never)],
    ["the limiter answers nothing", "rate_limited", limiter(async () => undefined as never)],
  ])("%s → %s", async (_, reasonCode, change, call = CALL) => {
    const { trail, options } = setup(change);
    const denied = await expectDenied(createGuard(options), reasonCode, call as ToolCall);
    expect(trail.story).toEqual(["decision:not_executed"]);
    expect(trail.events[0]?.policy_decision).toMatchObject({ reason_code: reasonCode });
    expect(trail.events[0]?.policy_decision?.effect).not.toBe("allow");
    expect(denied.record?.event_id).toBe("event-0");
    expect(trail.text).not.toContain("4111");
  });

  test("a decision point that does not say who it is", async () => {
    const { trail, options } = setup();
    const decisionPointWithout = Object.defineProperty({ ...options.decisionPoint }, "identity", { get: boom });
    const guard = createGuard({ ...options, decisionPoint: decisionPointWithout });
    await expectDenied(guard, "internal_error");
    expect(trail.story).toEqual(["decision:not_executed"]);
  });

  test("parts of another contract version, and options out of range, are refused when composing", () => {
    const { options } = setup();
    for (const [change, code] of [
      [{ trail: { ...options.trail, specVersion: 7 } }, "incompatible_contract"],
      [{ decisionPoint: { ...options.decisionPoint, specVersion: undefined } }, "incompatible_contract"],
      [{ rateLimiter: { take: never } }, "incompatible_contract"],
      [{ context: {} }, "invalid_option"],
      [{ stepTimeoutMs: 0 }, "invalid_option"],
      [{ defaultTimeoutMs: 2 ** 31 }, "invalid_option"],
      [{ returnOutput: "raw" }, "invalid_option"],
      [{ tools: { read: { timeout: "soon" } } }, "invalid_option"],
      [{ tools: { read: { payload: "sealed" } } }, "invalid_option"],
    ] as const) {
      expect(() => createGuard({ ...options, ...(change as object) })).toThrow(expect.objectContaining({ code }));
    }
  });
});

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
    await guard.close();
    gate.resolve();
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

describe("audit mode", () => {
  const audit = (change: object = {}): Partial<GuardOptions> => ({
    decisionPoint: {
      ...decisionPoint(() =>
        decision({
          reason_code: "audit_mode",
          mode: "audit",
          would_have: { effect: "deny", reason_code: "denied_by_rule" },
          ...change,
        }),
      ),
      identity: { ...setup().options.decisionPoint.identity, mode: "audit" },
    },
  });

  test("the call passes, the record and the conversation say what would have been, the start is loud", async () => {
    const { trail, logger, options } = setup(audit());
    const { meta } = await createGuard(options).call(CALL, () => 1);
    expect(logger.lines).toContainEqual(expect.stringContaining("audit mode"));
    expect(trail.events[0]?.policy_decision).toMatchObject({ mode: "audit", would_have: { effect: "deny" } });
    expect(meta).toMatchObject({ mode: "audit", would_have: { effect: "deny", reason_code: "denied_by_rule" } });
  });

  test("waives approvals and limits, and says so", async () => {
    const limit = {
      type: "rate_limit",
      rule_id: "r",
      key: "k",
      limit: 0,
      per_ms: 1,
      algorithm: "token_bucket",
    } as const;
    const obligations = [limit, { type: "approval", rule_id: null, reason: null } as const];
    const { trail, options } = setup(audit({ obligations }));
    expect((await attempt(createGuard(options))).ran).toBe(1);
    expect(trail.events[0]?.policy_decision?.would_have).toEqual({ effect: "deny", reason_code: "rate_limited" });
  });

  test("never waives the trail, the context, a broken call or a sandbox", async () => {
    const broken = setup(audit());
    broken.trail.fault = () => Promise.reject(new Error("down"));
    await expectDenied(createGuard(broken.options), "audit_unavailable");
    const { options } = setup(audit());
    await expectDenied(createGuard({ ...options, context: () => null as never }), "context_unavailable");
    await expectDenied(createGuard(options), "invalid_call", { tool: "", args: {} });
    const sandboxed = setup(audit({ obligations: [{ type: "sandbox", profile: "p" }] }));
    const denied = await expectDenied(createGuard(sandboxed.options), "obligation_unsupported");
    expect(denied.decision.mode).toBe("audit");
  });
});

describe("INVARIANT (one take, one execution)", () => {
  const limit = (n: number): Partial<GuardOptions> => ({
    decisionPoint: obliged({
      type: "rate_limit",
      rule_id: "r",
      key: "k",
      limit: n,
      per_ms: 3_600_000,
      algorithm: "token_bucket",
    }),
    clock: { now: () => 1_000, monotonic: () => 0n },
  });

  test("calls that share an id do not share a take", async () => {
    const { options } = setup(limit(1));
    const guard = createGuard(options);
    expect((await attempt(guard, { ...CALL, call_id: "call_1" })).ran).toBe(1);
    await expectDenied(guard, "rate_limited", { ...CALL, call_id: "call_1" });
  });

  test("a call that did not run is decided again without taking again, once", async () => {
    const { trail, options } = setup(limit(1));
    const guard = createGuard(options);
    const call = { ...CALL, call_id: "c" };
    const first = await guard.authorize(call);
    if (first.kind !== "permit") throw new Error("denied");
    await guard.settle(first, { status: "not_executed" });
    // Nor does one whose decision could not be recorded.
    trail.fault = () => Promise.reject(new Error("down"));
    await expectDenied(guard, "audit_unavailable", call);
    trail.fault = () => undefined;
    expect((await attempt(guard, call)).ran).toBe(1);
    await expectDenied(guard, "rate_limited", call);
  });

  test("a call that is denied takes nothing", async () => {
    const { options } = setup(limit(1));
    const guard = createGuard({ ...options, tools: { boxed: { sandbox: "strict" } } });
    await expectDenied(guard, "obligation_unsupported", { tool: "boxed", args: {} });
    expect((await attempt(guard)).ran).toBe(1);
  });
});
