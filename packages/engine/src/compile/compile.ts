import { createHash } from "node:crypto";
import { canonicalJson, type PolicyMode, ProclawError, type ToolCatalogue } from "@proclaw/core";
import { type Diagnostic, Findings, type Locate, Place } from "../diagnostics.ts";
import { loadPlan } from "../plan/load.ts";
import { type DefaultRulePlan, type Plan, PLAN_VERSION, type RulePlan } from "../plan/types.ts";
import { JSON_TYPES, type JsonType, POLICY_VERSION, type PolicyDocument } from "../policy.ts";
import { isTimezone } from "../timezone.ts";
import { type Layer, readLayers, type ResolveExtends } from "./layers.ts";
import { OperandReader } from "./operand.ts";
import { PatternPool } from "./patterns.ts";
import { Reader } from "./reader.ts";
import { RoleTable } from "./roles.ts";
import { indexAliases, readRule } from "./rule.ts";
import { ToolTable } from "./tools.ts";
import { readHostName } from "./zones.ts";

export interface CompileOptions {
  /** Name of the policy file, for messages, and as the base of what it extends. */
  readonly file?: string | undefined;
  /** Finds positions in the source text. */
  readonly locate?: Locate | undefined;
  /** SHA-256, hex, of the policy's source bytes; of the document's canonical JSON if absent. */
  readonly policySha256?: string | undefined;
  /** What the host knows of its tools. */
  readonly tools?: ToolCatalogue | undefined;
  /** Where `tools` stands, for messages. */
  readonly toolsSource?: { readonly file?: string | undefined; readonly locate?: Locate | undefined } | undefined;
  /** Reads the files that `extends` names. */
  readonly resolveExtends?: ResolveExtends | undefined;
}

