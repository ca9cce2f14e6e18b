import type { Obligation, RateLimiter, ToolCall } from "@proclaw/core";
import { describe, expect, test } from "vitest";
import { decision, decisionPoint, DENY, never, obliged, setup } from "./fixtures/fakes.ts";
import { CALL, expectDenied, watchRejections } from "./fixtures/harness.ts";
import { createGuard } from "./index.ts";
import type { GuardOptions } from "./index.ts";

watchRejections();

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
