import type { CallContext, Facts, JsonObject, JsonValue } from "@proclaw/core";
import { isArray, isObject, readConstraint } from "./reference-document.ts";
import type { Condition, Operator } from "./reference-document.ts";
import { hostMatches, hostOfUrl, inCidrs, inUrlZone } from "./reference-network.ts";
import { commandTruth } from "./reference-command.ts";
import { declaredType, insert, jsonType, REFERENCE, resolve } from "./reference-operand.ts";
import { pathTruth } from "./reference-path.ts";
import { inHours, timeOfDay } from "./reference-time.ts";
import { all, any, errorOf, fromBoolean, isError, negate, settle } from "./truth.ts";
import type { Column, ErrorKind, Reached, Truth } from "./truth.ts";
import { isIP } from "node:net";

/** All that a condition may look at besides the value. */
export interface Surroundings {
  readonly column: Column;
  readonly context: CallContext;
  readonly facts: Facts;
  /** Declared types of variables. */
  readonly variables: JsonObject;
  readonly internalDomains: readonly string[];
  readonly timezone: string;
  readonly reached: Reached;
}

type Found =
  | { readonly at: "absent" }
  | { readonly at: "mistyped" }
  | { readonly at: "value"; readonly value: JsonValue };

/** Truth of one entry of `constraints`, settled for the kind of rule. */
export function conditionTruth(condition: Condition, args: JsonObject, around: Surroundings): Truth {
  const { column, reached } = around;
  const found = locate(condition, args);
  if (found.at === "value" && found.value === null) reached(`null: ${column}`);
  const truths = condition.operators.map((operator): Truth => {
    if (found.at === "mistyped") return "mistyped";
    if (found.at === "value") return operatorTruth(operator, found.value, around);
    const truth = absentTruth(operator, column);
    reached(`absent, ${isNegative(operator) ? "negative" : "positive"} operator: ${column}`);
    return truth;
  });
  for (const truth of truths) {
    if (truth === "mistyped") reached(`another type: ${column}`);
    if (isError(truth)) reached(`${truth}: ${column}`);
  }
  return settle(all(truths, column), column);
}

/** "Arguments are own properties only." "Through a non-object: mistyped." */
export function locate(condition: Pick<Condition, "path" | "pointer">, args: JsonObject): Found {
  let value: JsonValue = args;
  for (const step of condition.path) {
    if (isObject(value)) {
      if (!Object.hasOwn(value, step)) return { at: "absent" };
      value = value[step] as JsonValue;
    } else if (isArray(value) && condition.pointer) {
      if (!/^(?:0|[1-9]\d*)$/.test(step)) return { at: "mistyped" };
      if (Number(step) >= value.length) return { at: "absent" };
      value = value[Number(step)] as JsonValue;
    } else return { at: "mistyped" };
  }
  return { at: "value", value };
}

/** "argument absent: false (also for `not`, …)" in an allow rule; negative operators are true in a deny rule. */
function absentTruth(operator: Operator, column: Column): Truth {
  const { name, operand } = operator;
  if (name === "absent") return fromBoolean(operand === true);
  if (name === "present") return fromBoolean(operand === false);
  return fromBoolean(column === "restrict" && isNegative(operator));
}

function isNegative({ name, operand }: Operator): boolean {
  if (name === "path") return Object.keys(operand as JsonObject).every((part) => part === "not_within");
  return name === "not" || name === "none_of";
}

function constraintTruth(raw: JsonValue, value: JsonValue, around: Surroundings): Truth {
  const operators = readConstraint(raw, around.column === "restrict");
  return all(
    operators.map((operator) => operatorTruth(operator, value, around)),
    around.column,
  );
}

