import type { JsonValue } from "@proclaw/core";
import { type LoadedPattern, loadPattern } from "../pattern/run.ts";
import type { ConditionPlan, Plan, RulePlan, TestPlan, ToolPlan } from "../plan/types.ts";
import { matchesPieces } from "../tool-glob.ts";
import { buildCandidates, type Candidates } from "./candidates.ts";
import { type Listing, listingOf } from "./listing.ts";
import { ZoneClock } from "./zone-clock.ts";

/** A plan with the look-ups that deciding needs. */
export interface PreparedPlan {
  readonly plan: Plan;
  readonly sha256: string;
  readonly patterns: readonly LoadedPattern[];
  readonly rules: readonly PreparedRule[];
  readonly tools: ReadonlyMap<string, PreparedTool>;
  readonly variables: ReadonlyMap<string, string>;
  readonly clocks: ReadonlyMap<string, ZoneClock>;
  /** Candidates of every tool that the plan names. */
  readonly byTool: ReadonlyMap<string, Candidates>;
  /** Rules whose tool selector holds a glob, for tools that the plan does not name. */
  readonly globRules: readonly PreparedRule[];
  /** Candidates of tools met lately that only globs select. */
  readonly met: Map<string, Candidates>;
}

export interface PreparedTool {
  readonly plan: ToolPlan;
  readonly harmless: ReadonlySet<string>;
  /** Null: none. */
  readonly aliases: ReadonlyMap<string, string> | null;
}

export interface PreparedRule {
  /** Place in the file. */
  readonly index: number;
  readonly plan: RulePlan;
  /** Allow rules: doubt makes their conditions false. */
  readonly granting: boolean;
  readonly conditions: readonly ConditionPlan[];
  readonly roles: ReadonlySet<string> | null;
  readonly agents: ReadonlySet<string> | null;
  readonly principals: ReadonlySet<string> | null;
  readonly sessions: ReadonlySet<string> | null;
  /** Which arguments are listed; null where arguments need no listing. */
  readonly listing: Listing | null;
  /** A condition tests a string by a pattern. */
  readonly patterned: boolean;
}

export function prepare(plan: Plan, sha256: string): PreparedPlan {
  const rules = plan.rules.map(prepareRule);
  const tools = new Map(Object.entries(plan.tools).map(([name, tool]) => [name, prepareTool(tool)]));
  const clocks = new Map<string, ZoneClock>();
  const clock = (timezone: string): void => {
    if (!clocks.has(timezone)) clocks.set(timezone, new ZoneClock(timezone));
  };
  for (const rule of plan.rules) {
    for (const set of rule.windows) clock(set.timezone);
    for (const { test } of rule.conditions)
      walkTest(test, (inner) => inner.op === "time_of_day" && clock(inner.timezone));
  }
  return {
    plan,
    sha256,
    patterns: plan.patterns.map((table) => loadPattern(table as unknown as JsonValue)),
    rules,
    tools,
    variables: new Map(Object.entries(plan.variables)),
    clocks,
    byTool: candidatesByTool(rules),
    globRules: rules.filter((rule) => rule.plan.toolGlobs.length > 0),
    met: new Map(),
  };
}

function prepareRule(plan: RulePlan, index: number): PreparedRule {
  let patterned = false;
  for (const { test } of plan.conditions) {
    walkTest(test, (inner) => {
      if (inner.op === "regex" || inner.op === "glob" || (inner.op === "url" && inner.paths !== null)) patterned = true;
    });
  }
  const set = (names: readonly string[] | null): ReadonlySet<string> | null => (names === null ? null : new Set(names));
  return {
    index,
    plan,
    granting: plan.effect === "allow",
    conditions: plan.conditions,
    roles: set(plan.roles),
    agents: set(plan.agents),
    principals: set(plan.principals),
    sessions: set(plan.sessions),
    listing:
      plan.effect === "allow" && !plan.otherArgs && plan.conditions.length > 0 ? listingOf(plan.conditions) : null,
    patterned,
  };
}

function prepareTool(plan: ToolPlan): PreparedTool {
  const aliases = Object.entries(plan.aliases);
  return { plan, harmless: new Set(plan.harmlessArgs), aliases: aliases.length === 0 ? null : new Map(aliases) };
}

function candidatesByTool(rules: readonly PreparedRule[]): ReadonlyMap<string, Candidates> {
  const lists = new Map<string, PreparedRule[]>();
  for (const rule of rules) for (const name of rule.plan.tools) if (!lists.has(name)) lists.set(name, []);
  const globbed: PreparedRule[] = [];
  for (const rule of rules) {
    for (const name of rule.plan.tools) lists.get(name)?.push(rule);
    if (rule.plan.toolGlobs.length > 0) globbed.push(rule);
  }
  for (const [name, list] of lists) {
    for (const rule of globbed) if (!rule.plan.tools.includes(name) && selectsByGlob(rule, name)) list.push(rule);
    list.sort((a, b) => a.index - b.index);
  }
  return new Map([...lists].map(([name, list]) => [name, buildCandidates(list)]));
}

function selectsByGlob(rule: PreparedRule, tool: string): boolean {
  for (const pieces of rule.plan.toolGlobs) if (matchesPieces(pieces, tool)) return true;
  return false;
}

/** Tools' names come from the model, so what is remembered of them is bounded. */
const MAX_MET = 256;
const MAX_MET_NAME = 256;

/** The rules whose tool selector names the tool. */
export function candidatesOf(prepared: PreparedPlan, tool: string): Candidates {
  const known = prepared.byTool.get(tool) ?? prepared.met.get(tool);
  if (known !== undefined) return known;
  const found = buildCandidates(prepared.globRules.filter((rule) => selectsByGlob(rule, tool)));
  if (tool.length <= MAX_MET_NAME) {
    if (prepared.met.size >= MAX_MET) prepared.met.clear();
    prepared.met.set(tool, found);
  }
  return found;
}

export function walkTest(test: TestPlan, visit: (test: TestPlan) => void): void {
  visit(test);
  if (test.op === "all") for (const inner of test.tests) walkTest(inner, visit);
  else if (test.op === "not" || test.op === "every" || test.op === "some") walkTest(test.test, visit);
}
