import { canonicalJson, MAX_CALL_BYTES, MAX_JSON_DEPTH, MAX_PATTERN_INPUT_BYTES } from "@proclaw/core";
import type {
  CallContext,
  Effect,
  Facts,
  JsonObject,
  JsonValue,
  Obligation,
  ReasonCode,
  ToolCatalogue,
} from "@proclaw/core";
import { conditionTruth, locate, patternInputs, toolMatches } from "./reference-condition.ts";
import type { Surroundings } from "./reference-condition.ts";
import { isArray, isObject, LoadError, readDocument } from "./reference-document.ts";
import type { Document, Rule } from "./reference-document.ts";
import { hostInZone, hostsAmong, parseHost, zoneWithin } from "./reference-network.ts";
import type { Zone } from "./reference-network.ts";
import { inWindow } from "./reference-time.ts";
import { mergeTools } from "./reference-tools.ts";
import type { Tool } from "./reference-tools.ts";
import { all, errorOf, fromBoolean, isError } from "./truth.ts";
import type { Column, Reached, Truth } from "./truth.ts";

/** What the reference says of a call; the parts of a `Decision` that the policy language settles. */
export interface ReferenceDecision {
  readonly effect: Effect;
  readonly reason_code: ReasonCode;
  readonly rule_name: string | null;
  /** Ids, in file order. */
  readonly determining_rules: readonly string[];
  readonly obligations: readonly Obligation[];
  readonly would_have?: { readonly effect: Effect; readonly reason_code: ReasonCode };
}

export interface ReferenceOptions {
  /** The policy as its YAML parses. */
  readonly policy: JsonValue;
  /** What the host knows of its tools. */
  readonly tools?: ToolCatalogue | undefined;
  /** The documented recognizers of `@proclaw/redact`: what cards and secrets are is settled there. */
  readonly findDataClasses: FindDataClasses;
  /** Told of each cell of the table ({@link TABLE_CELLS}) that an evaluation came to. */
  readonly reached?: Reached | undefined;
}

