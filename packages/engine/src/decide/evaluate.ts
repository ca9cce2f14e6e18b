import type { JsonValue } from "@proclaw/core";
import type { ConditionPlan, TestPlan } from "../plan/types.ts";
import { resolve } from "./operand.ts";
import type { Scope } from "./scope.ts";
import { testCommand } from "./test-command.ts";
import { testContains, testEquals, testOneOf } from "./test-equality.ts";
import { testCidr, testUrl } from "./test-network.ts";
import { testPath } from "./test-path.ts";
import { testEmail, testGlob, testLength, testPrefix, testRegex, testSuffix } from "./test-text.ts";
import { testTimeOfDay } from "./test-time.ts";
import { and, ERROR, EVALUATION, FALSE, MISTYPED, not, settle, TRUE, truth, type Truth } from "./truth.ts";
import { isObject, typeOf } from "./values.ts";

const ABSENT = Symbol("absent");
const UNREACHABLE = Symbol("unreachable");

/** Whether a condition holds for the call in hand. Absence is judged first, then type, then the operand. */
export function judgeCondition(condition: ConditionPlan, scope: Scope): typeof FALSE | typeof TRUE | typeof ERROR {
  const value = find(condition, scope);
  if (value === ABSENT) return testAbsent(condition.test, scope.granting) ? TRUE : FALSE;
  if (value === UNREACHABLE) return settle(MISTYPED, scope.granting);
  return settle(judgeTest(condition.test, value, scope), scope.granting);
}

/** Own members only: `__proto__` and `constructor` are arguments like any other. */
function find({ path, pointer }: ConditionPlan, scope: Scope): JsonValue | typeof ABSENT | typeof UNREACHABLE {
  let value: JsonValue = scope.args;
  for (let i = 0; i < path.length; i++) {
    const step = path[i] as string;
    if (isObject(value)) {
      if (!Object.hasOwn(value, step)) return ABSENT;
      value = value[step] as JsonValue;
    } else if (pointer && Array.isArray(value)) {
      // RFC 6901 section 4: an index without leading zeros.
      if (!/^(?:0|[1-9][0-9]{0,9})$/.test(step)) return UNREACHABLE;
      const index = Number(step);
      if (index >= value.length) return ABSENT;
      value = (value as readonly JsonValue[])[index] as JsonValue;
    } else return UNREACHABLE;
  }
  return value;
}

/** An absent argument: true for `absent`; negative operators are true in deny and approval rules; nothing else is. */
function testAbsent(test: TestPlan, granting: boolean): boolean {
  switch (test.op) {
    case "absent":
      return true;
    case "not":
    case "none_of":
    case "path_not_within":
      return !granting;
    case "all":
      return test.tests.every((inner) => testAbsent(inner, granting));
    default:
      return false;
  }
}

export function judgeTest(test: TestPlan, value: JsonValue, scope: Scope): Truth {
  const before = scope.causes;
  const result = judgeOperator(test, value, scope);
  // An error inside that did not decide (an element beside one that is right) names no cause.
  if (result !== ERROR) scope.causes = before;
  return result;
}

function judgeOperator(test: TestPlan, value: JsonValue, scope: Scope): Truth {
  switch (test.op) {
    case "equals":
      return testEquals(test.operand, value, scope);
    case "one_of":
      return testOneOf(test.operands, value, scope);
    case "none_of":
      return not(testOneOf(test.operands, value, scope));
    case "regex":
      return testRegex(test.pattern, value, scope);
    case "glob":
      return testGlob(test.glob, value, scope);
    case "not":
      return not(judgeTest(test.test, value, scope));
    case "all": {
      let result: Truth = TRUE;
      // All of them are judged, so that the causes of an error do not depend on their order.
      for (const inner of test.tests) result = and(result, judgeTest(inner, value, scope), scope.granting);
      return result;
    }
    case "prefix":
      return testPrefix(test.operand, value, scope);
    case "suffix":
      return testSuffix(test.operand, value, scope);
    case "contains":
      return testContains(test.operand, value, scope);
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return testOrder(test, value, scope);
    case "length":
      return testLength(test.min, test.max, value);
    case "type":
      return truth(test.types.includes(typeOf(value)));
    case "present":
      return TRUE;
    case "absent":
      return FALSE;
    case "path_within":
    case "path_not_within":
    case "path_extensions":
      return testPath(test, value, scope);
    case "url":
      return testUrl(test, value, scope);
    case "cidr":
      return testCidr(test.members, value);
    case "email":
      return testEmail(test.domains, value, scope);
    case "time_of_day":
      return testTimeOfDay(test.timezone, test.ranges, value, scope);
    case "command":
      return testCommand(test, value, scope.granting);
    case "every":
      return testEvery(test.test, value, scope);
    case "some":
      return testSome(test.test, value, scope);
    default:
      return unknownTest(test, scope);
  }
}

/** INVARIANT (unknown is refused): an operator nobody knows is an error, which denies. */
function unknownTest(_test: never, scope: Scope): Truth {
  scope.causes |= EVALUATION;
  return ERROR;
}

function testOrder(
  test: Extract<TestPlan, { op: "gt" | "gte" | "lt" | "lte" }>,
  value: JsonValue,
  scope: Scope,
): Truth {
  if (typeof value !== "number") return MISTYPED;
  const limit = resolve(test.operand, scope);
  if (typeof limit !== "number") {
    if (limit !== undefined) scope.causes |= EVALUATION;
    return ERROR;
  }
  switch (test.op) {
    case "gt":
      return truth(value > limit);
    case "gte":
      return truth(value >= limit);
    case "lt":
      return truth(value < limit);
    default:
      return truth(value <= limit);
  }
}

/**
 * Elements are judged like conditions: a mistyped one makes the whole condition mistyped, but where
 * that would count as true (deny and approval rules) an error outweighs it. An empty array satisfies
 * neither operator.
 */
function testEvery(test: TestPlan, value: JsonValue, scope: Scope): Truth {
  if (!Array.isArray(value)) return MISTYPED;
  const seen = judgeElements(test, value, scope);
  if (has(seen, MISTYPED)) return mistypedOr(seen, scope);
  if (has(seen, FALSE)) return FALSE;
  if (has(seen, ERROR)) return ERROR;
  return truth(value.length > 0);
}

function testSome(test: TestPlan, value: JsonValue, scope: Scope): Truth {
  if (!Array.isArray(value)) return MISTYPED;
  const seen = judgeElements(test, value, scope);
  if (has(seen, MISTYPED)) return mistypedOr(seen, scope);
  if (has(seen, TRUE)) return TRUE;
  return has(seen, ERROR) ? ERROR : FALSE;
}

/** The truths that occur, as bits. */
function judgeElements(test: TestPlan, value: readonly JsonValue[], scope: Scope): number {
  let seen = 0;
  for (const item of value) seen |= 1 << judgeTest(test, item, scope);
  return seen;
}

function has(seen: number, one: Truth): boolean {
  return (seen & (1 << one)) !== 0;
}

function mistypedOr(seen: number, scope: Scope): Truth {
  return has(seen, ERROR) && !scope.granting ? ERROR : MISTYPED;
}
