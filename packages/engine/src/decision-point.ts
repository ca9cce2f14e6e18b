import {
  type Decision,
  type DecisionRequest,
  type PolicyDecisionPoint,
  type PolicyIdentity,
  ProclawError,
  SPEC_VERSION,
} from "@proclaw/core";
import { decidePrepared } from "./decide/decide.ts";
import type { PreparedPlan } from "./decide/prepare.ts";
import { preparedPlan } from "./plan/load.ts";
import type { Plan } from "./plan/types.ts";
import { requirementsOf } from "./requirements.ts";

/**
 * The plan as the guard sees it.
 *
 * @param plan from `loadPlan` or `compile`
 * @throws {ProclawError} `invalid_policy` for any other object
 */
export function createDecisionPoint(plan: Plan): PolicyDecisionPoint {
  const prepared = preparedPlan(plan);
  if (prepared === undefined) throw new ProclawError("invalid_policy", "the plan was not loaded with `loadPlan`");
  const identity: PolicyIdentity = Object.freeze({
    policy_id: prepared.plan.policy.id,
    policy_version: prepared.plan.policy.version,
    policy_sha256: prepared.plan.policy.sha256,
    plan_sha256: prepared.sha256,
    mode: prepared.plan.policy.mode,
  });
  return {
    specVersion: SPEC_VERSION,
    identity,
    requirements: (tool) => requirementsOf(prepared, tool),
    decide: (request) => decideRequest(prepared, request),
  };
}

/** A request that is not even an object is denied like any other bad one. */
function decideRequest(prepared: PreparedPlan, request: DecisionRequest): Decision {
  const given: Partial<DecisionRequest> = typeof request === "object" && request !== null ? request : {};
  const { call, context, facts, now } = given as DecisionRequest;
  return decidePrepared(prepared, call, context, facts, now);
}