/** What is decided; call and context may be of any shape. */
export interface ReferenceRequest {
  readonly call: unknown;
  readonly context: unknown;
  readonly facts: Facts;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

type FindDataClasses = (value: JsonValue) => readonly { readonly data_class: string }[];

/**
 * The reference evaluator: written from policy-language.md, sentence by sentence, slow and obvious.
 * It shares nothing with the compiled engine, so that the two can be held against each other.
 * What is brought in by `extends` is not covered: a policy here is one document.
 */
export function createReference(options: ReferenceOptions): (request: ReferenceRequest) => ReferenceDecision {
  try {
    const document = readDocument(options.policy);
    const tools = mergeTools(document, options.tools ?? {});
    return (request) => decideRequest(document, tools, options, request);
  } catch (error) {
    // "A policy that cannot load: everything is denied with that reason."
    if (error instanceof LoadError) return () => deny("policy_unavailable");
    throw error;
  }
}

function decideRequest(
  document: Document,
  tools: ReadonlyMap<string, Tool>,
  options: ReferenceOptions,
  request: ReferenceRequest,
): ReferenceDecision {
  const { call, context } = request;
  if (!isCall(call) || !isContext(context)) return deny("invalid_call");
  if (depth(call.args) > MAX_JSON_DEPTH) return deny("argument_too_large");
  if (!isPlain(call.args) || !call.tool.isWellFormed()) return deny("invalid_call");
  if (bytes(call.tool) + bytes(canonicalJson(call.args)) > MAX_CALL_BYTES) return deny("argument_too_large");

  const tool = tools.get(call.tool);
  const args = canonicalize(call.args, tool);
  if (args === null) return deny("invalid_call");
  const evaluation = { document, tool, name: call.tool, args, context, request, options };

  // "A deny or approval rule in audit mode has no part in the verdict …"
  const verdict = decide(
    evaluation,
    document.rules.filter((rule) => !rule.audit),
  );
  const outcome = ({ effect, reason_code }: ReferenceDecision) => ({ effect, reason_code });
  if (document.audit && verdict.reason_code !== "argument_too_large") {
    // Limits and approvals are waived; what the tool itself asks for (time limit, sandbox, output) is not.
    const obligations = tool?.obligations ?? [];
    return { ...verdict, effect: "allow", reason_code: "audit_mode", obligations, would_have: outcome(verdict) };
  }
  // "… it shows in `would_have`."
  const strict = decide(evaluation, document.rules);
  const differs = strict.effect !== verdict.effect || strict.reason_code !== verdict.reason_code;
  return differs ? { ...verdict, would_have: outcome(strict) } : verdict;
}

interface Evaluation {
  readonly document: Document;
  readonly tool: Tool | undefined;
  readonly name: string;
  readonly args: JsonObject;
  readonly context: CallContext;
  readonly request: ReferenceRequest;
  readonly options: ReferenceOptions;
}

interface Judged {
  readonly rule: Rule;
  readonly truth: Truth;
  /** Nothing but an unlisted argument keeps the rule from being true. */
  readonly onlyUnlisted: boolean;
}

/** Sizes, then "Precedence", steps 1 to 6. */
function decide(evaluation: Evaluation, rules: readonly Rule[]): ReferenceDecision {
  const { document, tool, args, options } = evaluation;
  if (hasTooLargeArgument(evaluation, rules)) return deny("argument_too_large");
  const judged = rules.map((rule) => judge(rule, evaluation));
  const where = (test: (one: Judged) => boolean): Rule[] => judged.filter(test).map((one) => one.rule);

  const erring = where((one) => isError(one.truth));
  if (erring.length > 0) {
    return deny(errorOf(judged.map((one) => one.truth)) ?? "evaluation_error", erring);
  }
  const denying = where(({ rule, truth }) => rule.effect === "deny" && truth === "true");
  if (denying.length > 0) return deny("denied_by_rule", denying);

  const granting = where(({ rule, truth }) => rule.effect !== "deny" && truth === "true");
  const classes = new Set(options.findDataClasses(args).map((finding) => finding.data_class));
  const notLifting = granting.filter((rule) => [...classes].some((dataClass) => !rule.data.includes(dataClass)));
  if (classes.size > 0 && (granting.length === 0 || notLifting.length > 0))
    return deny("data_class_denied", notLifting);
  const approving = granting.filter((rule) => rule.effect === "require_approval");
  const irreversible = tool !== undefined && !tool.reversible && granting.length > 0;
  const duties = obligations(granting, tool);
  if (approving.length > 0 || irreversible) {
    const approvals: Obligation[] = approving
      .map((rule) => ({ type: "approval" as const, rule_id: rule.id, reason: rule.reason }))
      .sort(byRuleId);
    if (irreversible) approvals.push({ type: "approval", rule_id: null, reason: null });
    return decision("require_approval", "approval_required", approving, [...approvals, ...duties]);
  }
  if (granting.length > 0) return decision("allow", "allowed_by_rule", granting, duties);
  // What the default allows is not refused for an argument that some rule does not list.
  if (document.defaultAllows)
    return { ...decision("allow", "allowed_by_rule", [], duties), rule_name: document.defaultName };
  const unlisted = where(({ rule, onlyUnlisted }) => rule.effect === "allow" && onlyUnlisted);
  if (unlisted.length > 0) return deny("unlisted_argument", unlisted);
  return { ...deny("no_matching_rule"), rule_name: document.defaultName };
}

function judge(rule: Rule, evaluation: Evaluation): Judged {
  const { document, tool, name, args, context, request, options } = evaluation;
  const column: Column = rule.effect === "allow" ? "allow" : "restrict";
  const reached = options.reached ?? ((): void => {});
  const around: Surroundings = {
    column,
    context,
    facts: request.facts,
    variables: document.variables,
    internalDomains: document.internalDomains,
    timezone: document.timezone,
    reached,
  };
  const who = (wanted: readonly string[] | null, known: string | readonly string[] | undefined): Truth => {
    if (wanted !== null && known === undefined) reached(`unknown identity: ${column}`);
    return selected(wanted, known, column);
  };
  const truths: Truth[] = [
    fromBoolean(rule.tools.some((pattern) => toolMatches(pattern, name))),
    who(rule.roles, rolesOf(context, document)),
    who(rule.agents, context.agent_id),
    who(rule.principals, context.principal?.sub),
    who(rule.sessions, context.session_id),
    ...rule.conditions.map((condition) => conditionTruth(condition, args, around)),
  ];
  if (rule.windows !== null) {
    truths.push(...rule.windows.map((window) => fromBoolean(inWindow(window, document.timezone, request.now))));
  }
  if (rule.network !== undefined) truths.push(networkTruth(rule.network, evaluation, column));
  const truth = all(truths, column);
  const unlisted = !rule.otherArgs && rule.conditions.length > 0 && !allListed(rule, args, tool);
  if (unlisted) reached(`unlisted: ${column}`);
  const listed = column === "restrict" || !unlisted;
  return { rule, truth: listed ? truth : "false", onlyUnlisted: truth === "true" && !listed };
}

/** "an unknown caller matches every identity selector" of a deny or approval rule, and none of an allow rule */
function selected(
  wanted: readonly string[] | null,
  known: string | readonly string[] | undefined,
  column: Column,
): Truth {
  if (wanted === null) return "true";
  if (known === undefined) return fromBoolean(column === "restrict");
  const values = typeof known === "string" ? [known] : known;
  return fromBoolean(wanted.some((one) => values.includes(one)));
}

/** The caller's roles with all they inherit; undefined if they are unknown. */
function rolesOf(context: CallContext, document: Document): readonly string[] | undefined {
  const roles = context.principal?.roles;
  if (roles === undefined) return undefined;
  const known = new Set<string>();
  const add = (role: string): void => {
    if (known.has(role)) return;
    known.add(role);
    const declared = Object.hasOwn(document.roles, role) ? document.roles[role] : undefined;
    if (isObject(declared))
      for (const parent of (declared["inherits"] as readonly string[] | undefined) ?? []) add(parent);
  };
  roles.forEach(add);
  return [...known];
}

/** "true if the tool's declared zone lies within it AND every URL, host or address among the arguments does" */
function networkTruth(network: JsonValue, evaluation: Evaluation, column: Column): Truth {
  const { document, tool, args } = evaluation;
  const zone = network as Zone;
  const declared =
    tool?.network === undefined
      ? fromBoolean(column === "restrict")
      : fromBoolean(zoneWithin(tool.network, zone, document.internalDomains));
  const named = (tool?.hosts ?? []).flatMap((path) => {
    const found = locate({ path: path.split("."), pointer: false }, args);
    if (found.at !== "value") return [];
    return (isArray(found.value) ? found.value : [found.value]).flatMap((host) => {
      // What reads as a URL is counted among the hosts of all arguments.
      if (typeof host === "string" && hostsAmong(host).length > 0) return [];
      return [typeof host === "string" ? parseHost(host) : null];
    });
  });
  const hosts = [...hostsAmong(args), ...named];
  const within = hosts.map((host): Truth => {
    if (host === null) return fromBoolean(column === "restrict");
    return fromBoolean(hostInZone(host, zone, document.internalDomains));
  });
  return all([declared, ...within], column);
}

/** "A value is listed if a condition of the rule addresses it or an ancestor of it." */
function allListed(rule: Rule, args: JsonObject, tool: Tool | undefined): boolean {
  const addressed = [
    ...rule.conditions.map((condition) => condition.path),
    ...(tool?.harmlessArgs ?? []).map((name) => [name]),
  ];
  const listed = (path: readonly string[]): boolean =>
    addressed.some((prefix) => prefix.length <= path.length && prefix.every((step, i) => step === path[i]));
  const check = (value: JsonValue, path: readonly string[]): boolean => {
    if (listed(path)) return true;
    const children = isArray(value) || isObject(value) ? Object.entries(value) : [];
    if (children.length === 0) return path.length === 0;
    return children.every(([step, child]) => check(child, [...path, step]));
  };
  return check(args, []);
}

/** "Aliases … are canonicalized before anything else; alias and canonical name together → `invalid_call`" */
function canonicalize(args: JsonObject, tool: Tool | undefined): JsonObject | null {
  const members: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(args)) {
    const canonical = tool?.aliases.get(name) ?? name;
    if (members.some(([taken]) => taken === canonical)) return null;
    members.push([canonical, value]);
  }
  return Object.fromEntries(members);
}

