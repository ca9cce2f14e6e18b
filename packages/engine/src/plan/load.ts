import { createHash } from "node:crypto";
import { canonicalJson, clonePlainJson, type JsonValue, ProclawError } from "@proclaw/core";
import { prepare, type PreparedPlan } from "../decide/prepare.ts";
import { checkPlan } from "./check-plan.ts";
import type { Plan } from "./types.ts";

const PREPARED = new WeakMap<Plan, PreparedPlan>();

/**
 * Takes plan data from anywhere: checks every member, index and table, and builds the look-ups that
 * deciding needs. The plan that comes back is a frozen copy; only such a plan decides.
 *
 * @throws {ProclawError} `invalid_policy`
 */
export function loadPlan(data: unknown): Plan {
  let value: JsonValue;
  let canonical: string;
  try {
    value = clonePlainJson(data);
    canonical = canonicalJson(value);
  } catch (error) {
    if (ProclawError.is(error)) throw new ProclawError("invalid_policy", `the plan is not valid: ${error.message}`);
    throw error;
  }
  checkPlan(value);
  const plan = value as unknown as Plan;
  PREPARED.set(plan, prepare(plan, sha256(canonical)));
  return plan;
}

/** SHA-256, hex, of the plan's canonical bytes (RFC 8785). */
export function planSha256(plan: Plan): string {
  return PREPARED.get(plan)?.sha256 ?? sha256(canonicalJson(plan));
}

/** The plan made ready by {@link loadPlan}; undefined for anything else. */
export function preparedPlan(plan: Plan): PreparedPlan | undefined {
  return PREPARED.get(plan);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
