import { SPEC_VERSION } from "@proclaw/core";
import type { Decision, DecisionRequest, PolicyDecisionPoint, RateLimiter, RateLimitRequest } from "@proclaw/core";
import { describe, expect, it } from "vitest";
import { Decider } from "./decider.ts";
import type { DeciderOptions } from "./decider.ts";

const IDENTITY = { policy_id: null, policy_version: 1, policy_sha256: "p", plan_sha256: "q", mode: "enforce" } as const;
const ALLOW: Decision = {
  effect: "allow",
  reason_code: "allowed_by_rule",
  reason: "allowed",
  rule_id: "r",
  rule_name: "R",
  determining_rules: ["r"],
  obligations: [],
  policy_sha256: "p",
  plan_sha256: "q",
  mode: "enforce",
};
const LIMIT = {
  type: "rate_limit",
  rule_id: "r2",
  key: "k",
  limit: 1,
  per_ms: 1_000,
  algorithm: "token_bucket",
} as const;
const LIMITED: Decision = { ...ALLOW, obligations: [LIMIT, { type: "time_limit", timeout_ms: 5 }] };

const line = (more: object = {}): Uint8Array => Buffer.from(JSON.stringify({ tool: "t", args: {}, ...more }));

function setup(decide: (request: DecisionRequest) => Decision, options: Partial<DeciderOptions> = {}) {
  const requests: DecisionRequest[] = [];
  const takes: RateLimitRequest[] = [];
  const point: PolicyDecisionPoint = {
    specVersion: SPEC_VERSION,
    identity: IDENTITY,
    requirements: () => ({ paths: [] }),
    decide(request) {
      requests.push(request);
      return decide(request);
    },
  };
  const limiter: RateLimiter = {
    specVersion: SPEC_VERSION,
    async take(request) {
      takes.push(request);
      return { granted: false, ruleId: "r2", retryAfterMs: 7 };
    },
  };
  const decider = new Decider({
    point,
    limiter,
    ruleName: (id) => id.toUpperCase(),
    clock: () => 1,
    assumedPaths: null,
    ...options,
  });
  return { decider, requests, takes };
}

describe("Decider", () => {
  it("answers at once where no limit is to be taken", () => {
    const { decider, takes } = setup(() => ALLOW);
    expect(decider.answer(line())).toEqual({ request: expect.anything(), decision: ALLOW });
    expect(takes).toEqual([]);
  });

  it("takes the limits of what is allowed, by call id, at the call's time", async () => {
    const { decider, takes } = setup(() => LIMITED);
    const { decision } = await decider.answer(line({ call_id: "c", context: { now: "1970-01-01T00:00:09Z" } }));
    expect(decision).toMatchObject({
      effect: "deny",
      reason_code: "rate_limited",
      rule_id: "r2",
      rule_name: "R2",
      obligations: [],
    });
    await decider.answer(line());
    await decider.answer(line());
    await decider.answer(line({ call_id: "line:2" }));
    expect(takes[0]).toEqual({ callId: "id:c", limits: [LIMIT], now: 9_000 });
    expect(new Set(takes.map(({ callId }) => callId)).size).toBe(4);
  });

  it.each([
    ["a denial", { ...LIMITED, effect: "deny", reason_code: "denied_by_rule" }],
    ["an approval", { ...LIMITED, effect: "require_approval", reason_code: "approval_required" }],
    ["audit mode", { ...LIMITED, reason_code: "audit_mode" }],
  ] satisfies [string, Decision][])("takes nothing for %s", (_name, decision) => {
    const { decider, takes } = setup(() => decision);
    expect(decider.answer(line())).toMatchObject({ decision });
    expect(takes).toEqual([]);
  });

  it("denies when the limits cannot be counted", async () => {
    const limiter: RateLimiter = { specVersion: SPEC_VERSION, take: async () => Promise.reject(new Error("down")) };
    const { decider } = setup(() => LIMITED, { limiter });
    expect((await decider.answer(line())).decision).toMatchObject({ effect: "deny", reason_code: "rate_limited" });
  });

  it("denies when deciding throws, and when the answer is no known effect", () => {
    const broken = setup(() => {
      throw new Error("4111 1111 1111 1111");
    });
    const answer = broken.decider.answer(line());
    expect(answer).toMatchObject({ decision: { effect: "deny", reason_code: "internal_error", policy_sha256: "p" } });
    expect(JSON.stringify(answer)).not.toContain("4111");
    const strange = setup(() => ({ ...ALLOW, effect: "perhaps" }) as unknown as Decision);
    expect(strange.decider.answer(line())).toMatchObject({
      decision: { effect: "deny", reason_code: "internal_error" },
    });
  });

  it("denies what is no call without asking the policy", () => {
    const { decider, requests } = setup(() => ALLOW);
    expect(decider.answer(Buffer.from('{"tool":"t","tool":"u","args":{}}'))).toMatchObject({
      request: null,
      decision: { effect: "deny", reason_code: "invalid_call", reason: "an object has two members of one name" },
    });
    expect(decider.answer(null)).toMatchObject({ decision: { effect: "deny", reason_code: "argument_too_large" } });
    expect(requests).toEqual([]);
  });

  it("assumes resolved paths where it is told to, and the call's own facts go first", () => {
    const call = line({ args: { path: "a" }, facts: { paths: { c: "/told", __proto__: "x" } } });
    const assumedPaths = (): [string, string][] => [
      ["a", "/a"],
      ["c", "/assumed"],
    ];
    const assuming = setup(() => ALLOW, { assumedPaths });
    void assuming.decider.answer(call);
    expect(assuming.requests[0]?.facts).toEqual({ paths: { a: "/a", c: "/told" } });
    const nothing = setup(() => ALLOW, { assumedPaths: () => [] });
    void nothing.decider.answer(call);
    expect(nothing.requests[0]?.facts).toEqual({ paths: { c: "/told" } });
    const unable = setup(() => ALLOW, {
      assumedPaths: () => {
        throw new Error("x");
      },
    });
    expect(unable.decider.answer(call)).toMatchObject({ decision: { effect: "deny", reason_code: "internal_error" } });
  });

  it("leaves facts of a wrong shape to the engine", () => {
    const { decider, requests } = setup(() => ALLOW, { assumedPaths: () => [["a", "/a"]] });
    void decider.answer(line({ facts: { paths: 7 } }));
    expect(requests[0]).toMatchObject({ facts: { paths: 7 } });
  });
});
