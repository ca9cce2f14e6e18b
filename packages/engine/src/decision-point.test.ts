import { expect, test } from "vitest";
import { decide } from "./decide/decide.ts";
import { createDecisionPoint } from "./decision-point.ts";
import { NOON, planOf } from "./fixtures/support.ts";

const plan = planOf({
  name: "p",
  mode: "audit",
  rules: [
    { name: "r", tool: "t", agents: "a", constraints: { x: { path: { within: "/a" } } }, time_window: "10:00-14:00" },
  ],
});

test("the decision point decides as the plan does, with every part of the request", () => {
  const call = { tool: "t", args: { x: "/a/b" } };
  const context = { agent_id: "a" };
  const facts = { paths: { "/a/b": "/a/b" } };
  const point = createDecisionPoint(plan);
  const decision = point.decide({ call, context, facts, now: NOON });
  expect(decision).toEqual(decide(plan, call, context, facts, NOON));
  expect(decision.would_have).toEqual({ effect: "allow", reason_code: "allowed_by_rule" });
  for (const change of [
    { call: { tool: "t", args: {} } },
    { context: {} },
    { facts: {} },
    { now: NOON - 5 * 3_600_000 },
  ]) {
    expect(point.decide({ call, context, facts, now: NOON, ...change }).would_have?.effect).toBe("deny");
  }
});

test("it says what its plan says of itself", () => {
  const { identity } = createDecisionPoint(plan);
  expect(identity).toEqual({
    policy_id: "p",
    policy_version: 1,
    policy_sha256: plan.policy.sha256,
    plan_sha256: decide(plan, { tool: "t", args: {} }, {}, {}, NOON).plan_sha256,
    mode: "audit",
  });
  expect(Object.isFrozen(identity)).toBe(true);
});
