import type { Effect } from "@proclaw/core";
import type { Place } from "../diagnostics.ts";
import type { ConditionPlan, DefaultRulePlan, RulePlan, ToolPlan, WindowSetPlan, ZonePlan } from "../plan/types.ts";
import { ConstraintReader } from "./constraints.ts";
import { matchesPieces } from "../tool-glob.ts";
import type { OperandReader } from "./operand.ts";
import type { PatternPool } from "./patterns.ts";
import { optional, type Members, type Reader } from "./reader.ts";
import { readData, readRateLimit } from "./grants.ts";
import type { RoleTable } from "./roles.ts";
import { readWindows } from "./windows.ts";
import { readZone } from "./zones.ts";

const RULE_KEYS = [
  "name",
  "id",
  "description",
  "tags",
  "default",
  "tool",
  "effect",
  "allow",
  "roles",
  "agents",
  "principals",
  "sessions",
  "constraints",
  "time_window",
  "rate_limit",
  "mode",
  "reason",
  "data",
  "other_args",
] as const;
const DEFAULT_RULE_KEYS: readonly string[] = [
  "name",
  "id",
  "description",
  "tags",
  "default",
  "effect",
  "allow",
  "reason",
];
const EFFECTS: readonly Effect[] = ["allow", "deny", "require_approval"];

export interface RuleScope {
  readonly reader: Reader;
  readonly operands: OperandReader;
  readonly patterns: PatternPool;
  readonly roles: RoleTable;
  readonly tools: Readonly<Record<string, ToolPlan>>;
  readonly aliases: AliasIndex;
  readonly timezone: string;
  /** The policy states no timezone: worth a word where a window is used. */
  readonly timezoneMissing: boolean;
}

/** From an alias to the tools that have it, and what it stands for there. */
export type AliasIndex = ReadonlyMap<string, readonly (readonly [tool: string, canonical: string])[]>;

export function indexAliases(tools: Readonly<Record<string, ToolPlan>>): AliasIndex {
  const index = new Map<string, (readonly [string, string])[]>();
  for (const [tool, { aliases }] of Object.entries(tools)) {
    for (const [alias, canonical] of Object.entries(aliases)) {
      const list = index.get(alias);
      if (list === undefined) index.set(alias, [[tool, canonical]]);
      else list.push([tool, canonical]);
    }
  }
  return index;
}

export type ReadRule =
  | { readonly kind: "rule"; readonly rule: RulePlan; readonly place: Place }
  | { readonly kind: "default"; readonly rule: DefaultRulePlan; readonly place: Place };

export function readRule(scope: RuleScope, value: unknown, place: Place): ReadRule | undefined {
  const { reader } = scope;
  const members = reader.mapping(value, place, "a rule");
  if (members === undefined) return undefined;
  reader.knownKeys(members, place, RULE_KEYS, "a rule");
  const name =
    members["name"] === undefined
      ? missing(reader, place, "name")
      : reader.string(members["name"], place.at("name"), "`name`");
  const id = optional(members, "id", (v) => reader.string(v, place.at("id"), "`id`"), name);
  const reason = optional(members, "reason", (v) => reader.string(v, place.at("reason"), "`reason`"), null);
  optional(members, "description", (v) => reader.string(v, place.at("description"), "`description`"), null);
  optional(members, "tags", (v) => reader.strings(v, place.at("tags"), "`tags`"), null);
  const effect = readEffect(reader, members, place);
  if (members["default"] !== undefined) return readDefault(scope, members, place, name, id, reason, effect);
  const selectors = {
    tool:
      members["tool"] === undefined
        ? missing(reader, place, "tool")
        : readTools(reader, members["tool"], place.at("tool")),
    roles: readSelector(scope, members, place, "roles"),
    agents: readSelector(scope, members, place, "agents"),
    principals: readSelector(scope, members, place, "principals"),
    sessions: readSelector(scope, members, place, "sessions"),
  };
  const conditions = readConditions(scope, members, place, effect ?? "deny", selectors.tool);
  const rest = {
    audit: members["mode"] !== undefined,
    otherArgs: optional(
      members,
      "other_args",
      (v) => reader.oneOf(v, place.at("other_args"), "`other_args`", ["deny", "allow"]),
      "deny",
    ),
    data: readData(reader, members, place, effect),
    rateLimit: readRateLimit(reader, members, place, effect),
  };
  if (
    members["mode"] !== undefined &&
    reader.oneOf(members["mode"], place.at("mode"), "`mode` of a rule", ["audit"]) !== undefined &&
    effect === "allow"
  ) {
    reader.invalid(
      place.at("mode"),
      "an allow rule cannot be in audit mode",
      "only deny and approval rules can be tried out",
    );
  }
  if (
    name === undefined ||
    id === undefined ||
    reason === undefined ||
    effect === undefined ||
    selectors.tool === undefined ||
    selectors.roles === undefined ||
    selectors.agents === undefined ||
    selectors.principals === undefined ||
    selectors.sessions === undefined ||
    conditions === undefined ||
    rest.otherArgs === undefined ||
    rest.data === undefined ||
    rest.rateLimit === undefined
  ) {
    return undefined;
  }
  return {
    kind: "rule",
    place,
    rule: {
      id,
      name,
      effect,
      audit: rest.audit,
      reason,
      tools: selectors.tool.exact,
      toolGlobs: selectors.tool.globs,
      roles: selectors.roles === null ? null : scope.roles.closure(selectors.roles),
      agents: selectors.agents,
      principals: selectors.principals,
      sessions: selectors.sessions,
      windows: conditions.windows,
      network: conditions.network,
      conditions: conditions.conditions,
      otherArgs: rest.otherArgs === "allow",
      data: rest.data,
      rateLimit: rest.rateLimit,
    },
  };
}

