import { SPEC_VERSION } from "@proclaw/core";
import type { PolicyDecisionPoint, ReasonCode } from "@proclaw/core";
import { guardDenial } from "./decision-check.ts";

/** A decision point that denies every call: for hosts that must come up even if the policy cannot be loaded. */
export function createDenyAllDecisionPoint(reasonCode: ReasonCode, reason: string): PolicyDecisionPoint {
  const identity = { policy_id: null, policy_version: 0, policy_sha256: "", plan_sha256: "", mode: "enforce" } as const;
  const decision = Object.freeze(guardDenial(identity, reasonCode, reason));
  return Object.freeze({
    specVersion: SPEC_VERSION,
    identity,
    requirements: () => ({ paths: [] }),
    decide: () => decision,
  });
}
