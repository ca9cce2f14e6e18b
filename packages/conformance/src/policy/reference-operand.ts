import type { JsonValue } from "@proclaw/core";
import type { Surroundings } from "./reference-condition.ts";
import { isArray, isObject } from "./reference-document.ts";
import { errorOf } from "./truth.ts";
import type { ErrorKind } from "./truth.ts";

export type Resolved = { readonly value: JsonValue } | { readonly error: ErrorKind };

/** Exactly one variable, and nothing else. */
export const WHOLE_VARIABLE: RegExp = /^\$\{([^{}]+)\}$/;
export const REFERENCE: RegExp = /\$\{([^{}]+)\}/g;

/** An operand with its variables: exactly `${name}` is the variable's value, an embedded one a template. */
export function resolve(operand: JsonValue, around: Surroundings): Resolved {
  if (typeof operand !== "string") return { value: operand };
  const whole = WHOLE_VARIABLE.exec(operand);
  if (whole !== null) return variable(whole[1] as string, around);
  const errors: ErrorKind[] = [];
  const value = operand.replaceAll(REFERENCE, (_, name: string) => insert(name, around, errors));
  const error = errorOf(errors);
  return error === null ? { value } : { error };
}

/** The text that a template inserts; what is wrong with it goes to `errors`. */
export function insert(name: string, around: Surroundings, errors: ErrorKind[]): string {
  const inserted = variable(name, around);
  // "A variable that is not a string in a template is an error."
  if (!("error" in inserted) && typeof inserted.value === "string") return inserted.value;
  errors.push("error" in inserted ? inserted.error : "evaluation_error");
  return "";
}

export function variable(name: string, around: Surroundings): Resolved {
  const values = around.context.variables ?? {};
  if (!Object.hasOwn(values, name)) return { error: "unknown_variable" };
  const value = values[name] as JsonValue;
  const declared = declaredType(name, around);
  // "a variable that does not fit its declared type is an error"
  return declared !== undefined && declared !== jsonType(value) ? { error: "evaluation_error" } : { value };
}

export function declaredType(name: string, around: Surroundings): JsonValue | undefined {
  const declared = Object.hasOwn(around.variables, name) ? around.variables[name] : undefined;
  return isObject(declared) ? declared["type"] : undefined;
}

export function jsonType(value: JsonValue): string {
  if (value === null) return "null";
  return isArray(value) ? "array" : typeof value;
}
