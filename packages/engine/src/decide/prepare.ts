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
  /** Rules by the tools that they name exactly. */
  readonly byTool: ReadonlyMap<string, readonly PreparedRule[]>;
  readonly globs: GlobIndex;
  /** Candidates of tools that the plan names, found when they were first called. */
  readonly known: Map<string, Candidates>;
  /** Candidates of other tools met lately. */
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
  /** The list of determining rules where this is the only one. */
  readonly ids: readonly string[];
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
    byTool: rulesByTool(rules),
    globs: indexGlobs(rules),
    known: new Map(),
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
    ids: Object.freeze([plan.id]),
  };
}

function prepareTool(plan: ToolPlan): PreparedTool {
  const aliases = Object.entries(plan.aliases);
  return { plan, harmless: new Set(plan.harmlessArgs), aliases: aliases.length === 0 ? null : new Map(aliases) };
}

function rulesByTool(rules: readonly PreparedRule[]): ReadonlyMap<string, readonly PreparedRule[]> {
  const lists = new Map<string, PreparedRule[]>();
  for (const rule of rules) {
    for (const name of rule.plan.tools) {
      const list = lists.get(name);
      if (list === undefined) lists.set(name, [rule]);
      else list.push(rule);
    }
  }
  return lists;
}

/** Rules with globs by the text before the first `*`, so that a name meets few of them. */
interface GlobIndex {
  readonly byPrefix: ReadonlyMap<string, readonly (readonly [pieces: readonly string[], rule: PreparedRule])[]>;
  readonly lengths: readonly number[];
}

function indexGlobs(rules: readonly PreparedRule[]): GlobIndex {
  const byPrefix = new Map<string, (readonly [readonly string[], PreparedRule])[]>();
  for (const rule of rules) {
    for (const pieces of rule.plan.toolGlobs) {
      const prefix = pieces[0] as string;
      const list = byPrefix.get(prefix);
      if (list === undefined) byPrefix.set(prefix, [[pieces, rule]]);
      else list.push([pieces, rule]);
    }
  }
  return { byPrefix, lengths: [...new Set([...byPrefix.keys()].map((prefix) => prefix.length))] };
}

/** Tools' names come from the model, so what is remembered of names that the policy does not hold is bounded. */
const MAX_MET = 256;
const MAX_MET_NAME = 256;

/** The rules whose tool selector names the tool. Put together when the tool is first called. */
export function candidatesOf(prepared: PreparedPlan, tool: string): Candidates {
  return prepared.known.get(tool) ?? prepared.met.get(tool) ?? findCandidates(prepared, tool);
}

function findCandidates(prepared: PreparedPlan, tool: string): Candidates {
  const named = prepared.byTool.get(tool);
  const found = new Set(named);
  for (const length of prepared.globs.lengths) {
    if (length > tool.length) continue;
    for (const [pieces, rule] of prepared.globs.byPrefix.get(tool.slice(0, length)) ?? []) {
      if (matchesPieces(pieces, tool)) found.add(rule);
    }
  }
  const candidates = buildCandidates([...found].sort((a, b) => a.index - b.index));
  if (named !== undefined) prepared.known.set(tool, candidates);
  else if (tool.length <= MAX_MET_NAME) {
    if (prepared.met.size >= MAX_MET) prepared.met.clear();
    prepared.met.set(tool, candidates);
  }
  return candidates;
}

export function walkTest(test: TestPlan, visit: (test: TestPlan) => void): void {
  visit(test);
  if (test.op === "all") for (const inner of test.tests) walkTest(inner, visit);
  else if (test.op === "not" || test.op === "every" || test.op === "some") walkTest(test.test, visit);
}