function missing(reader: Reader, place: Place, key: string): undefined {
  reader.findings.error(place, "missing_key", `the rule has no \`${key}\``);
  return undefined;
}

function readEffect(reader: Reader, members: Members, place: Place): Effect | undefined {
  const { effect, allow } = members;
  if (effect !== undefined && allow !== undefined) {
    reader.findings.error(
      place.at("allow"),
      "conflict",
      "`effect` and `allow` say the same thing twice",
      "keep one of them",
      "key",
    );
    return undefined;
  }
  if (effect !== undefined) return reader.oneOf(effect, place.at("effect"), "`effect`", EFFECTS);
  if (allow === undefined) return "allow";
  const said = reader.boolean(allow, place.at("allow"), "`allow`");
  return said === undefined ? undefined : said ? "allow" : "deny";
}

function readDefault(
  scope: RuleScope,
  members: Members,
  place: Place,
  name: string | undefined,
  id: string | undefined,
  reason: string | null | undefined,
  effect: Effect | undefined,
): ReadRule | undefined {
  const { reader } = scope;
  if (members["default"] !== true) {
    reader.findings.error(place.at("default"), "invalid_value", "`default` can only be true", "leave it out");
    return undefined;
  }
  for (const key of Object.keys(members)) {
    if (DEFAULT_RULE_KEYS.includes(key) || !(RULE_KEYS as readonly string[]).includes(key)) continue;
    reader.findings.error(
      place.at(key),
      "conflict",
      `\`${key}\` cannot stand in the default rule, which holds for every call`,
      undefined,
      "key",
    );
  }
  if (effect === "require_approval") {
    reader.invalid(
      place.at("effect"),
      "the default rule allows or denies",
      'to ask for approval of everything else, write an approval rule with `tool: "*"`',
    );
    return undefined;
  }
  if (name === undefined || id === undefined || reason === undefined || effect === undefined) return undefined;
  return { kind: "default", place, rule: { id, name, allow: effect === "allow", reason } };
}

interface ToolSelector {
  readonly exact: readonly string[];
  readonly globs: readonly (readonly string[])[];
}

function readTools(reader: Reader, value: unknown, place: Place): ToolSelector | undefined {
  const names = reader.each(value, place, "`tool`", (item, at) => {
    const name = reader.string(item, at, "`tool`");
    if (name === undefined) return undefined;
    if (name.includes("${")) return reader.invalid(at, `a variable cannot stand in a tool's name`);
    if (isSelectorPattern(name))
      return reader.invalid(at, `\`${name}\` looks like a pattern`, "in tools' names `*` is the only wildcard");
    return name;
  });
  if (names === undefined) return undefined;
  return {
    exact: names.filter((name) => !name.includes("*")),
    globs: names.filter((name) => name.includes("*")).map((name) => name.replaceAll(/\*+/g, "*").split("*")),
  };
}

