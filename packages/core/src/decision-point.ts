import type { Decision, PolicyMode } from "./decision.ts";
import type { SpecVersion } from "./spec-version.ts";
import type { CallContext, FactRequirements, Facts, ToolCall } from "./tool-call.ts";

/** Which policy decides. Stands in every decision record. */
export interface PolicyIdentity {
  /** The policy's `name`, or null. */
  readonly policy_id: string | null;
  readonly policy_version: number;
  /** SHA-256, hex, of the policy's source bytes. */
  readonly policy_sha256: string;
  /** SHA-256, hex, of the compiled plan's canonical bytes. */
  readonly plan_sha256: string;
  readonly mode: PolicyMode;
}

export interface DecisionRequest {
  readonly call: ToolCall;
  readonly context: CallContext;
  readonly facts: Facts;
  /** Milliseconds since the Unix epoch. `context.now` is read by whoever builds the request. */
  readonly now: number;
}

/**
 * The policy decision point. Pure and synchronous: no I/O, no clock, the same request always gets
 * the same decision. It does not throw for a bad request; it denies (`invalid_call`).
 */
export interface PolicyDecisionPoint {
  readonly specVersion: SpecVersion;
  readonly identity: PolicyIdentity;
  /** Facts that {@link decide} needs for calls of this tool. */
  requirements(tool: string): FactRequirements;
  decide(request: DecisionRequest): Decision;
}