function operatorTruth({ name, operand }: Operator, value: JsonValue, around: Surroundings): Truth {
  switch (name) {
    case "present":
      return fromBoolean(operand === true);
    case "absent":
      return fromBoolean(operand === false);
    case "type":
      return fromBoolean((isArray(operand) ? operand : [operand]).includes(jsonType(value)));
    case "not":
      return negate(constraintTruth(operand, value, around));
    case "equals":
      return equalsOneOf(value, [operand], around);
    case "one_of":
      return equalsOneOf(value, operand as readonly JsonValue[], around);
    case "none_of":
      return negate(equalsOneOf(value, operand as readonly JsonValue[], around));
    case "gt":
      return numberTruth(value, operand, around, (n, limit) => n > limit);
    case "gte":
      return numberTruth(value, operand, around, (n, limit) => n >= limit);
    case "lt":
      return numberTruth(value, operand, around, (n, limit) => n < limit);
    case "lte":
      return numberTruth(value, operand, around, (n, limit) => n <= limit);
    case "length":
      return lengthTruth(typeof operand === "number" ? { min: operand, max: operand } : (operand as JsonObject), value);
    case "regex": {
      const [source, search] = operand as readonly [string, boolean];
      return text(value, (s) => new RegExp(search ? source : `^(?:${source})$`, "us").test(s));
    }
    case "glob":
      return text(value, (s) =>
        withText(operand as string, around, true, (glob, escape) => globMatches(glob, escape, s)),
      );
    case "prefix":
      return text(value, (s) => withText(operand as string, around, false, (prefix) => s.startsWith(prefix)));
    case "suffix":
      return text(value, (s) => withText(operand as string, around, false, (suffix) => s.endsWith(suffix)));
    case "contains":
      return containsTruth(operand, value, around);
    case "every":
    case "some": {
      if (!isArray(value)) return "mistyped";
      if (value.length === 0) {
        around.reached(`${name} on an empty array: ${around.column}`);
        return "false";
      }
      const truths = value.map((item) => constraintTruth(operand, item, around));
      // "a mistyped element is mistyped", whatever the others are.
      if (truths.includes("mistyped")) return all(["mistyped", ...truths.filter(isError)], around.column);
      return name === "every" ? all(truths, around.column) : any(truths, around.column);
    }
    case "path":
      return pathTruth(operand as JsonObject, value, around);
    case "url":
      return urlTruth(operand as JsonObject, value, around);
    case "cidr": {
      const cidrs = isArray(operand) ? (operand as readonly string[]) : [operand as string];
      if (typeof value !== "string" || isIP(value) === 0) return "mistyped";
      return fromBoolean(inCidrs(value, cidrs));
    }
    case "email":
      return emailTruth(operand as JsonObject, value);
    case "command":
      return commandTruth(operand as JsonObject, value, around.column);
    case "time_of_day": {
      const minute = typeof value === "string" ? timeOfDay(value, around.timezone) : null;
      if (minute === null) return "mistyped";
      return fromBoolean((isArray(operand) ? operand : [operand]).some((hours) => inHours(hours as string, minute)));
    }
    default:
      throw new Error(`operator ${name} is not covered by the reference`);
  }
}

function numberTruth(
  value: JsonValue,
  operand: JsonValue,
  around: Surroundings,
  test: (n: number, limit: number) => boolean,
): Truth {
  if (typeof value !== "number") return "mistyped";
  const limit = resolve(operand, around);
  if ("error" in limit) return limit.error;
  return typeof limit.value === "number" ? fromBoolean(test(value, limit.value)) : "evaluation_error";
}

function text(value: JsonValue, test: (s: string) => boolean | Truth): Truth {
  if (typeof value !== "string") return "mistyped";
  const truth = test(value);
  return typeof truth === "boolean" ? fromBoolean(truth) : truth;
}

/** "Equality compares JSON values deeply and needs the JSON type of its operand"; of one operand when there are several. */
function equalsOneOf(value: JsonValue, operands: readonly JsonValue[], around: Surroundings): Truth {
  const ofType = operands.filter((operand) => mayHaveType(operand, jsonType(value), around));
  if (ofType.length === 0) return "mistyped";
  const resolved = ofType.map((operand) => resolve(operand, around));
  // "an unknown variable matters … when the argument is there and of the right type", also beside an operand that equals
  const error = errorOf(resolved.flatMap((one) => ("error" in one ? [one.error] : [])));
  return error ?? fromBoolean(resolved.some((one) => "value" in one && deepEqual(one.value, value)));
}

/** Whether an operand is of the type; a variable that is not known and not declared may be of any. */
function mayHaveType(operand: JsonValue, type: string, around: Surroundings): boolean {
  const whole = typeof operand === "string" ? /^\$\{([^{}]+)\}$/.exec(operand) : null;
  if (whole === null) return jsonType(operand) === type;
  const name = whole[1] as string;
  const declared = declaredType(name, around);
  if (declared !== undefined) return declared === type;
  const values = around.context.variables ?? {};
  return !Object.hasOwn(values, name) || jsonType(values[name] as JsonValue) === type;
}

function deepEqual(a: JsonValue, b: JsonValue): boolean {
  if (isArray(a) && isArray(b))
    return a.length === b.length && a.every((item, i) => deepEqual(item, b[i] as JsonValue));
  if (isObject(a) && isObject(b)) {
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && deepEqual(a[name] as JsonValue, b[name] as JsonValue))
    );
  }
  return a === b;
}

/** A string operand with variables inserted; where `guarded`, they may bring in no separator and no pattern. */
function withText(
  operand: string,
  around: Surroundings,
  guarded: boolean,
  test: (text: string, literal: readonly string[]) => boolean,
): Truth {
  const errors: ErrorKind[] = [];
  const literal: string[] = [];
  const filled = operand.replaceAll(REFERENCE, (_, name: string) => {
    const inserted = insert(name, around, errors);
    if (!guarded) return inserted;
    if (/[/\\]|\.\./.test(inserted)) errors.push("evaluation_error");
    // A private-use character stands for the inserted text, so that its `*` is no wild card.
    literal.push(inserted);
    return String.fromCodePoint(0xf_0000 + literal.length - 1);
  });
  return errorOf(errors) ?? fromBoolean(test(filled, literal));
}

