import { ProclawError } from "@proclaw/core";
import type { Place } from "../diagnostics.ts";
import { compileGlob, compileRegex, type PatternTable } from "../pattern/index.ts";
import type { GlobPlan, GlobToken } from "../plan/types.ts";
import type { OperandReader } from "./operand.ts";
import type { Reader } from "./reader.ts";

/** Compiles patterns, each source once, and numbers their tables. */
export class PatternPool {
  readonly tables: PatternTable[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #byTable = new Map<string, number>();
  readonly #reader: Reader;
  readonly #operands: OperandReader;

  constructor(reader: Reader, operands: OperandReader) {
    this.#reader = reader;
    this.#operands = operands;
  }

  regex(source: string, search: boolean, place: Place): number | undefined {
    if (source.includes("${")) {
      this.#reader.findings.error(
        place,
        "looks_like_pattern",
        `the pattern \`${source}\` holds a variable`,
        "compare with `equals:`, `prefix:` or `glob:`, where a variable is inserted literally",
      );
      return undefined;
    }
    return this.#number(`regex ${search} ${source}`, place, () => compileRegex(source, { search }));
  }

  glob(source: string, place: Place): GlobPlan | undefined {
    if (!source.includes("${")) {
      const pattern = this.#number(`glob ${source}`, place, () => compileGlob(source, { separator: "/" }));
      return pattern === undefined ? undefined : { kind: "table", pattern };
    }
    const parts = this.#operands.templateParts(source, place);
    if (parts === undefined) return undefined;
    // The grammar is judged by the one compiler; a letter stands where a variable will.
    if (
      this.#number(`glob-check ${source}`, place, () =>
        compileGlob(parts.map((part, i) => (i % 2 === 0 ? part : "v")).join(""), { separator: "/" }),
      ) === undefined
    ) {
      return undefined;
    }
    return { kind: "tokens", tokens: globTokens(parts) };
  }

  #number(key: string, place: Place, compile: () => PatternTable): number | undefined {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    let table: PatternTable;
    try {
      table = compile();
    } catch (error) {
      if (!ProclawError.is(error, "invalid_policy")) throw error;
      this.#reader.findings.error(place, "invalid_pattern", error.message);
      return undefined;
    }
    if (key.startsWith("glob-check")) return 0;
    const text = JSON.stringify(table);
    let number = this.#byTable.get(text);
    if (number === undefined) {
      number = this.tables.push(table) - 1;
      this.#byTable.set(text, number);
    }
    this.#numbers.set(key, number);
    return number;
  }
}

/** Cuts a glob with variables into tokens, by the grammar of `compileGlob` with separator `/`. */
function globTokens(parts: readonly string[]): readonly GlobToken[] {
  const tokens: GlobToken[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") tokens.push({ kind: "text", text });
    text = "";
  };
  parts.forEach((part, index) => {
    if (index % 2 === 1) {
      flush();
      tokens.push({ kind: "variable", name: part });
      return;
    }
    for (let at = 0; at < part.length;) {
      const begins = at === 0 ? index === 0 : part[at - 1] === "/";
      const ends = at + 2 === part.length && index === parts.length - 1;
      const push = (kind: "one" | "run" | "any" | "some" | "segments", length: number): void => {
        flush();
        tokens.push({ kind });
        at += length;
      };
      if (part.startsWith("**/", at) && begins) push("segments", 3);
      else if (part.startsWith("**", at)) push(begins && ends && (at > 0 || index > 0) ? "some" : "any", 2);
      else if (part[at] === "*") push("run", 1);
      else if (part[at] === "?") push("one", 1);
      else {
        if (part[at] === "\\") at++;
        text += part[at] ?? "";
        at++;
      }
    }
  });
  flush();
  return tokens;
}
