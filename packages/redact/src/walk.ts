import type { JsonObject, JsonValue } from "@proclaw/core";
import { isCardValue } from "./cards.ts";
import { mark, redactText } from "./redact-text.ts";
import { CARD_RULE, ruleName } from "./rules-version.ts";
import { secretMemberRule } from "./secret-members.ts";
import type { Recognizer } from "./span.ts";

/** Deeper than any value that a call or a record may hold; what lies deeper is not looked at but taken out. */
const MAX_DEPTH = 256;
const NESTING_RULE = ruleName("nesting");
const SECRET_MARK = mark("secret");

/** Told of everything taken out; `pointer` makes the JSON Pointer into the sanitized value when asked. */
export type ReportAt = (dataClass: string, rule: string, pointer: () => string) => void;

/**
 * A copy of `value` without what the recognizers and the rules on member names find, in strings,
 * numbers and member names. Parts in which nothing is found are not copied but handed back.
 */
export function redactValue(value: JsonValue, recognizers: readonly Recognizer[], report: ReportAt): JsonValue {
  const path: string[] = [];
  const pointer = (): string => path.map((step) => "/" + step.replaceAll("~", "~0").replaceAll("/", "~1")).join("");
  const found = (dataClass: string, rule: string): void => report(dataClass, rule, pointer);
  return redact(value);

  function redact(node: JsonValue): JsonValue {
    switch (typeof node) {
      case "string":
        return redactText(node, recognizers, found);
      case "number":
        if (!isCardValue(node)) return node;
        found("payment_card", CARD_RULE);
        return mark("payment_card");
      case "object":
        if (node === null) return node;
        if (path.length >= MAX_DEPTH) {
          found("secret", NESTING_RULE);
          return SECRET_MARK;
        }
        return Array.isArray(node) ? redactArray(node) : redactObject(node as JsonObject);
      default:
        return node;
    }
  }

  /** @param rule the rule by which every text directly in the array is a secret */
  function redactArray(array: readonly JsonValue[], rule: string | null = null): readonly JsonValue[] {
    let copy: JsonValue[] | null = null;
    for (let i = 0; i < array.length; i++) {
      const item = array[i] as JsonValue;
      path.push(String(i));
      const isSecret = rule !== null && isUnmarked(item);
      if (isSecret) found("secret", rule);
      const clean = isSecret ? SECRET_MARK : redact(item);
      path.pop();
      if (clean !== item) copy ??= array.slice(0, i);
      copy?.push(clean);
    }
    return copy ?? array;
  }

  function redactObject(object: JsonObject): JsonObject {
    const names = Object.keys(object);
    const cleanNames = redactNames(names);
    let copy: Record<string, JsonValue> | null = cleanNames === names ? null : {};
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const cleanName = cleanNames[i] as string;
      const member = object[name] as JsonValue;
      path.push(cleanName);
      const clean = redactMember(object, name, member);
      path.pop();
      if (clean !== member && copy === null) {
        copy = {};
        for (const earlier of names.slice(0, i)) setMember(copy, earlier, object[earlier] as JsonValue);
      }
      if (copy !== null) setMember(copy, cleanName, clean);
    }
    return copy ?? object;
  }

  function redactMember(object: JsonObject, name: string, member: JsonValue): JsonValue {
    const mayBeSecret = typeof member === "string" ? isUnmarked(member) : Array.isArray(member);
    const rule = mayBeSecret ? secretMemberRule(object, name) : null;
    if (rule === null) return redact(member);
    if (Array.isArray(member)) return redactArray(member as readonly JsonValue[], rule);
    found("secret", rule);
    return SECRET_MARK;
  }

  /** Member names, cleaned; the same array if all were clean. Names that become equal are numbered, so no member is lost. */
  function redactNames(names: readonly string[]): readonly string[] {
    let cleaned: string[] | null = null;
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      // Reported at the member that bears the name: `at` never shows what was taken out.
      const reports: [string, string][] = [];
      const clean = redactText(name, recognizers, (dataClass, rule) => reports.push([dataClass, rule]));
      if (clean === name) {
        cleaned?.push(name);
        continue;
      }
      cleaned ??= names.slice(0, i);
      cleaned.push(clean);
      path.push(clean);
      for (const [dataClass, rule] of reports) found(dataClass, rule);
      path.pop();
    }
    return cleaned === null ? names : numberEqual(names, cleaned);
  }
}

/** A text that has not been taken out yet. */
function isUnmarked(value: JsonValue): value is string {
  return typeof value === "string" && value !== "" && value !== SECRET_MARK;
}

function numberEqual(names: readonly string[], cleaned: readonly string[]): string[] {
  // Names that were clean keep their place, else a second pass would number differently.
  const taken = new Set(names.filter((name, i) => cleaned[i] === name));
  const next = new Map<string, number>();
  return cleaned.map((name, i) => {
    if (name === names[i]) return name;
    let candidate = name;
    let number = next.get(name) ?? 2;
    while (taken.has(candidate)) candidate = `${name}#${number++}`;
    next.set(name, number);
    taken.add(candidate);
    return candidate;
  });
}

function setMember(object: Record<string, JsonValue>, name: string, value: JsonValue): void {
  // Plain assignment to `__proto__` would set the prototype instead of a member.
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else object[name] = value;
}