/** "sizes are UTF-8 bytes, checked for the strings that a candidate rule would test by a pattern" */
function hasTooLargeArgument({ name, args }: Evaluation, rules: readonly Rule[]): boolean {
  return rules
    .filter((rule) => rule.tools.some((pattern) => toolMatches(pattern, name)))
    .flatMap((rule) =>
      rule.conditions.flatMap((condition) => {
        const found = locate(condition, args);
        return found.at === "value" ? patternInputs(condition.operators, found.value, rule.effect !== "allow") : [];
      }),
    )
    .some((input) => bytes(input) > MAX_PATTERN_INPUT_BYTES);
}

function obligations(granting: readonly Rule[], tool: Tool | undefined): Obligation[] {
  const limits = granting.flatMap((rule): Obligation[] =>
    rule.rateLimit === null ? [] : [{ type: "rate_limit", rule_id: rule.id, key: "", ...rule.rateLimit }],
  );
  return [...limits.sort(byRuleId), ...(tool?.obligations ?? [])];
}

/** "in canonical order (rule id)" */
function byRuleId(a: Obligation, b: Obligation): number {
  const [first, second] = [a, b].map((one) => ("rule_id" in one ? (one.rule_id ?? "") : ""));
  return (first as string) < (second as string) ? -1 : 1;
}

