import type { JsonObject, JsonValue } from "@proclaw/core";
import { decide } from "../decide/decide.ts";
import { judgeCondition } from "../decide/evaluate.ts";
import { firstUnlisted } from "../decide/listing.ts";
import { resolve } from "../decide/operand.ts";
import type { PreparedRule } from "../decide/prepare.ts";
import { Scope } from "../decide/scope.ts";
import { FALSE, TRUE } from "../decide/truth.ts";
import type { ConditionPlan, Plan, TestPlan } from "../plan/types.ts";
import { describeTest } from "./describe.ts";
import type { RuleExplanation, SmallestChange } from "./explain.ts";

/** Most changes that are tried out by deciding again. */
const MAX_TRIED = 32;

/**
 * The granting rule that needs the fewest changes. A change whose every step has a value is tried:
 * the changed call is decided, and only then the change is called confirmed.
 */
export function findSmallestChange(
  plan: Plan,
  scope: Scope,
  rules: readonly PreparedRule[],
  explained: readonly RuleExplanation[],
): SmallestChange | null {
  const proposals = rules
    .flatMap((rule, index) => {
      const explanation = explained[index];
      return explanation === undefined || rule.plan.effect === "deny" || rule.plan.audit
        ? []
        : [propose(rule, explanation, scope)];
    })
    // An approval is one more thing that the call needs.
    .sort((a, b) => a.steps - b.steps || a.change.steps.length - b.change.steps.length);
  for (const { change, args } of proposals.slice(0, MAX_TRIED)) {
    if (args === null) continue;
    const call = { tool: scope.tool, args };
    const decision = decide(plan, call, scope.context, scope.facts, scope.now);
    if ((decision.would_have?.effect ?? decision.effect) !== "deny") return { ...change, confirmed: true };
  }
  return proposals[0]?.change ?? null;
}

/** Of several things that one argument must be, those that it is not; empty where that is all of them. */
export function failedParts(condition: ConditionPlan, scope: Scope): readonly TestPlan[] {
  const { test } = condition;
  const parts = test.op === "all" ? test.tests.flatMap((part) => (part.op === "all" ? part.tests : [part])) : [];
  const failed = parts.filter((part) => judgeCondition({ ...condition, test: part }, scope) === FALSE);
  return failed.length === parts.length ? [] : failed;
}

interface Proposal {
  readonly steps: number;
  readonly change: SmallestChange;
  /** The changed arguments, if every step could be constructed. */
  readonly args: JsonObject | null;
}

function propose(rule: PreparedRule, explanation: RuleExplanation, scope: Scope): Proposal {
  const steps: SmallestChange["steps"][number][] = [];
  scope.granting = rule.granting;
  let args: JsonObject | null = scope.args;
  let condition = 0;
  for (const check of explanation.checks) {
    const current = check.kind === "argument" ? rule.conditions[condition++] : undefined;
    if (check.result === "true" || check.kind === "listing") continue;
    const { kind, key } = check;
    const failed = current === undefined || check.result === "error" ? [] : failedParts(current, scope);
    const must = failed.length === 0 ? check.must : failed.map(describeTest).join(" and ");
    const value: JsonValue | undefined = current === undefined ? undefined : witness(current.test, scope);
    if (current === undefined || value === undefined) {
      const removal = current !== undefined && current.test.op === "absent";
      steps.push(removal ? { kind, key, must, remove: true } : { kind, key, must });
      args = removal && args !== null ? without(args, current.path) : null;
      continue;
    }
    steps.push({ kind, key, must, value });
    args = args === null ? null : set(args, current.path, value);
    if (args === null) continue;
    const changed = new Scope(
      scope.prepared,
      scope.tool,
      scope.preparedTool,
      args,
      scope.context,
      scope.facts,
      scope.now,
    );
    changed.granting = rule.granting;
    if (judgeCondition(current, changed) !== TRUE) args = null;
  }
  if (rule.listing !== null) {
    let rest = args ?? scope.args;
    for (let left = 64; left > 0; left--) {
      const unlisted = firstUnlisted(rest, rule.listing, scope.preparedTool?.harmless);
      if (unlisted === undefined) break;
      const path = unlisted
        .slice(1)
        .split("/")
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
      const less = without(rest, path);
      steps.push({ kind: "listing", key: unlisted, must: "not be there, or be listed by the rule", remove: true });
      if (less === null) {
        args = null;
        break;
      }
      rest = less;
    }
    if (args !== null) args = rest;
  }
  return {
    change: { rule_id: rule.plan.id, rule_name: rule.plan.name, steps, confirmed: false },
    args,
    steps: steps.length + (rule.plan.effect === "require_approval" ? 1 : 0),
  };
}

/** A value for which a test is likely true; undefined where none is easily made (patterns, paths). */
function witness(test: TestPlan, scope: Scope): JsonValue | undefined {
  switch (test.op) {
    case "equals":
    case "prefix":
    case "suffix":
    case "contains":
      return resolve(test.operand, scope);
    case "one_of": {
      for (const operand of test.operands) {
        const value = resolve(operand, scope);
        if (value !== undefined) return value;
      }
      return undefined;
    }
    case "gte":
    case "lte":
      return resolve(test.operand, scope);
    case "gt":
    case "lt": {
      const limit = resolve(test.operand, scope);
      return typeof limit === "number" ? limit + (test.op === "gt" ? 1 : -1) : undefined;
    }
    case "all": {
      // One value must do for all; the caller checks whether it does.
      for (const inner of test.tests) {
        const value = witness(inner, scope);
        if (value !== undefined) return value;
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

function set(args: JsonObject, path: readonly string[], value: JsonValue): JsonObject | null {
  const [first, ...rest] = path as readonly [string, ...string[]];
  if (rest.length === 0) return withMember(args, first, value);
  const inner = Object.hasOwn(args, first) ? args[first] : {};
  if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return null;
  const changed = set(inner as JsonObject, rest, value);
  return changed === null ? null : withMember(args, first, changed);
}

function without(args: JsonObject, path: readonly string[]): JsonObject | null {
  const [first, ...rest] = path as readonly [string, ...string[]];
  if (!Object.hasOwn(args, first)) return null;
  if (rest.length === 0) return Object.fromEntries(Object.entries(args).filter(([key]) => key !== first));
  const inner = args[first];
  if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return null;
  const changed = without(inner as JsonObject, rest);
  return changed === null ? null : withMember(args, first, changed);
}

/** As own members, whatever their names. */
function withMember(args: JsonObject, key: string, value: JsonValue): JsonObject {
  return Object.fromEntries([...Object.entries(args).filter(([known]) => known !== key), [key, value]]);
}