/** "`*` and `?` do not cross `/`, `**` does" */
function globMatches(glob: string, literal: readonly string[], value: string): boolean {
  let source = "";
  const chars = Array.from(glob);
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] as string;
    const inserted = literal[(char.codePointAt(0) as number) - 0xf_0000];
    if (inserted !== undefined) source += escape(inserted);
    else if (char === "/" && glob2(chars, i + 1) && chars[i + 3] === "/") {
      source += "/(?:.*/)?";
      i += 3;
    } else if (char === "/" && glob2(chars, i + 1) && i + 3 === chars.length) {
      source += "/.+";
      i += 2;
    } else if (glob2(chars, i)) {
      source += ".*";
      i++;
    } else if (char === "*") source += "[^/]*";
    else source += char === "?" ? "[^/]" : escape(char);
  }
  return new RegExp(`^(?:${source})$`, "us").test(value);
}

function glob2(chars: readonly string[], at: number): boolean {
  return chars[at] === "*" && chars[at + 1] === "*";
}

function escape(literal: string): string {
  return literal.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, (char) => `\\u{${(char.codePointAt(0) as number).toString(16)}}`);
}

export function toolMatches(pattern: string, tool: string): boolean {
  return new RegExp(`^(?:${pattern.split("*").map(escape).join(".*")})$`, "us").test(tool);
}

/** "code points of a string, items of an array; an object is mistyped" */
function lengthTruth(operand: JsonObject, value: JsonValue): Truth {
  const length = typeof value === "string" ? Array.from(value).length : isArray(value) ? value.length : null;
  if (length === null) return "mistyped";
  const { min = 0, max = Number.POSITIVE_INFINITY } = operand as { readonly min?: number; readonly max?: number };
  return fromBoolean(length >= min && length <= max);
}

/** "substring or element" */
function containsTruth(operand: JsonValue, value: JsonValue, around: Surroundings): Truth {
  if (!isArray(value) && (typeof value !== "string" || typeof operand !== "string")) return "mistyped";
  const wanted = resolve(operand, around);
  if ("error" in wanted) return wanted.error;
  if (isArray(value)) return fromBoolean(value.some((item) => deepEqual(item, wanted.value)));
  return typeof wanted.value === "string" ? fromBoolean(value.includes(wanted.value)) : "mistyped";
}

function urlTruth(operand: JsonObject, value: JsonValue, around: Surroundings): Truth {
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (url === null) return "mistyped";
  if (operand["userinfo"] !== true && (url.username !== "" || url.password !== "")) return "mistyped";
  const read = hostOfUrl(url);
  if (read === "unreadable") return "mistyped";
  const host = read === "none" ? "" : read.name;
  const truths: boolean[] = [];
  const list = (name: string): readonly JsonValue[] | null => {
    const entries = operand[name];
    if (entries === undefined) return null;
    return isArray(entries) ? entries : [entries];
  };
  const schemes = list("schemes");
  if (schemes !== null) truths.push(schemes.includes(url.protocol.slice(0, -1)));
  const hosts = list("hosts");
  if (hosts !== null) truths.push(hosts.some((entry) => hostMatches(host, (entry as string).toLowerCase())));
  const ports = list("ports");
  if (ports !== null) truths.push(ports.includes(portOf(url)));
  const paths = list("paths");
  if (paths !== null) truths.push(paths.some((glob) => globMatches(glob as string, [], url.pathname)));
  const zones = list("zones");
  if (zones !== null) truths.push(zones.some((zone) => inUrlZone(host, zone as string, around.internalDomains)));
  return fromBoolean(truths.every(Boolean));
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return { "http:": 80, "https:": 443, "ws:": 80, "wss:": 443, "ftp:": 21 }[url.protocol] ?? -1;
}

/** "One address without quoting, comments or display name": the characters of RFC 5321's atoms, and dots. */
function emailTruth(operand: JsonObject, value: JsonValue): Truth {
  const [local, domain, ...more] = typeof value === "string" ? value.toLowerCase().split("@") : [];
  if (local === undefined || domain === undefined || more.length > 0) return "mistyped";
  if (!/^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+$/.test(local) || local.length > 64 || domain.length > 253) return "mistyped";
  // `toLowerCase` folds two letters of other alphabets into ASCII.
  if (/[^\x21-\x7e]/.test(value as string)) return "mistyped";
  if (!domain.split(".").every((label) => /^[a-z0-9-]+$/.test(label))) return "mistyped";
  const domains = operand["domains"];
  return fromBoolean(
    (isArray(domains) ? (domains as string[]) : [domains as string]).some((entry) => hostMatches(domain, entry)),
  );
}

/** Strings that the operators would test by a pattern, for the size limit. */
export function patternInputs(operators: readonly Operator[], value: JsonValue, restricts: boolean): string[] {
  return operators.flatMap(({ name, operand }) => {
    if ((name === "regex" || name === "glob") && typeof value === "string") return [value];
    if (name === "url" && typeof value === "string" && Object.hasOwn(operand as JsonObject, "paths")) return [value];
    if (name === "not") return patternInputs(readConstraint(operand, restricts), value, restricts);
    if ((name === "every" || name === "some") && isArray(value)) {
      return value.flatMap((item) => patternInputs(readConstraint(operand, restricts), item, restricts));
    }
    return [];
  });
}
