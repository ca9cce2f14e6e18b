import type { JsonValue } from "@proclaw/core";
import type { Place } from "../diagnostics.ts";
import type { OperandPlan } from "../plan/types.ts";
import type { JsonType } from "../policy.ts";
import { nearest } from "./nearest.ts";
import type { Reader } from "./reader.ts";

/** As deep as an author could mean it; keeps the plan within the nesting that JSON values may have. */
const MAX_OPERAND_DEPTH = 12;

/** Reads operands: constants, `${name}`, and text with `${name}` in it. */
export class OperandReader {
  readonly #reader: Reader;
  readonly #declared: Readonly<Record<string, JsonType>>;

  constructor(reader: Reader, declared: Readonly<Record<string, JsonType>>) {
    this.#reader = reader;
    this.#declared = declared;
  }

  read(value: unknown, place: Place, what: string, depth = 0): OperandPlan | undefined {
    if (depth > MAX_OPERAND_DEPTH) return this.#reader.invalid(place, `${what} nests deeper than ${MAX_OPERAND_DEPTH}`);
    switch (typeof value) {
      case "string":
        return this.text(value, place, what);
      case "number":
        if (!Number.isFinite(value)) return this.#reader.invalid(place, `${what} is a number that JSON does not have`);
        return { kind: "value", value };
      case "boolean":
        return { kind: "value", value };
      case "object":
        if (value === null) return { kind: "value", value };
        return Array.isArray(value)
          ? this.#list(value, place, what, depth)
          : this.#object(value as Readonly<Record<string, unknown>>, place, what, depth);
      default:
        return this.#reader.wrongType(place, what, "a JSON value", value);
    }
  }

  /** A string operand; the empty string is one. */
  text(value: unknown, place: Place, what: string): OperandPlan | undefined {
    if (typeof value !== "string") return this.#reader.wrongType(place, what, "a string", value);
    if (!value.isWellFormed()) return this.#reader.invalid(place, `${what} holds a lone surrogate`);
    if (!value.includes("${")) return { kind: "value", value };
    const parts = this.templateParts(value, place);
    if (parts === undefined) return undefined;
    if (parts.length === 3 && parts[0] === "" && parts[2] === "") return { kind: "variable", name: parts[1] as string };
    return { kind: "template", parts };
  }

  /** A number, or a variable that holds one. */
  number(value: unknown, place: Place, what: string): OperandPlan | undefined {
    if (typeof value === "number") return this.read(value, place, what);
    if (typeof value === "string") {
      const operand = this.text(value, place, what);
      if (operand === undefined) return undefined;
      if (operand.kind === "variable") {
        const type = this.typeOf(operand);
        if (type === undefined || type === "number") return operand;
        return this.#reader.invalid(
          place,
          `variable \`${operand.name}\` is declared as ${type}, and ${what} needs a number`,
        );
      }
    }
    return this.#reader.wrongType(place, what, "a number", value);
  }

  /** Text and variable names in turn. */
  templateParts(text: string, place: Place): string[] | undefined {
    const parts: string[] = [];
    let rest = text;
    for (;;) {
      const start = rest.indexOf("${");
      if (start < 0) {
        parts.push(rest);
        return parts;
      }
      const match = /^\$\{([A-Za-z_][A-Za-z0-9_.-]{0,127})\}/.exec(rest.slice(start));
      if (match === null) {
        this.#reader.findings.error(
          place,
          "invalid_variable",
          `\`$\{\` does not begin a variable in \`${text}\``,
          "write a variable as ${name}: letters, digits, `_`, `-` and `.`",
        );
        return undefined;
      }
      const name = match[1] as string;
      this.#mention(name, place);
      parts.push(rest.slice(0, start), name);
      rest = rest.slice(start + match[0].length);
    }
  }

  /** The JSON type that an operand has or will have; undefined if only the call can tell. */
  typeOf(operand: OperandPlan): JsonType | undefined {
    switch (operand.kind) {
      case "value":
        return jsonTypeOf(operand.value);
      case "variable":
        return Object.hasOwn(this.#declared, operand.name) ? this.#declared[operand.name] : undefined;
      case "template":
        return "string";
      case "list":
        return "array";
      case "object":
        return "object";
      default:
        return undefined;
    }
  }

  #list(value: readonly unknown[], place: Place, what: string, depth: number): OperandPlan | undefined {
    const items: OperandPlan[] = [];
    let failed = false;
    value.forEach((item, index) => {
      const operand = this.read(item, place.at(index), what, depth + 1);
      if (operand === undefined) failed = true;
      else items.push(operand);
    });
    if (failed) return undefined;
    return items.every((item) => item.kind === "value")
      ? { kind: "value", value: items.map((item) => item.value) }
      : { kind: "list", items };
  }

  #object(
    value: Readonly<Record<string, unknown>>,
    place: Place,
    what: string,
    depth: number,
  ): OperandPlan | undefined {
    const members: [string, OperandPlan][] = [];
    let failed = false;
    for (const key of Object.keys(value)) {
      if (key.includes("${")) {
        this.#reader.findings.error(
          place.at(key),
          "invalid_variable",
          `a variable cannot stand in a key`,
          undefined,
          "key",
        );
        failed = true;
        continue;
      }
      if (key === "__proto__" || !key.isWellFormed()) {
        this.#reader.invalid(place.at(key), `the key \`${key.toWellFormed()}\` cannot stand in ${what}`);
        failed = true;
        continue;
      }
      const operand = this.read(value[key], place.at(key), what, depth + 1);
      if (operand === undefined) failed = true;
      else members.push([key, operand]);
    }
    if (failed) return undefined;
    return members.every(([, operand]) => operand.kind === "value")
      ? { kind: "value", value: Object.fromEntries(members.map(([key, operand]) => [key, constant(operand)])) }
      : { kind: "object", members };
  }

  #mention(name: string, place: Place): void {
    const declared = Object.keys(this.#declared);
    if (declared.length === 0 || declared.includes(name)) return;
    const near = nearest(name, declared);
    this.#reader.findings.warn(
      place,
      "undeclared_name",
      `variable \`${name}\` is not declared under \`variables\``,
      near === undefined ? undefined : `did you mean \`${near}\`?`,
    );
  }
}

function constant(operand: OperandPlan): JsonValue {
  return operand.kind === "value" ? operand.value : null;
}

export function jsonTypeOf(value: JsonValue): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonType;
}