export type CompileResult =
  | { readonly ok: true; readonly plan: Plan; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

const TOP_LEVEL_KEYS = [
  "version",
  "name",
  "description",
  "mode",
  "timezone",
  "extends",
  "variables",
  "roles",
  "internal_domains",
  "tools",
  "rules",
] as const;
const MAX_RULES = 100_000;

/**
 * Compiles a policy. Never throws for a bad policy: all findings come back at once, and there is a
 * plan only if none of them is an error.
 */
export function compile(policy: PolicyDocument, options: CompileOptions = {}): CompileResult {
  const findings = new Findings();
  try {
    const plan = build(new Reader(findings), policy, options);
    const diagnostics = findings.list();
    // The way out is the way in: what `loadPlan` refuses is not handed out.
    return plan === undefined || findings.failed
      ? { ok: false, diagnostics }
      : { ok: true, plan: loadPlan(plan), diagnostics };
  } catch (error) {
    const message = ProclawError.is(error) ? error.message : "the policy could not be compiled";
    const place = new Place(options.file, undefined);
    findings.error(place, ProclawError.is(error, "not_json") ? "invalid_value" : "internal", message);
    return { ok: false, diagnostics: findings.list() };
  }
}

function build(reader: Reader, policy: unknown, options: CompileOptions): Plan | undefined {
  const { findings } = reader;
  const layers = readLayers(
    reader,
    { document: policy, file: options.file, locate: options.locate },
    options.resolveExtends,
  );
  const root = layers.at(-1);
  if (root === undefined || !root.root) return undefined;
  for (const layer of layers) readHeader(reader, layer);
  const variables = readVariables(reader, layers);
  const internalDomains = readInternalDomains(reader, layers);
  const roles = new RoleTable();
  const toolTable = new ToolTable();
  for (const { members, place } of layers) {
    if (members["roles"] !== undefined) roles.read(reader, members["roles"], place.at("roles"));
    if (members["tools"] !== undefined) toolTable.read(reader, members["tools"], place.at("tools"), internalDomains);
  }
  if (options.tools !== undefined) {
    const place = new Place(options.toolsSource?.file, options.toolsSource?.locate).at("tools");
    toolTable.read(reader, options.tools, place, internalDomains);
  }
  roles.checkCycles(findings);
  const tools = toolTable.finish(findings);
  const mode = (root.members["mode"] === "audit" ? "audit" : "enforce") satisfies PolicyMode;
  if (mode === "audit") {
    findings.warn(
      root.place.at("mode"),
      "audit_mode",
      "the policy is in audit mode: nothing is refused on its account",
    );
  }

  const aliases = indexAliases(tools);
  const operands = new OperandReader(reader, variables);
  const patterns = new PatternPool(reader, operands);
  const rootTimezone = readTimezone(root);
  const rules: RulePlan[] = [];
  let defaultRule: DefaultRulePlan | null = null;
  const names = new Map<string, Place>();
  const ids = new Map<string, Place>();
  for (const layer of layers) {
    const { members, place } = layer;
    if (members["rules"] === undefined) {
      if (layer.root && layers.length === 1) findings.error(place, "missing_key", "the policy has no `rules`");
      continue;
    }
    const list = members["rules"];
    if (!Array.isArray(list)) {
      reader.wrongType(place.at("rules"), "`rules`", "a list", list);
      continue;
    }
    if (list.length > MAX_RULES) {
      reader.invalid(place.at("rules"), `more than ${MAX_RULES} rules`);
      continue;
    }
    const timezone = readTimezone(layer) ?? rootTimezone;
    const scope = {
      reader,
      operands,
      patterns,
      roles,
      tools,
      aliases,
      timezone: timezone ?? "UTC",
      // One that is wrong has its own finding.
      timezoneMissing: members["timezone"] === undefined && root.members["timezone"] === undefined,
    };
    for (let index = 0; index < list.length; index++) {
      const at = place.at("rules", index);
      // Of what is written, so that another error in the rule does not hide it.
      checkUnique(reader, names, ids, list[index], at);
      const read = readRule(scope, list[index], at);
      if (read === undefined) continue;
      if (read.kind === "rule") {
        rules.push(read.rule);
        if (mode !== "audit" && allowsEverything(read.rule)) {
          findings.warn(
            at,
            "allows_everything",
            "this rule allows every tool with all arguments",
            "name the tools, and constrain their arguments",
          );
        }
        continue;
      }
      if (!layer.root) findings.error(at, "extends_failed", "what a policy extends may not bring in a default");
      if (defaultRule !== null) findings.error(at, "conflict", "there is a second default rule");
      if (read.rule.allow && mode !== "audit") {
        findings.error(
          at,
          "default_allow",
          "a policy that allows by default protects nothing",
          "write `allow: false`, or put the whole policy in `mode: audit` to try it out",
        );
      }
      if (index !== list.length - 1) {
        findings.warn(
          at,
          "default_not_last",
          "rules after the default rule count like those before it: the order of rules has no effect",
        );
      }
      defaultRule = read.rule;
    }
  }
  if (findings.failed) return undefined;
  if (mode !== "audit" && rules.every(({ effect }) => effect === "deny")) {
    findings.warn(
      root.members["rules"] === undefined ? root.place : root.place.at("rules"),
      "denies_everything",
      "the policy denies everything: no rule allows a call",
      "add a rule with `name`, `tool` and `effect: allow`",
      "key",
    );
  }
  return {
    planVersion: PLAN_VERSION,
    policy: {
      id: typeof root.members["name"] === "string" ? root.members["name"] : null,
      version: POLICY_VERSION,
      mode,
      sha256: options.policySha256 ?? createHash("sha256").update(canonicalJson(policy)).digest("hex"),
    },
    variables,
    internalDomains,
    tools,
    rules,
    defaultRule,
    patterns: patterns.tables,
  };
}

function readHeader(reader: Reader, { members, place, root }: Layer): void {
  reader.knownKeys(members, place, TOP_LEVEL_KEYS, "a policy");
  if (members["version"] !== undefined && members["version"] !== POLICY_VERSION) {
    reader.invalid(place.at("version"), "this version of ProClaw reads policy version 1 only");
  }
  for (const key of ["name", "description"] as const) {
    if (members[key] !== undefined) reader.string(members[key], place.at(key), `\`${key}\``);
  }
  if (members["mode"] !== undefined) {
    if (root) reader.oneOf(members["mode"], place.at("mode"), "`mode`", ["enforce", "audit"]);
    else
      reader.findings.error(
        place.at("mode"),
        "extends_failed",
        "what a policy extends may not bring in `mode`",
        undefined,
        "key",
      );
  }
  if (members["timezone"] !== undefined) {
    const timezone = reader.string(members["timezone"], place.at("timezone"), "`timezone`");
    if (timezone !== undefined && !isTimezone(timezone)) {
      reader.invalid(place.at("timezone"), `\`${timezone}\` is not a time zone`, "an IANA name, such as Europe/Madrid");
    }
  }
}

function readTimezone({ members }: Layer): string | undefined {
  return typeof members["timezone"] === "string" && isTimezone(members["timezone"]) ? members["timezone"] : undefined;
}

function readVariables(reader: Reader, layers: readonly Layer[]): Readonly<Record<string, JsonType>> {
  const types = new Map<string, JsonType>();
  for (const { members, place } of layers) {
    if (members["variables"] === undefined) continue;
    const at = place.at("variables");
    const variables = reader.mapping(members["variables"], at, "`variables`") ?? {};
    for (const name of Object.keys(variables)) {
      const declared = reader.mapping(variables[name], at.at(name), `variable \`${name}\``);
      if (declared === undefined) continue;
      reader.knownKeys(declared, at.at(name), ["type", "description"], "a variable");
      if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(name)) {
        reader.findings.error(
          at.at(name),
          "invalid_variable",
          `\`${name.toWellFormed()}\` cannot be the name of a variable`,
          undefined,
          "key",
        );
        continue;
      }
      const type = reader.oneOf(declared["type"], at.at(name, "type"), "`type` of a variable", JSON_TYPES);
      if (type === undefined) continue;
      if (types.has(name) && types.get(name) !== type) {
        reader.findings.error(
          at.at(name),
          "conflict",
          `variable \`${name}\` is declared with another type in another file`,
          undefined,
          "key",
        );
      }
      types.set(name, type);
    }
  }
  return Object.fromEntries([...types].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readInternalDomains(reader: Reader, layers: readonly Layer[]): readonly string[] {
  const domains = new Set<string>();
  for (const { members, place } of layers) {
    if (members["internal_domains"] === undefined) continue;
    const found = reader.each(
      members["internal_domains"],
      place.at("internal_domains"),
      "`internal_domains`",
      (item, at) => {
        const text = reader.string(item, at, "`internal_domains`");
        const name = text === undefined ? undefined : readHostName(text.replace(/^\*?\./, ""));
        if (text !== undefined && name === undefined) return reader.invalid(at, `\`${text}\` is not a domain`);
        return name;
      },
    );
    for (const domain of found ?? []) domains.add(domain);
  }
  return [...domains].sort();
}

/** Every rule has a name and an id of its own, over all files; without `id` the name is the id. */
function checkUnique(
  reader: Reader,
  names: Map<string, Place>,
  ids: Map<string, Place>,
  rule: unknown,
  place: Place,
): void {
  if (typeof rule !== "object" || rule === null) return;
  const { name, id = name } = rule as { readonly name?: unknown; readonly id?: unknown };
  const unique = (seen: Map<string, Place>, text: unknown, key: "name" | "id"): boolean => {
    if (typeof text !== "string" || text === "") return true;
    const first = seen.get(text);
    if (first === undefined) {
      seen.set(text, place);
      return true;
    }
    const { file, line } = first.describe("value");
    const where =
      line === undefined ? "" : `, the first in ${file === place.file ? "" : `\`${file ?? "policy"}\`, `}line ${line}`;
    const hint = key === "id" ? "a rule without `id` has its name as id" : undefined;
    reader.findings.error(
      place,
      "duplicate_name",
      `two rules have the ${key} \`${text.toWellFormed()}\`${where}`,
      hint,
    );
    return false;
  };
  if (unique(names, name, "name") || id !== name) unique(ids, id, "id");
}

/** Every tool, every caller, at any time, with any arguments; a rate limit narrows none of that. */
function allowsEverything(rule: RulePlan): boolean {
  return (
    rule.effect === "allow" &&
    rule.toolGlobs.some((pieces) => pieces.every((piece) => piece === "")) &&
    rule.roles === null &&
    rule.agents === null &&
    rule.principals === null &&
    rule.sessions === null &&
    rule.windows.length === 0 &&
    rule.network === null &&
    rule.conditions.length === 0
  );
}
