import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Facts, JsonValue, Obligation, ReasonCode, ToolCatalogue } from "@proclaw/core";
import type { ReferenceDecision } from "./reference.ts";

/** One case of the policy language: a sentence of it, and a call that shows what it means. */
export interface PolicyCase {
  /** Unique; its first part names the file's subject. */
  readonly id: string;
  /** The sentence of policy-language.md that the case shows. */
  readonly sentence: string;
  /** YAML text. */
  readonly policy: string;
  readonly tools?: ToolCatalogue;
  /** What is decided; not always a call (some cases show what is refused). */
  readonly call: unknown;
  readonly context: unknown;
  readonly facts: Facts;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly expect: {
    readonly effect: ReferenceDecision["effect"];
    /** `policy_unavailable`: the policy must not load. */
    readonly reason_code: ReasonCode;
    readonly rule_name: string | null;
    readonly would_have?: ReferenceDecision["would_have"];
    readonly determining_rules?: readonly string[];
    /** Without the `key` of rate limits, which is the engine's own business. */
    readonly obligations?: readonly Partial<Obligation>[];
  };
}

/** Friday, so that windows of working days are open. */
const NOW = "2026-11-20T12:00:00Z";

const DIRECTORY = join(import.meta.dirname, "../../cases/policy");

/** All cases of the corpus, in a stable order. */
export function policyCases(): readonly PolicyCase[] {
  return readdirSync(DIRECTORY)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(join(DIRECTORY, name), "utf8")) as RawCase[])
    .map((raw) => ({
      ...raw,
      call: expand(raw.call),
      context: raw.context ?? {},
      facts: raw.facts ?? {},
      now: Date.parse(raw.now ?? NOW),
    }));
}

type RawCase = Omit<PolicyCase, "now" | "facts" | "call"> & {
  readonly call: JsonValue;
  readonly facts?: Facts;
  /** RFC 3339. */
  readonly now?: string;
};

/**
 * Calls too large or too strange for a readable file are written short: `{repeat a 9}` is nine
 * times `a`, `{nest 9}` an array nested nine deep, `{surrogate}` a lone surrogate, and
 * `{"$call": x}` the value x where a call is expected.
 */
function expand(value: JsonValue): JsonValue {
  if (typeof value === "string") return expandText(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(expand);
  const members = Object.entries<JsonValue>(value as Readonly<Record<string, JsonValue>>);
  if (members.length === 1 && members[0]?.[0] === "$call") return members[0][1];
  return Object.fromEntries(
    members.map(([name, member]) => [name === "{surrogate}" ? "\ud800" : name, expand(member)]),
  );
}

function expandText(text: string): JsonValue {
  if (text === "{surrogate}") return "\ud800";
  const repeat = /^\{repeat (.) (\d+)\}$/u.exec(text);
  if (repeat !== null) return (repeat[1] as string).repeat(Number(repeat[2]));
  const nest = /^\{nest (\d+)\}$/.exec(text);
  if (nest === null) return text;
  let nested: JsonValue = [];
  for (let depth = 1; depth < Number(nest[1]); depth++) nested = [nested];
  return nested;
}
