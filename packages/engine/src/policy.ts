import type { Effect, JsonValue, PolicyMode, ToolCatalogue } from "@proclaw/core";

/** The only policy version there is. */
export const POLICY_VERSION = 1;

/** Data classes that a rule may let pass. */
export const DATA_CLASSES = ["payment_card", "secret"] as const;
export type DataClass = (typeof DATA_CLASSES)[number];

export const JSON_TYPES = ["string", "number", "boolean", "null", "array", "object"] as const;
export type JsonType = (typeof JSON_TYPES)[number];

export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export const RATE_LIMIT_DIMENSIONS = ["agent", "session", "principal", "tool"] as const;
export type RateLimitDimension = (typeof RATE_LIMIT_DIMENSIONS)[number];

export const URL_ZONES = ["private", "loopback", "link_local", "metadata", "public"] as const;
export type UrlZone = (typeof URL_ZONES)[number];

export const NETWORK_ZONES = ["none", "internal", "external"] as const;
export type NetworkZone = (typeof NETWORK_ZONES)[number];

/** A policy as its author writes it. docs/policy/README.md is the reference. */
export interface PolicyDocument {
  version?: typeof POLICY_VERSION;
  name?: string;
  description?: string;
  mode?: PolicyMode;
  /** IANA name; UTC if absent. */
  timezone?: string;
  /** Files, or built-in templates as `template:<name>`. */
  extends?: string | readonly string[];
  variables?: Readonly<Record<string, VariableDeclaration>>;
  roles?: Readonly<Record<string, RoleDeclaration>>;
  /** Domains whose names count as internal. */
  internal_domains?: readonly string[];
  tools?: ToolCatalogue;
  rules: readonly RuleDocument[];
}

export interface VariableDeclaration {
  type: JsonType;
  description?: string;
}

export interface RoleDeclaration {
  inherits?: readonly string[];
  description?: string;
}

export interface RuleDocument {
  name: string;
  /** The name, if absent. */
  id?: string;
  description?: string;
  tags?: readonly string[];
  /** Marks the one rule that names the ordinary outcome: `default: true, allow: false`. */
  default?: true;
  /** Names and globs (`fs.*`). */
  tool?: string | readonly string[];
  effect?: Effect;
  /** The short form of `effect: allow` and `effect: deny`. */
  allow?: boolean;
  roles?: string | readonly string[];
  agents?: string | readonly string[];
  principals?: string | readonly string[];
  sessions?: string | readonly string[];
  /** By argument; `time_window` and `network` are reserved. */
  constraints?: Readonly<Record<string, ConstraintDocument>>;
  time_window?: WindowDocument | readonly WindowDocument[];
  rate_limit?: RateLimitDocument;
  /** Deny and approval rules only. */
  mode?: "audit";
  /** Told to the model. */
  reason?: string;
  /** Data classes that this granting rule lets pass. */
  data?: readonly DataClass[];
  /** Whether arguments without a constraint may be there; `deny` if absent. */
  other_args?: "deny" | "allow";
}

/** `08:00-18:00`, or days with hours. */
export type WindowDocument = string | { days?: readonly Weekday[]; hours?: string | readonly string[] };

export interface RateLimitDocument {
  limit: number;
  /** A duration such as `1m`. */
  per: string | number;
  /** Whose calls share a bucket; all calls of the rule, if absent. */
  by?: RateLimitDimension;
  algorithm?: "token_bucket" | "sliding_window";
}

/** A bare value (equality, `^…$` pattern, list of values) or operators. */
export type ConstraintDocument = JsonValue | OperatorsDocument | WindowDocument | readonly WindowDocument[];

type Strings = string | readonly string[];

/** Operators on one argument; all of them must hold. */
export interface OperatorsDocument {
  equals?: JsonValue;
  not?: ConstraintDocument;
  one_of?: readonly JsonValue[];
  none_of?: readonly JsonValue[];
  regex?: string;
  /** With `regex`: whether a part of the value may match. Deny and approval rules must state it. */
  search?: boolean;
  glob?: string;
  prefix?: string;
  suffix?: string;
  contains?: JsonValue;
  gt?: number | string;
  gte?: number | string;
  lt?: number | string;
  lte?: number | string;
  length?: number | { min?: number; max?: number };
  type?: JsonType | readonly JsonType[];
  present?: boolean;
  absent?: boolean;
  path?: { within?: Strings; not_within?: Strings; extensions?: Strings };
  url?: {
    schemes?: Strings;
    hosts?: Strings;
    ports?: number | readonly number[];
    paths?: Strings;
    zones?: UrlZone | readonly UrlZone[];
    userinfo?: boolean;
  };
  cidr?: Strings;
  email?: { domains: Strings };
  time_of_day?: Strings;
  /** A plain command; docs/policy/README.md says what is plain. */
  command?: {
    programs: Strings;
    subcommands?: Strings;
    options?: Strings;
    operands?: boolean;
    allow_wrappers?: boolean;
  };
  every?: ConstraintDocument;
  some?: ConstraintDocument;
}

/** Operators of {@link OperatorsDocument}, without `search`, which belongs to `regex`. */
export const OPERATORS = [
  "equals",
  "not",
  "one_of",
  "none_of",
  "regex",
  "glob",
  "prefix",
  "suffix",
  "contains",
  "gt",
  "gte",
  "lt",
  "lte",
  "length",
  "type",
  "present",
  "absent",
  "path",
  "url",
  "cidr",
  "email",
  "time_of_day",
  "command",
  "every",
  "some",
] as const;
export type Operator = (typeof OPERATORS)[number];
