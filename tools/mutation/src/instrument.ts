import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { ROOT } from "./targets.ts";

export interface Mutant {
  /** What the switch in the instrumented source asks for. */
  readonly id: number;
  /** Below the repository's root. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly mutator: string;
  /** The line, trimmed, on which the mutated code begins. */
  readonly source: string;
  readonly original: string;
  readonly replacement: string;
}

export interface Instrumented {
  /** JavaScript of each mutated source, by absolute path: all mutants in it, each behind a switch. */
  readonly sources: Readonly<Record<string, string>>;
  readonly mutants: readonly Mutant[];
  /** Texts that nothing decides by. */
  readonly ignored: number;
}

/** As much of `@stryker-mutator/instrumenter` as is used here. */
interface Stryker {
  readonly Instrumenter: new (logger: unknown) => {
    instrument(
      files: readonly { readonly name: string; readonly content: string; readonly mutate: true }[],
      options: {
        readonly plugins: null;
        readonly noHeader: true;
        readonly excludedMutations: readonly string[];
        readonly ignorers: readonly { readonly shouldIgnore: typeof isMessage }[];
      },
    ): Promise<{
      readonly files: readonly { readonly name: string; readonly content: string }[];
      readonly mutants: readonly {
        readonly id: string;
        readonly fileName: string;
        readonly location: Span;
        readonly mutatorName: string;
        readonly replacement: string;
        readonly status?: string;
      }[];
    }>;
  };
}

/**
 * Stryker's instrumenter puts all mutants of a file into one source ("mutant schemata"), so that
 * the engine and its tests are loaded once and every mutant is a flip of a switch.
 */
export async function instrument(files: readonly string[]): Promise<Instrumented> {
  const texts = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
  // Not by a plain import: the package's types do not pass our compiler settings.
  const { Instrumenter } = (await import(import.meta.resolve("@stryker-mutator/instrumenter"))) as Stryker;
  const instrumenter = new Instrumenter(SILENT);
  const { files: written, mutants } = await instrumenter.instrument(
    [...texts].map(([name, content]) => ({ name, content, mutate: true })),
    { plugins: null, excludedMutations: [], noHeader: true, ignorers: [{ shouldIgnore: isMessage }] },
  );
  return {
    sources: Object.fromEntries(
      written.map(({ name, content }) => [
        join(ROOT, name),
        stripTypeScriptTypes(switched(content), { mode: "strip" }),
      ]),
    ),
    mutants: mutants
      .filter((mutant) => mutant.status !== "Ignored")
      .map(({ id, fileName, location, mutatorName, replacement }) => {
        const lines = (texts.get(fileName) as string).split("\n");
        return {
          id: Number(id),
          file: fileName,
          line: location.start.line + 1,
          mutator: mutatorName,
          source: (lines[location.start.line] as string).trim(),
          original: short(cut(lines, location)),
          replacement: short(replacement),
        };
      }),
    ignored: mutants.filter((mutant) => mutant.status === "Ignored").length,
  };
}

/**
 * The switches, in place of Stryker's own, which count into objects by text: that made tests of large
 * inputs fifty times slower. See `control.ts`.
 */
const HEADER = `const __control = globalThis.proclawMutation;
function stryCov_9fa48() {
  const { counts } = __control;
  if (counts !== null) for (let i = 0; i < arguments.length; i++) counts[arguments[i]]++;
}
function stryMutAct_9fa48(id) {
  if (__control.active !== id) return false;
  if (--__control.left < 0) throw new Error("a mutant that goes round in circles");
  return true;
}
`;

function switched(content: string): string {
  return (
    HEADER +
    content.replaceAll(/\b(stry(?:Cov|MutAct)_9fa48)\(([^)]*)\)/g, (_, name: string, ids: string) => {
      return `${name}(${ids.replaceAll('"', "")})`;
    })
  );
}

interface Span {
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

function cut(lines: readonly string[], { start, end }: Span): string {
  const taken = lines.slice(start.line, end.line + 1);
  taken[taken.length - 1] = (taken.at(-1) as string).slice(0, end.column);
  taken[0] = (taken[0] as string).slice(start.column);
  return taken.join("\n");
}

/** On one line, and not too long for a table. */
function short(code: string): string {
  const line = code.replaceAll(/\s+/g, " ");
  return line.length <= 100 ? line : `${line.slice(0, 60)} … ${line.slice(-37)}`;
}

/** As much of Babel's syntax tree as is looked at here. */
interface Node {
  readonly type: string;
  readonly callee?: Node;
  readonly arguments?: readonly Node[];
  readonly name?: string;
  readonly object?: Node;
  readonly property?: Node;
  readonly expressions?: readonly Node[];
  readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
}

/** What writes messages: whoever is refused is refused the same whatever the words. */
const SPEAKERS: ReadonlySet<string> = new Set([
  "bad",
  "invalidTable",
  "ProclawError",
  "RangeError",
  "TypeError",
  "Error",
  "Refusal",
  "error",
  "warning",
]);
/** Variables that hold the place of what is checked, for messages. */
const PLACES: ReadonlySet<string> = new Set(["at", "place", "where"]);

/** Whether a node is the text of a message, or the place it names. */
function isMessage(path: { readonly node: unknown; readonly parentPath?: unknown }): string | undefined {
  const node = path.node as Node;
  if (node.type !== "StringLiteral" && node.type !== "TemplateLiteral") return undefined;
  const call = (path.parentPath as { readonly node: unknown } | null | undefined)?.node as Node | undefined;
  // `is.name(value, "policy/id")`, `checkTool(tool, "tools/…")`: the readers of a plan take a place.
  if (
    call?.type === "CallExpression" &&
    call.arguments?.[1] === node &&
    (call.callee?.object?.name === "is" || call.callee?.name?.startsWith("check") === true)
  ) {
    return "a place for messages";
  }
  const first = node.expressions?.[0];
  if (first?.type === "Identifier" && PLACES.has(first.name as string) && node.quasis?.[0]?.value.raw === "")
    return "a place for messages";
  for (let up = path.parentPath as typeof path | null | undefined; up; up = up.parentPath as typeof path | null) {
    const { type, callee } = up.node as Node;
    if (type === "CallExpression" || type === "NewExpression") {
      const name = callee?.name ?? callee?.property?.name;
      if (name !== undefined && SPEAKERS.has(name)) return "a message";
      return undefined;
    }
    if (type.endsWith("Statement") || type.endsWith("Function") || type === "ArrowFunctionExpression") return undefined;
  }
  return undefined;
}

const SILENT: Readonly<Record<string, () => unknown>> = Object.fromEntries(
  ["trace", "debug", "info", "warn", "error", "fatal"].flatMap((level) => [
    [level, () => undefined],
    [`is${level[0]?.toUpperCase()}${level.slice(1)}Enabled`, () => false],
  ]),
);
