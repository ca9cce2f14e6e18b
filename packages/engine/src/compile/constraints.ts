import type { Effect } from "@proclaw/core";
import type { Findings, Place } from "../diagnostics.ts";
import type { ConditionPlan, TestPlan } from "../plan/types.ts";
import { JSON_TYPES, type JsonType, type Operator, OPERATORS } from "../policy.ts";
import { nearest } from "./nearest.ts";
import type { OperandReader } from "./operand.ts";
import { OperatorReader } from "./operators.ts";
import type { PatternPool } from "./patterns.ts";
import type { Reader } from "./reader.ts";

/** What reading the constraints of a rule needs to know. */
export interface ConstraintScope {
  readonly reader: Reader;
  readonly operands: OperandReader;
  readonly patterns: PatternPool;
  readonly timezone: string;
  readonly effect: Effect;
}

const MAX_TEST_DEPTH = 8;

/** What operators are called in other languages. */
const ELSEWHERE: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["eq", "equals"],
  ["is", "equals"],
  ["==", "equals"],
  ["ne", "not"],
  ["neq", "not"],
  ["!=", "not"],
  ["notequals", "not"],
  ["in", "one_of"],
  ["anyof", "one_of"],
  ["enum", "one_of"],
  ["notin", "none_of"],
  ["matches", "regex"],
  ["match", "regex"],
  ["pattern", "regex"],
  ["startswith", "prefix"],
  ["beginswith", "prefix"],
  ["endswith", "suffix"],
  ["includes", "contains"],
  [">", "gt"],
  [">=", "gte"],
  ["min", "gte"],
  ["<", "lt"],
  ["<=", "lte"],
  ["max", "lte"],
  ["exists", "present"],
  ["all", "every"],
  ["any", "some"],
]);

/** Names that are conditions on the call, not on an argument. */
export const RESERVED_CONSTRAINTS: readonly string[] = ["time_window", "network"];

/** Reads what stands under an argument: a bare value or a mapping of operators. */
export class ConstraintReader {
  readonly #scope: ConstraintScope;
  readonly #operators: OperatorReader;
  #depth = 0;

  constructor(scope: ConstraintScope) {
    this.#scope = scope;
    this.#operators = new OperatorReader(scope, (value, place) => this.test(value, place));
  }

  condition(key: string, value: unknown, place: Place): ConditionPlan | undefined {
    const path = readArgumentPath(this.#scope.reader.findings, key, place);
    const test = this.test(value, place);
    if (path === undefined || test === undefined) return undefined;
    return { key, path: path.steps, pointer: path.pointer, test };
  }

  test(value: unknown, place: Place): TestPlan | undefined {
    if (this.#depth >= MAX_TEST_DEPTH)
      return this.#scope.reader.invalid(place, `operators nest deeper than ${MAX_TEST_DEPTH}`);
    this.#depth++;
    try {
      return this.#test(value, place);
    } finally {
      this.#depth--;
    }
  }

  #test(value: unknown, place: Place): TestPlan | undefined {
    if (typeof value === "string") return this.#bareString(value, place);
    if (Array.isArray(value)) return this.#bareList(value, place);
    if (typeof value === "object" && value !== null)
      return this.#mapping(value as Readonly<Record<string, unknown>>, place);
    const operand = this.#scope.operands.read(value, place, "a constraint");
    return operand === undefined ? undefined : { op: "equals", operand };
  }

  #bareString(value: string, place: Place): TestPlan | undefined {
    const whole = /^\$\{[^${}]*\}$/.test(value);
    if (!whole && isAnchored(value)) {
      const pattern = this.#scope.patterns.regex(value, false, place);
      return pattern === undefined ? undefined : { op: "regex", pattern, source: value };
    }
    if (!whole && looksLikePattern(value)) return this.#refusePatternLike(value, place);
    const operand = this.#scope.operands.text(value, place, "a constraint");
    return operand === undefined ? undefined : { op: "equals", operand };
  }

