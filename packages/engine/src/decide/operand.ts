import type { JsonValue } from "@proclaw/core";
import type { OperandPlan } from "../plan/types.ts";
import type { JsonType } from "../policy.ts";
import type { Scope } from "./scope.ts";
import { EVALUATION, UNKNOWN_VARIABLE } from "./truth.ts";
import { typeOf } from "./values.ts";

/** Value of an operand for this call. Undefined: it has none, and `scope.causes` says why. */
export function resolve(operand: OperandPlan, scope: Scope): JsonValue | undefined {
  switch (operand.kind) {
    case "value":
      return operand.value;
    case "variable":
      return resolveVariable(operand.name, scope);
    case "template":
      return resolveTemplate(operand.parts, scope, false);
    case "list": {
      const items: JsonValue[] = [];
      for (const item of operand.items) {
        const value = resolve(item, scope);
        if (value !== undefined) items.push(value);
      }
      return items.length === operand.items.length ? items : undefined;
    }
    case "object": {
      const members: [string, JsonValue][] = [];
      for (const [key, member] of operand.members) {
        const value = resolve(member, scope);
        if (value !== undefined) members.push([key, value]);
      }
      return members.length === operand.members.length ? Object.fromEntries(members) : undefined;
    }
    default:
      scope.causes |= EVALUATION;
      return undefined;
  }
}

export function resolveVariable(name: string, scope: Scope): JsonValue | undefined {
  const value = scope.variable(name);
  if (value === undefined) {
    scope.causes |= UNKNOWN_VARIABLE;
    scope.notes?.add(`variable \`${name}\` is not in the call's context`);
    return undefined;
  }
  const declared = scope.prepared.variables.get(name);
  if (declared !== undefined && declared !== typeOf(value)) {
    scope.causes |= EVALUATION;
    scope.notes?.add(`variable \`${name}\` is not a ${declared}, as it is declared`);
    return undefined;
  }
  return value;
}

/** @param asPath the value may hold no `/`, `\` or `..`, so that it cannot lead elsewhere */
export function resolveTemplate(parts: readonly string[], scope: Scope, asPath: boolean): string | undefined {
  let text = parts[0] as string;
  let failed = false;
  for (let i = 1; i < parts.length; i += 2) {
    const value = insertion(parts[i] as string, scope, asPath);
    if (value === undefined) failed = true;
    else text += value + (parts[i + 1] as string);
  }
  return failed ? undefined : text;
}

/** Text of a variable that is inserted somewhere. */
export function insertion(name: string, scope: Scope, asPath: boolean): string | undefined {
  const value = resolveVariable(name, scope);
  if (value === undefined) return undefined;
  if (typeof value !== "string" || (asPath && (/[/\\]/.test(value) || value.includes("..")))) {
    scope.causes |= EVALUATION;
    scope.notes?.add(
      `variable \`${name}\` ${typeof value === "string" ? "holds a separator or `..`" : "is not a text"}`,
    );
    return undefined;
  }
  return value;
}

/** A string operand; a value of another type is an error. */
export function resolveText(operand: OperandPlan, scope: Scope): string | undefined {
  const value = resolve(operand, scope);
  if (value === undefined || typeof value === "string") return value;
  scope.causes |= EVALUATION;
  return undefined;
}

/** The type that an operand has, as far as the policy tells; undefined: only its value tells. */
export function staticType(operand: OperandPlan, scope: Scope): JsonType | undefined {
  switch (operand.kind) {
    case "value":
      return typeOf(operand.value);
    case "variable":
      return scope.prepared.variables.get(operand.name) as JsonType | undefined;
    case "template":
      return "string";
    case "list":
      return "array";
    case "object":
      return "object";
    default:
      return undefined;
  }
}
