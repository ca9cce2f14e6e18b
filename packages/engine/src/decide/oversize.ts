import { type JsonObject, type JsonValue, MAX_PATTERN_INPUT_BYTES } from "@proclaw/core";
import type { ConditionPlan, TestPlan } from "../plan/types.ts";
import type { PreparedRule } from "./prepare.ts";
import { exceeds, isObject } from "./values.ts";

/**
 * Whether a candidate rule would test a string beyond the limit by a pattern, whatever its other
 * conditions say. Rules in audit mode are asked apart: they have no part in the verdict.
 */
export function testsOversize(rules: readonly PreparedRule[], args: JsonObject, audit: boolean): boolean {
  for (const rule of rules) {
    if (!rule.patterned || rule.plan.audit !== audit) continue;
    for (const condition of rule.conditions) {
      const value = find(condition, args);
      if (value !== undefined && tests(condition.test, value)) return true;
    }
  }
  return false;
}

function find({ path, pointer }: ConditionPlan, args: JsonObject): JsonValue | undefined {
  let value: JsonValue | undefined = args;
  for (const step of path) {
    if (value === undefined) return undefined;
    if (isObject(value)) value = Object.hasOwn(value, step) ? value[step] : undefined;
    else if (pointer && Array.isArray(value) && /^(?:0|[1-9][0-9]{0,9})$/.test(step))
      value = (value as readonly JsonValue[])[Number(step)];
    else return undefined;
  }
  return value;
}

function tests(test: TestPlan, value: JsonValue): boolean {
  switch (test.op) {
    case "all":
      return test.tests.some((inner) => tests(inner, value));
    case "not":
      return tests(test.test, value);
    case "every":
    case "some":
      return Array.isArray(value) && value.some((item) => tests(test.test, item as JsonValue));
    case "regex":
    case "glob":
      return typeof value === "string" && exceeds(value, MAX_PATTERN_INPUT_BYTES);
    case "url":
      return test.paths !== null && typeof value === "string" && exceeds(value, MAX_PATTERN_INPUT_BYTES);
    default:
      return false;
  }
}
