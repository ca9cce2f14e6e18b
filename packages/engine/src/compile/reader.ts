import type { Findings, Place } from "../diagnostics.ts";
import { nearest } from "./nearest.ts";

export type Members = Readonly<Record<string, unknown>>;

export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return `a ${typeof value}`;
}

/** Reads untyped data and reports what does not fit. Every method answers undefined after an error. */
export class Reader {
  readonly findings: Findings;

  constructor(findings: Findings) {
    this.findings = findings;
  }

  mapping(value: unknown, place: Place, what: string): Members | undefined {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Members;
    return this.wrongType(place, what, "a mapping", value);
  }

  /** Reports keys that are not known, each with the nearest known one. */
  knownKeys(members: Members, place: Place, known: readonly string[], what: string): void {
    for (const key of Object.keys(members)) {
      if (known.includes(key)) continue;
      const near = nearest(key, known);
      this.findings.error(
        place.at(key),
        "unknown_key",
        `unknown key \`${key}\` in ${what}`,
        near === undefined ? `known keys: ${known.join(", ")}` : `did you mean \`${near}\`?`,
        "key",
      );
    }
  }

  string(value: unknown, place: Place, what: string): string | undefined {
    if (typeof value !== "string") return this.wrongType(place, what, "a string", value);
    if (value === "") return this.invalid(place, `${what} is empty`);
    if (!value.isWellFormed()) return this.invalid(place, `${what} holds a lone surrogate`);
    return value;
  }

  boolean(value: unknown, place: Place, what: string): boolean | undefined {
    return typeof value === "boolean" ? value : this.wrongType(place, what, "true or false", value);
  }

  integer(value: unknown, place: Place, what: string, min: number, max: number): number | undefined {
    if (typeof value !== "number") return this.wrongType(place, what, "a whole number", value);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    return this.invalid(place, `${what} must be a whole number from ${min} to ${max}`);
  }

  oneOf<T extends string>(value: unknown, place: Place, what: string, known: readonly T[]): T | undefined {
    if (typeof value !== "string") return this.wrongType(place, what, `one of ${known.join(", ")}`, value);
    if ((known as readonly string[]).includes(value)) return value as T;
    const near = nearest(value, known);
    return this.invalid(
      place,
      `${what} \`${value}\` is not known`,
      near === undefined ? `one of ${known.join(", ")}` : `did you mean \`${near}\`?`,
    );
  }

  /** A list, or a single item standing for a list of one. An empty list is an error. */
  items(value: unknown, place: Place, what: string): readonly (readonly [unknown, Place])[] | undefined {
    if (!Array.isArray(value)) return [[value, place]];
    if (value.length === 0) {
      return this.invalid(
        place,
        `${what} is an empty list, which nothing can match`,
        "leave it out, or name something",
      );
    }
    return value.map((item: unknown, index) => [item, place.at(index)] as const);
  }

  /** A string or a list of strings, without repetition. */
  strings(value: unknown, place: Place, what: string): readonly string[] | undefined {
    return this.each(value, place, what, (item, at) => this.string(item, at, what));
  }

  each<T>(
    value: unknown,
    place: Place,
    what: string,
    read: (item: unknown, at: Place) => T | undefined,
  ): readonly T[] | undefined {
    const items = this.items(value, place, what);
    if (items === undefined) return undefined;
    const all: T[] = [];
    let failed = false;
    for (const [item, at] of items) {
      const one = read(item, at);
      if (one === undefined) failed = true;
      else if (!all.includes(one)) all.push(one);
    }
    return failed ? undefined : all;
  }

  wrongType(place: Place, what: string, wanted: string, value: unknown): undefined {
    this.findings.error(place, "wrong_type", `${what} must be ${wanted}, not ${kindOf(value)}`);
    return undefined;
  }

  invalid(place: Place, message: string, hint?: string): undefined {
    this.findings.error(place, "invalid_value", message, hint);
    return undefined;
  }
}

/** What stands under a key, or `absent` if nothing does. */
export function optional<T, D>(
  members: Members,
  key: string,
  read: (value: unknown) => T | undefined,
  absent: D,
): T | D | undefined {
  return members[key] === undefined ? absent : read(members[key]);
}
