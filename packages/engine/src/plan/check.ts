import { type JsonValue, ProclawError } from "@proclaw/core";

type Members = Readonly<Record<string, JsonValue>>;

/** Strict readers of plan data. Whatever is not exactly as expected throws `invalid_policy` with its place. */
export function bad(at: string, what: string): never {
  throw new ProclawError("invalid_policy", `the plan is not valid: ${at || "it"} ${what}`);
}

/** An object with exactly these members. */
export function object(value: JsonValue | undefined, at: string, keys: readonly string[]): Members {
  const members = record(value, at);
  const found = Object.keys(members);
  for (const key of keys) if (!Object.hasOwn(members, key)) bad(at, `has no \`${key}\``);
  if (found.length !== keys.length) bad(at, "has a member that is not known");
  return members;
}

export function record(value: JsonValue | undefined, at: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) bad(at, "is not an object");
  return value as Members;
}

export function list(value: JsonValue | undefined, at: string, min = 0): readonly JsonValue[] {
  if (!Array.isArray(value)) bad(at, "is not a list");
  if ((value as readonly JsonValue[]).length < min) bad(at, "is too short");
  return value as readonly JsonValue[];
}

export function each(
  value: JsonValue | undefined,
  at: string,
  check: (item: JsonValue, at: string) => void,
  min = 0,
): void {
  list(value, at, min).forEach((item, index) => check(item, `${at}/${index}`));
}

export function orNull(
  value: JsonValue | undefined,
  at: string,
  check: (value: JsonValue | undefined, at: string) => void,
): void {
  if (value !== null) check(value, at);
}

export function string(value: JsonValue | undefined, at: string): string {
  if (typeof value !== "string") bad(at, "is not a string");
  return value;
}

/** A string that is not empty. */
export function name(value: JsonValue | undefined, at: string): string {
  const text = string(value, at);
  if (text === "") bad(at, "is empty");
  return text;
}

export function names(value: JsonValue | undefined, at: string, min = 0): void {
  each(value, at, (item, place) => void name(item, place), min);
}

export function boolean(value: JsonValue | undefined, at: string): boolean {
  if (typeof value !== "boolean") bad(at, "is not true or false");
  return value;
}

export function integer(value: JsonValue | undefined, at: string, min: number, max: number): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    bad(at, `is not a whole number from ${min} to ${max}`);
  }
  return value as number;
}

export function oneOf(value: JsonValue | undefined, at: string, known: readonly string[]): string {
  if (typeof value !== "string" || !known.includes(value)) bad(at, "is not one of the known values");
  return value;
}
