import type { JsonValue } from "@proclaw/core";
import type { OperandPlan } from "../plan/types.ts";
import { resolve, staticType } from "./operand.ts";
import type { Scope } from "./scope.ts";
import { ERROR, FALSE, MISTYPED, TRUE, truth, type Truth } from "./truth.ts";
import { equalJson, typeOf } from "./values.ts";

/** Type first, then the operand: an unknown variable matters only to a value of the right type. */
export function testEquals(operand: OperandPlan, value: JsonValue, scope: Scope): Truth {
  const expected = operand.kind === "value" ? operand.value : undefined;
  if (expected !== undefined) {
    if (expected === value) return TRUE;
    return typeOf(expected) === typeOf(value) ? truth(equalJson(expected, value)) : MISTYPED;
  }
  const declared = staticType(operand, scope);
  if (declared !== undefined && declared !== typeOf(value)) return MISTYPED;
  const resolved = resolve(operand, scope);
  if (resolved === undefined) return ERROR;
  return typeOf(resolved) === typeOf(value) ? truth(equalJson(resolved, value)) : MISTYPED;
}

/** True if some operand equals; mistyped if none has the value's type; in error if one that could have it has no value. */
export function testOneOf(operands: readonly OperandPlan[], value: JsonValue, scope: Scope): Truth {
  const type = typeOf(value);
  let result: Truth = MISTYPED;
  let failed = false;
  for (const operand of operands) {
    const declared = staticType(operand, scope);
    if (declared !== undefined && declared !== type) continue;
    const resolved = resolve(operand, scope);
    if (resolved === undefined) failed = true;
    else if (typeOf(resolved) === type && result !== TRUE) result = truth(equalJson(resolved, value));
  }
  return failed ? ERROR : result;
}

/** A substring of a string, or an element of an array. */
export function testContains(operand: OperandPlan, value: JsonValue, scope: Scope): Truth {
  if (typeof value === "string") {
    const declared = staticType(operand, scope);
    if (declared !== undefined && declared !== "string") return MISTYPED;
    const part = resolve(operand, scope);
    if (part === undefined) return ERROR;
    return typeof part === "string" ? truth(value.includes(part)) : MISTYPED;
  }
  if (!Array.isArray(value)) return MISTYPED;
  const element = resolve(operand, scope);
  if (element === undefined) return ERROR;
  for (const item of value) if (equalJson(item as JsonValue, element)) return TRUE;
  return FALSE;
}