/** Wildcards and anchors that would be taken literally and so match nothing: fatal in a deny rule. */
function isSelectorPattern(text: string): boolean {
  return /[?[\]{}^$\\|()+]/.test(text);
}

function readSelector(
  scope: RuleScope,
  members: Members,
  place: Place,
  key: "roles" | "agents" | "principals" | "sessions",
): readonly string[] | null | undefined {
  const { reader } = scope;
  if (members[key] === undefined) return null;
  return reader.each(members[key], place.at(key), `\`${key}\``, (item, at) => {
    const text = reader.string(item, at, `\`${key}\``);
    if (text === undefined) return undefined;
    if (text.includes("*") || text.includes("${")) {
      return reader.invalid(
        at,
        `\`${key}\` are compared exactly; \`${text}\` holds a wildcard or a variable`,
        "leave the selector out to mean everyone",
      );
    }
    if (key === "roles") scope.roles.mention(reader.findings, text, at);
    return text;
  });
}

interface ReadConditions {
  readonly conditions: readonly ConditionPlan[];
  readonly windows: readonly WindowSetPlan[];
  readonly network: ZonePlan | null;
}

function readConditions(
  scope: RuleScope,
  members: Members,
  place: Place,
  effect: Effect,
  tools: ToolSelector | undefined,
): ReadConditions | undefined {
  const { reader } = scope;
  const windows: WindowSetPlan[] = [];
  let failed = false;
  const window = (value: unknown, at: Place): void => {
    const set = readWindows(reader, value, at, scope.timezone);
    if (set === undefined) failed = true;
    else windows.push(set);
    if (scope.timezoneMissing) {
      reader.findings.warn(
        at,
        "missing_timezone",
        "the policy states no `timezone`, so this window is in UTC",
        "add `timezone:` with an IANA name, such as Europe/Madrid",
      );
    }
  };
  if (members["time_window"] !== undefined) window(members["time_window"], place.at("time_window"));
  let network: ZonePlan | null = null;
  const conditions: ConditionPlan[] = [];
  if (members["constraints"] !== undefined) {
    const at = place.at("constraints");
    const constraints = reader.mapping(members["constraints"], at, "`constraints`");
    if (constraints === undefined) return undefined;
    const constraintReader = new ConstraintReader({ ...scope, effect });
    for (const key of Object.keys(constraints)) {
      const value = constraints[key];
      if (key === "time_window") window(value, at.at(key));
      else if (key === "network") {
        const zone = readZone(reader, value, at.at(key), "`network`");
        if (zone === undefined) failed = true;
        else network = zone;
        warnOfUndeclaredZones(scope, tools, effect, at.at(key));
      } else {
        const condition = constraintReader.condition(key, value, at.at(key));
        if (condition === undefined) failed = true;
        else {
          if (!checkAliases(scope, condition, tools, at.at(key))) failed = true;
          conditions.push(condition);
        }
      }
    }
  }
  return failed ? undefined : { conditions, windows, network };
}

function warnOfUndeclaredZones(scope: RuleScope, tools: ToolSelector | undefined, effect: Effect, place: Place): void {
  for (const name of tools?.exact ?? []) {
    if (Object.hasOwn(scope.tools, name) && scope.tools[name]?.network !== null) continue;
    scope.reader.findings.warn(
      place,
      "undeclared_zone",
      effect === "allow"
        ? `nobody declares the network zone of tool \`${name}\`, so this rule never allows it`
        : `nobody declares the network zone of tool \`${name}\`, so this condition is always true for it`,
      "declare `network` for the tool under `tools`, or let the host do it",
    );
  }
}

/**
 * Calls are judged by the canonical names of arguments, so a condition on an alias would never see
 * its argument: a deny rule that protects nothing. Refused.
 */
function checkAliases(
  scope: RuleScope,
  condition: ConditionPlan,
  tools: ToolSelector | undefined,
  place: Place,
): boolean {
  const first = condition.path[0] as string;
  for (const [name, canonical] of scope.aliases.get(first) ?? []) {
    const selected =
      tools !== undefined && (tools.exact.includes(name) || tools.globs.some((pieces) => matchesPieces(pieces, name)));
    if (!selected) continue;
    scope.reader.findings.error(
      place,
      "conflict",
      `\`${first}\` is an alias of \`${canonical}\` for tool \`${name}\``,
      "constrain the canonical argument; aliases are replaced before the policy looks",
      "key",
    );
    return false;
  }
  return true;
}
