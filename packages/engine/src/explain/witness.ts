import type { JsonValue } from "@proclaw/core";
import { judgeTest } from "../decide/evaluate.ts";
import { resolve } from "../decide/operand.ts";
import type { Scope } from "../decide/scope.ts";
import { FALSE } from "../decide/truth.ts";
import { typeOf } from "../decide/values.ts";
import type { OperandPlan, TestPlan } from "../plan/types.ts";

/** Longest text or list that is made up. */
const MAX_LENGTH = 256;

/**
 * Values for which a test is likely true, best first; none where none is easily made (patterns,
 * paths). Whoever uses one judges it.
 */
export function witnesses(test: TestPlan, scope: Scope): readonly JsonValue[] {
  switch (test.op) {
    case "equals":
    case "prefix":
    case "suffix":
    case "contains":
    case "gte":
    case "lte":
      return valuesOf([test.operand], scope);
    case "one_of":
      return valuesOf(test.operands, scope);
    case "gt":
    case "lt":
      return valuesOf([test.operand], scope).flatMap((limit) =>
        typeof limit === "number" ? [limit + (test.op === "gt" ? 1 : -1)] : [],
      );
    case "all":
      // One value must do for all; whoever uses it finds out whether it does.
      return test.tests.flatMap((inner) => witnesses(inner, scope));
    default:
      return [];
  }
}

/** Values for which a test is likely false, where `value` makes it true. Whoever uses one judges it. */
export function counterWitnesses(test: TestPlan, value: JsonValue | undefined, scope: Scope): readonly JsonValue[] {
  switch (test.op) {
    case "not":
      return witnesses(test.test, scope);
    case "none_of":
      return valuesOf(test.operands, scope);
    case "gt":
    case "lt":
      return valuesOf([test.operand], scope);
    case "gte":
    case "lte":
      return valuesOf([test.operand], scope).flatMap((limit) =>
        typeof limit === "number" ? [limit + (test.op === "gte" ? -1 : 1)] : [],
      );
    case "equals":
      return valuesOf([test.operand], scope).flatMap((operand) => (typeof operand === "boolean" ? [!operand] : []));
    case "prefix":
    case "suffix":
    case "contains": {
      const [operand] = valuesOf([test.operand], scope);
      if (Array.isArray(value)) return [value.filter((item) => judgeTest(test, [item], scope) === FALSE)];
      return typeof value === "string" && typeof operand === "string" && operand !== ""
        ? [value.replaceAll(operand, "")]
        : [];
    }
    case "length":
      return ofOtherLength(test, value);
    case "every":
    case "some":
      return Array.isArray(value) ? [value.filter((item) => judgeTest(test.test, item, scope) === FALSE)] : [];
    case "all":
      return test.tests.flatMap((inner) => counterWitnesses(inner, value, scope));
    default:
      return [];
  }
}

/** Plain values of every type, those of the value's own type first. */
export function plainValues(value: JsonValue | undefined): readonly JsonValue[] {
  const type = value === undefined ? "string" : typeOf(value);
  return [...PLAIN].sort((a, b) => Number(typeOf(b) === type) - Number(typeOf(a) === type));
}

const PLAIN: readonly JsonValue[] = ["x", "", 0, 1, -1, false, true, null, [], {}];

function ofOtherLength(
  { min, max }: Extract<TestPlan, { op: "length" }>,
  value: JsonValue | undefined,
): readonly JsonValue[] {
  const lengths = [min - 1, ...(max === null ? [] : [max + 1])].filter((length) => length >= 0 && length <= MAX_LENGTH);
  if (typeof value === "string") {
    return lengths.map((length) => Array.from(value).slice(0, length).join("").padEnd(length, "x"));
  }
  if (!Array.isArray(value)) return [];
  return lengths.map((length) => Array.from({ length }, (_, index) => (value as readonly JsonValue[])[index] ?? null));
}

function valuesOf(operands: readonly OperandPlan[], scope: Scope): readonly JsonValue[] {
  return operands.flatMap((operand) => {
    const value = resolve(operand, scope);
    return value === undefined ? [] : [value];
  });
}
