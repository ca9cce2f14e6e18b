import { createRandom, createReference, generateCall, generatePolicy, generateTools } from "@proclaw/conformance";
import type { GeneratedCall, PolicyCase, ReferenceDecision } from "@proclaw/conformance";
import type { JsonObject, JsonValue, Obligation, ToolCatalogue } from "@proclaw/core";
import { decide } from "@proclaw/engine";
import { loadPolicyText } from "@proclaw/engine/yaml";
import { findDataClasses } from "@proclaw/redact";
import { parse } from "yaml";

/** As much of a decision as the case says something about. */
export function seen({ expect: wanted }: PolicyCase, decision: ReferenceDecision): PolicyCase["expect"] {
  const { effect, reason_code, rule_name, would_have, determining_rules, obligations } = decision;
  return {
    effect,
    reason_code,
    rule_name,
    ...(would_have === undefined ? {} : { would_have }),
    ...(wanted.determining_rules === undefined ? {} : { determining_rules }),
    ...(wanted.obligations === undefined ? {} : { obligations: obligations.map(withoutKey) }),
  };
}

function withoutKey(obligation: Obligation): Partial<Obligation> {
  if (obligation.type !== "rate_limit") return obligation;
  const { key: _, ...rest } = obligation;
  return rest;
}

/** What engine and reference have to agree on, as text. */
export function comparable(decision: ReferenceDecision): string {
  const { effect, reason_code, rule_name, determining_rules, obligations, would_have } = decision;
  // The key of a bucket and the words of the engine's own approval are the engine's business.
  const duties = obligations.map((duty) => {
    if (duty.type === "rate_limit") return { ...duty, key: "" };
    return duty.type === "approval" && duty.rule_id === null ? { ...duty, reason: null } : duty;
  });
  return JSON.stringify([effect, reason_code, rule_name, determining_rules, duties.map(sorted), would_have ?? null]);
}

function sorted(duty: object): [string, unknown][] {
  return Object.entries(duty).sort(([a], [b]) => (a < b ? -1 : 1));
}

const UNLOADABLE: ReferenceDecision = {
  effect: "deny",
  reason_code: "policy_unavailable",
  rule_name: null,
  determining_rules: [],
  obligations: [],
};

type Request = Pick<PolicyCase, "call" | "context" | "facts" | "now">;

/** The engine's decision; a policy that does not load denies everything. */
export function engineDecides(
  policy: string,
  tools: ToolCatalogue | undefined,
): (request: Request) => ReferenceDecision {
  const loaded = loadPolicyText(policy, { tools });
  if (!loaded.ok) return () => UNLOADABLE;
  return ({ call, context, facts, now }) => decide(loaded.plan, call as never, context as never, facts, now);
}

export function referenceDecides(
  policy: JsonValue,
  tools: ToolCatalogue | undefined,
  reached?: (cell: string) => void,
): (request: Request) => ReferenceDecision {
  return createReference({ policy, tools, findDataClasses, reached });
}

/** A policy's text as plain data; null if it is no YAML. */
export function parsedOrNull(text: string): JsonValue {
  try {
    return parse(text) as JsonValue;
  } catch {
    return null;
  }
}

export interface Difference {
  readonly seed: number;
  readonly policy: JsonObject;
  readonly tools: ToolCatalogue | undefined;
  readonly request: GeneratedCall;
  readonly engine: string;
  readonly reference: string;
}

export interface Differential {
  readonly decisions: number;
  readonly differences: readonly Difference[];
  /** Policies that one of the two refuses to load. */
  readonly refused: readonly JsonObject[];
  readonly codes: ReadonlyMap<string, number>;
  readonly cells: ReadonlyMap<string, number>;
}

const CALLS_PER_POLICY = 50;

/** Random policies and calls, decided by both. The same seed makes the same run. */
export function runDifferential(seed: number, decisions: number): Differential {
  const differences: Difference[] = [];
  const refused: JsonObject[] = [];
  const codes = new Map<string, number>();
  const cells = new Map<string, number>();
  const count = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);
  for (let first = 0; first < decisions; first += CALLS_PER_POLICY) {
    const policySeed = (seed + first) | 0;
    const random = createRandom(policySeed);
    const policy = generatePolicy(random);
    const tools = random.chance(0.4) ? (generateTools(random) as unknown as ToolCatalogue) : undefined;
    const text = JSON.stringify(policy);
    const engine = engineDecides(text, tools);
    const reference = referenceDecides(JSON.parse(text) as JsonValue, tools, (cell) => count(cells, cell));
    for (let i = 0; i < CALLS_PER_POLICY; i++) {
      const request = generateCall(random, policy);
      const wanted = reference(request);
      count(codes, wanted.reason_code);
      const [a, b] = [comparable(engine(request)), comparable(wanted)];
      if (wanted.reason_code === "policy_unavailable" && i === 0) refused.push(policy);
      if (a !== b) differences.push({ seed: policySeed, policy, tools, request, engine: a, reference: b });
    }
  }
  return { decisions, differences, refused, codes, cells };
}