function decision(
  effect: Effect,
  reason_code: ReasonCode,
  rules: readonly Rule[],
  duties: readonly Obligation[],
): ReferenceDecision {
  return {
    effect,
    reason_code,
    rule_name: rules[0]?.name ?? null,
    determining_rules: rules.map((rule) => rule.id),
    obligations: duties,
  };
}

function deny(reason_code: ReasonCode, rules: readonly Rule[] = []): ReferenceDecision {
  return decision("deny", reason_code, rules, []);
}

function bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

function depth(value: JsonValue): number {
  let deepest = 0;
  const waiting: [JsonValue, number][] = [[value, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [one, level] = next;
    if (!isArray(one) && !isObject(one)) continue;
    deepest = Math.max(deepest, level + 1);
    for (const child of Object.values<JsonValue>(one as JsonObject)) waiting.push([child, level + 1]);
  }
  return deepest;
}

function isPlain(value: JsonValue): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isFinite(value);
  if (isArray(value)) return value.every(isPlain);
  if (isObject(value)) return Object.entries(value).every(([name, child]) => name.isWellFormed() && isPlain(child));
  return value === null || typeof value === "boolean";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || (typeof value === "string" && value.isWellFormed());
}

function isCall(call: unknown): call is { readonly tool: string; readonly args: JsonObject } {
  return (
    isRecord(call) &&
    typeof call["tool"] === "string" &&
    call["tool"] !== "" &&
    isRecord(call["args"]) &&
    isOptionalText(call["call_id"])
  );
}

/** "Context of a wrong shape → `invalid_call`." */
function isContext(context: unknown): context is CallContext {
  if (!isRecord(context)) return false;
  const { principal, variables } = context;
  if (!["agent_id", "session_id", "working_directory"].every((name) => isOptionalText(context[name]))) return false;
  if (variables !== undefined && !isRecord(variables)) return false;
  if (principal === undefined) return true;
  if (!isRecord(principal) || !isOptionalText(principal["sub"])) return false;
  const roles = principal["roles"];
  return roles === undefined || (Array.isArray(roles) && roles.every((role) => typeof role === "string"));
}
