import type { Effect, JsonValue, PolicyMode } from "@proclaw/core";
import type { PatternTable } from "../pattern/run.ts";
import type { DataClass, JsonType, NetworkZone, RateLimitDimension, UrlZone } from "../policy.ts";

/** Version of the plan's form. A plan of another version is not loaded. */
export const PLAN_VERSION = 1;

/**
 * A compiled policy: plain JSON data, nothing in it is code, and every lookup structure is built
 * when it is loaded instead of being stored (what is not there cannot lie).
 */
export interface Plan {
  readonly planVersion: typeof PLAN_VERSION;
  readonly policy: {
    readonly id: string | null;
    readonly version: number;
    readonly mode: PolicyMode;
    /** SHA-256, hex, of the source bytes of the policy file. */
    readonly sha256: string;
  };
  /** Declared types of variables. */
  readonly variables: Readonly<Record<string, JsonType>>;
  readonly internalDomains: readonly string[];
  readonly tools: Readonly<Record<string, ToolPlan>>;
  /** In file order. */
  readonly rules: readonly RulePlan[];
  readonly defaultRule: DefaultRulePlan | null;
  /** Tables of the regular expressions and globs, each once. */
  readonly patterns: readonly PatternTable[];
}

export interface ToolPlan {
  /** Null: undeclared. */
  readonly network: ZonePlan | null;
  readonly timeoutMs: number | null;
  readonly sandbox: string | null;
  /** `reversible: false` without `undo`. */
  readonly irreversible: boolean;
  readonly undo: string | null;
  readonly harmlessArgs: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly subject: string | null;
  readonly hosts: readonly string[];
  readonly output: { readonly maxBytes: number | null; readonly keepFields: readonly string[] | null } | null;
  readonly payload: "inline" | "ref" | "sealed" | "omitted" | null;
}

export type ZonePlan = { readonly zone: NetworkZone } | { readonly members: readonly ZoneMember[] };

export type ZoneMember =
  | { readonly kind: "host"; readonly host: string }
  /** All names below `suffix`, without `suffix` itself. */
  | { readonly kind: "suffix"; readonly suffix: string }
  /** `address` is 4 or 16 bytes. */
  | { readonly kind: "cidr"; readonly address: readonly number[]; readonly bits: number };

export interface DefaultRulePlan {
  readonly id: string;
  readonly name: string;
  readonly allow: boolean;
  readonly reason: string | null;
}

export interface RulePlan {
  readonly id: string;
  readonly name: string;
  readonly effect: Effect;
  readonly audit: boolean;
  readonly reason: string | null;
  /** Exact tool names, and globs cut at their `*`. */
  readonly tools: readonly string[];
  readonly toolGlobs: readonly (readonly string[])[];
  /** Closed over inheritance: a caller with any of these roles is meant. Null: no selector. */
  readonly roles: readonly string[] | null;
  readonly agents: readonly string[] | null;
  readonly principals: readonly string[] | null;
  readonly sessions: readonly string[] | null;
  /** All of them must be open. */
  readonly windows: readonly WindowSetPlan[];
  readonly network: ZonePlan | null;
  readonly conditions: readonly ConditionPlan[];
  readonly otherArgs: boolean;
  readonly data: readonly DataClass[];
  readonly rateLimit: RateLimitPlan | null;
}

export interface RateLimitPlan {
  readonly limit: number;
  readonly perMs: number;
  readonly by: RateLimitDimension | null;
  readonly algorithm: "token_bucket" | "sliding_window";
}

/** Open if one of the windows is. */
export interface WindowSetPlan {
  readonly timezone: string;
  readonly windows: readonly WindowPlan[];
}

export interface WindowPlan {
  /** 0 is Sunday; the day on which the window starts. */
  readonly days: readonly number[];
  /** Minute of the day, 0–1439. */
  readonly start: number;
  /** Minute of the day, 1–1440; at or before `start`: on the next day. Never equal to `start`. */
  readonly end: number;
}

/** A test on one argument. */
export interface ConditionPlan {
  /** As the author wrote it. */
  readonly key: string;
  readonly path: readonly string[];
  /** JSON Pointer: goes through arrays too. */
  readonly pointer: boolean;
  readonly test: TestPlan;
}

export type OperandPlan =
  | { readonly kind: "value"; readonly value: JsonValue }
  | { readonly kind: "variable"; readonly name: string }
  /** Text and variable names in turn; the first and the last are text. */
  | { readonly kind: "template"; readonly parts: readonly string[] }
  | { readonly kind: "list"; readonly items: readonly OperandPlan[] }
  | { readonly kind: "object"; readonly members: readonly (readonly [string, OperandPlan])[] };

/** A glob with variables in it: cannot be a table, since a variable's value is known at the call. */
export type GlobToken =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string }
  /**
   * One character but `/`; a run of such; any run; at least one character; whole segments each with
   * its `/`, or none.
   */
  | { readonly kind: "one" | "run" | "any" | "some" | "segments" };

export type GlobPlan =
  | { readonly kind: "table"; readonly pattern: number }
  | { readonly kind: "tokens"; readonly tokens: readonly GlobToken[] };

export type TestPlan =
  | { readonly op: "all"; readonly tests: readonly TestPlan[] }
  | { readonly op: "not" | "every" | "some"; readonly test: TestPlan }
  | { readonly op: "equals" | "prefix" | "suffix" | "contains"; readonly operand: OperandPlan }
  | { readonly op: "one_of" | "none_of"; readonly operands: readonly OperandPlan[] }
  | { readonly op: "gt" | "gte" | "lt" | "lte"; readonly operand: OperandPlan }
  | { readonly op: "regex"; readonly pattern: number; readonly source: string }
  | { readonly op: "glob"; readonly glob: GlobPlan; readonly source: string }
  | { readonly op: "length"; readonly min: number; readonly max: number | null }
  | { readonly op: "type"; readonly types: readonly JsonType[] }
  | { readonly op: "present" | "absent" }
  | { readonly op: "path_within" | "path_not_within"; readonly roots: readonly OperandPlan[] }
  | { readonly op: "path_extensions"; readonly extensions: readonly OperandPlan[] }
  | UrlTestPlan
  | { readonly op: "cidr"; readonly members: readonly ZoneMember[] }
  | { readonly op: "email"; readonly domains: readonly OperandPlan[] }
  | { readonly op: "time_of_day"; readonly timezone: string; readonly ranges: readonly (readonly [number, number])[] }
  | {
      readonly op: "command";
      readonly programs: readonly string[];
      readonly subcommands: readonly string[] | null;
      /** With `operands` what may follow in an allow rule; null in deny and approval rules, which do not ask. */
      readonly options: readonly string[] | null;
      readonly operands: boolean;
    };

export interface UrlTestPlan {
  readonly op: "url";
  readonly schemes: readonly OperandPlan[] | null;
  readonly hosts: readonly OperandPlan[] | null;
  readonly ports: readonly number[] | null;
  readonly paths: readonly GlobPlan[] | null;
  readonly zones: readonly UrlZone[] | null;
  readonly userinfo: boolean;
}
