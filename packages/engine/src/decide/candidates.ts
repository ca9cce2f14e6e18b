import type { JsonObject, JsonPrimitive, JsonValue } from "@proclaw/core";
import { JSON_TYPES, type JsonType } from "../policy.ts";
import type { TestPlan } from "../plan/types.ts";
import type { PreparedRule } from "./prepare.ts";
import { typeOf } from "./values.ts";

/** The rules that may be true for a tool: a second level of the index, over constants that an argument must equal. */
export interface Candidates {
  /** In file order. */
  readonly all: readonly PreparedRule[];
  /** Some of them test strings by patterns. */
  readonly patterned: boolean;
  /** Rules that must be looked at in any case. */
  readonly always: readonly PreparedRule[];
  readonly pivots: readonly Pivot[];
}

/**
 * Rules with the condition that one top-level argument equals a constant. INVARIANT (the index skips
 * only false rules): a rule is left out only where that condition is false: the argument is absent,
 * or of a type among the operands' and not equal to any; in an allow rule also where it is mistyped.
 */
interface Pivot {
  readonly arg: string;
  readonly byValue: ReadonlyMap<JsonPrimitive, readonly PreparedRule[]>;
  /** Deny and approval rules for which a value of the type is mistyped, which makes their condition true. */
  readonly mistyped: ReadonlyMap<JsonType, readonly PreparedRule[]> | null;
}

/** Below this an index costs more than it saves. */
const MIN_INDEXED = 4;

export function buildCandidates(rules: readonly PreparedRule[]): Candidates {
  const patterned = rules.some((rule) => rule.patterned);
  if (rules.length < MIN_INDEXED) return { all: rules, patterned, always: rules, pivots: [] };
  const always: PreparedRule[] = [];
  const byArg = new Map<string, { rule: PreparedRule; values: readonly JsonPrimitive[] }[]>();
  for (const rule of rules) {
    const pivot = pivotOf(rule);
    if (pivot === undefined) always.push(rule);
    else {
      const entry = { rule, values: pivot.values };
      const entries = byArg.get(pivot.arg);
      if (entries === undefined) byArg.set(pivot.arg, [entry]);
      else entries.push(entry);
    }
  }
  return { all: rules, patterned, always, pivots: [...byArg].map(([arg, entries]) => buildPivot(arg, entries)) };
}

function buildPivot(arg: string, entries: readonly { rule: PreparedRule; values: readonly JsonPrimitive[] }[]): Pivot {
  const byValue = new Map<JsonPrimitive, PreparedRule[]>();
  const mistyped = new Map<JsonType, PreparedRule[]>();
  for (const { rule, values } of entries) {
    for (const value of new Set(values)) {
      const list = byValue.get(value);
      if (list === undefined) byValue.set(value, [rule]);
      else list.push(rule);
    }
    if (rule.granting) continue;
    const types = values.map((value) => typeOf(value));
    for (const type of JSON_TYPES) {
      if (types.includes(type)) continue;
      const list = mistyped.get(type);
      if (list === undefined) mistyped.set(type, [rule]);
      else list.push(rule);
    }
  }
  return { arg, byValue, mistyped: mistyped.size === 0 ? null : mistyped };
}

function pivotOf(rule: PreparedRule): { readonly arg: string; readonly values: readonly JsonPrimitive[] } | undefined {
  for (const { path, test } of rule.conditions) {
    if (path.length !== 1) continue;
    const values = constants(test);
    if (values !== undefined) return { arg: path[0] as string, values };
  }
  return undefined;
}

function constants(test: TestPlan): readonly JsonPrimitive[] | undefined {
  const operands = test.op === "equals" ? [test.operand] : test.op === "one_of" ? test.operands : [];
  const values: JsonPrimitive[] = [];
  for (const operand of operands) {
    if (operand.kind !== "value" || (typeof operand.value === "object" && operand.value !== null)) return undefined;
    values.push(operand.value);
  }
  return values.length === 0 ? undefined : values;
}

/** The rules of a pivot that the argument's value does not make false; undefined: none. */
export function pivotMatches(pivot: Pivot, args: JsonObject): readonly PreparedRule[] | undefined {
  // Arrays and objects are no keys of the map, so they find nothing.
  return Object.hasOwn(args, pivot.arg) ? pivot.byValue.get(args[pivot.arg] as JsonPrimitive) : undefined;
}

/** The deny and approval rules of a pivot that the argument's type makes true. */
export function pivotMistyped(pivot: Pivot, args: JsonObject): readonly PreparedRule[] | undefined {
  if (pivot.mistyped === null || !Object.hasOwn(args, pivot.arg)) return undefined;
  return pivot.mistyped.get(typeOf(args[pivot.arg] as JsonValue));
}