  #bareList(value: readonly unknown[], place: Place): TestPlan | undefined {
    let failed = false;
    value.forEach((item, index) => {
      if (typeof item === "string" && !/^\$\{[^${}]*\}$/.test(item) && (isAnchored(item) || looksLikePattern(item))) {
        this.#refusePatternLike(item, place.at(index));
        failed = true;
      }
    });
    return failed ? undefined : this.#operators.read("one_of", value, {}, place);
  }

  #refusePatternLike(value: string, place: Place): undefined {
    this.#scope.reader.findings.error(
      place,
      "looks_like_pattern",
      `\`${value}\` looks like a pattern, but could be meant literally`,
      "write `regex:` with the pattern, or `equals:` (in lists `one_of:`) with the literal text",
    );
    return undefined;
  }

  #mapping(members: Readonly<Record<string, unknown>>, place: Place): TestPlan | undefined {
    const { reader } = this.#scope;
    const keys = Object.keys(members);
    if (keys.length === 0) return reader.invalid(place, "an empty mapping names no operator");
    const tests: TestPlan[] = [];
    let failed = false;
    for (const key of keys) {
      if (key === "search") {
        if (Object.hasOwn(members, "regex")) continue;
        reader.findings.error(
          place.at(key),
          "invalid_value",
          "`search` says how `regex` is read, and there is none",
          undefined,
          "key",
        );
        failed = true;
        continue;
      }
      if (!isOperator(key)) {
        this.#unknownOperator(key, place);
        failed = true;
        continue;
      }
      const test = this.#operators.read(key, members[key], members, place.at(key));
      if (test === undefined) failed = true;
      else tests.push(test);
    }
    if (failed) return undefined;
    this.#operators.warnOfContradictions(tests, place);
    return tests.length === 1 ? tests[0] : { op: "all", tests };
  }

  #unknownOperator(key: string, place: Place): void {
    if (key === "sql" || key === "graphql") {
      this.#scope.reader.findings.error(
        place.at(key),
        "not_supported",
        `the operator \`${key}\` is not supported by this version yet`,
        undefined,
        "key",
      );
      return;
    }
    const near = ELSEWHERE.get(key.toLowerCase().replaceAll(/[_-]/g, "")) ?? nearest(key, OPERATORS);
    this.#scope.reader.findings.error(
      place.at(key),
      "unknown_key",
      `unknown operator \`${key}\``,
      near === undefined
        ? "to constrain a value inside an argument, write its path as the key, as in `meta.source`"
        : `did you mean \`${near}\`?`,
      "key",
    );
  }
}

function isOperator(key: string): key is (typeof OPERATORS)[number] {
  return (OPERATORS as readonly string[]).includes(key);
}

/** Starts with `^` and ends with `$`: a regular expression over the whole value. */
export function isAnchored(text: string): boolean {
  return text.length >= 2 && text.startsWith("^") && text.endsWith("$");
}

/** policy-language.md, settled questions: what a bare string may not contain. */
export function looksLikePattern(text: string): boolean {
  return (
    text.startsWith("^") ||
    text.endsWith("$") ||
    /\.[*+]|\\[dws]|\(\?/.test(text) ||
    // A bracket with a range: `[a-z]`.
    /\[[^\]]*[^\]]-[^\]][^\]]*\]/.test(text)
  );
}

/** `a.b` walks members; `/a/0` is a JSON Pointer (RFC 6901); `args.network` is the argument of that name. */
function readArgumentPath(
  findings: Findings,
  key: string,
  place: Place,
): { readonly steps: readonly string[]; readonly pointer: boolean } | undefined {
  const bad = (message: string, hint?: string): undefined => {
    findings.error(place, "invalid_value", message, hint, "key");
    return undefined;
  };
  if (!key.isWellFormed()) return bad("an argument's name holds a lone surrogate");
  if (key.startsWith("/")) {
    if (/~(?![01])/.test(key)) return bad(`\`${key}\` is not a JSON Pointer: \`~\` is written \`~0\``);
    const steps = key.slice(1).split("/");
    return { steps: steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")), pointer: true };
  }
  const steps = key.split(".");
  if (steps.includes(""))
    return bad(`\`${key}\` has an empty step`, "a name with dots in it is written as a JSON Pointer: `/my.name`");
  if (key.includes("${")) return bad("a variable cannot stand in an argument's name");
  if (steps[0] === "args" && steps.length > 1 && RESERVED_CONSTRAINTS.includes(steps[1] as string)) steps.shift();
  return { steps, pointer: false };
}

/** Types of arguments on which a test can be true; undefined: any. */
export function typesOfTest(test: TestPlan, operands: OperandReader): readonly JsonType[] | undefined {
  switch (test.op) {
    case "equals": {
      const type = operands.typeOf(test.operand);
      return type === undefined ? undefined : [type];
    }
    case "one_of": {
      const types = test.operands.map((operand) => operands.typeOf(operand));
      return types.includes(undefined) ? undefined : (types as JsonType[]);
    }
    case "regex":
    case "glob":
    case "prefix":
    case "suffix":
    case "path_within":
    case "path_not_within":
    case "path_extensions":
    case "url":
    case "cidr":
    case "email":
    case "time_of_day":
    case "command":
      return ["string"];
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return ["number"];
    case "length":
      return ["string", "array"];
    case "contains": {
      const type = operands.typeOf(test.operand);
      return type === undefined || type === "string" ? ["string", "array"] : ["array"];
    }
    case "every":
    case "some":
      return ["array"];
    case "type":
      return test.types;
    case "absent":
      return [];
    case "all":
      return test.tests
        .map((inner) => typesOfTest(inner, operands) ?? JSON_TYPES)
        .reduce((left, right) => left.filter((type) => right.includes(type)));
    default:
      return undefined;
  }
}
