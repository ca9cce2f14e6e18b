import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml";
import { type Diagnostic, Findings, type Locate, Place, type Position } from "../diagnostics.ts";

/** UTF-16 units of a policy's text. */
const MAX_TEXT = 16 * 1024 * 1024;
/** Nodes that a document may have after aliases are followed: ends those that explode. */
const MAX_NODES = 2_000_000;
const MAX_ALIASES = 1000;
const MAX_DEPTH = 64;

export type ParsedText =
  | { readonly ok: true; readonly value: unknown; readonly locate: Locate }
  | {
      readonly ok: false;
      readonly diagnostics: readonly Diagnostic[];
      /** What could be read, where nothing but keys that stand twice is wrong: good for further findings only. */
      readonly partial?: { readonly value: unknown; readonly locate: Locate };
    };

/** Of a text that is no YAML every other token is an error. */
const MAX_SYNTAX_ERRORS = 5;

/**
 * Parses YAML 1.2 (JSON included) to plain JSON data, strictly: one document, unique string keys,
 * no tags beyond the core schema, no numbers that JSON does not have.
 */
export function parseText(text: string, file: string | undefined): ParsedText {
  const findings = new Findings();
  const lines = new LineCounter();
  const at = (offset: number): Place => new Place(file, () => position(lines, offset));
  const fail = (): ParsedText => ({ ok: false, diagnostics: findings.list() });
  if (text.length > MAX_TEXT) {
    findings.error(at(0), "syntax", `the text is longer than ${MAX_TEXT} characters`);
    return fail();
  }
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    version: "1.2",
    merge: false,
    prettyErrors: false,
    stringKeys: false,
    // Said below, with the key and its first place.
    uniqueKeys: false,
  });
  const [document, second] = "empty" in documents ? [] : documents;
  if (document === undefined) {
    findings.error(at(0), "syntax", "the text is empty");
    return fail();
  }
  if (second !== undefined) findings.error(at(second.range[0]), "syntax", "there is more than one document");
  const version = document.directives?.yaml.version;
  if (version !== undefined && version !== "1.2")
    findings.error(at(0), "syntax", `YAML ${version} is not supported, only 1.2`);
  const problems = [...document.errors, ...document.warnings];
  for (const problem of problems.slice(0, MAX_SYNTAX_ERRORS)) {
    if (problem.code === "MISSING_CHAR" && /^Missing closing .quote/.test(problem.message)) {
      // The parser means the end of the text; what has to be mended is where the quote opens.
      findings.error(at(openQuote(document.contents) ?? problem.pos[0]), "syntax", "this quote is never closed");
    } else findings.error(at(afterBlanks(text, problem.pos[0])), "syntax", lowerFirst(problem.message));
  }
  const next = problems[MAX_SYNTAX_ERRORS];
  if (next !== undefined) {
    const more = problems.length - MAX_SYNTAX_ERRORS;
    findings.error(
      at(afterBlanks(text, next.pos[0])),
      "syntax",
      `and ${more} more syntax ${more === 1 ? "error" : "errors"} from here on`,
      "is this file YAML at all?",
    );
  }
  if (findings.failed) return fail();
  const reader = new NodeReader(findings, at, (alias) => (isAlias(alias) ? alias.resolve(document) : undefined));
  const value = reader.read(document.contents, 0);
  const parsed = {
    value,
    locate: (path, target) => locate(document.contents, path, target, lines, reader),
  } satisfies { value: unknown; locate: Locate };
  if (!findings.failed) return { ok: true, ...parsed };
  const diagnostics = findings.list();
  return diagnostics.every(({ code }) => code === "duplicate_key")
    ? { ok: false, diagnostics, partial: parsed }
    : { ok: false, diagnostics };
}

class NodeReader {
  readonly #findings: Findings;
  readonly #at: (offset: number) => Place;
  readonly #resolve: (node: Node) => Node | undefined;
  /** Finding an anchor walks the document, so it is done once an alias. */
  readonly #targets = new Map<Node, Node | undefined>();
  readonly #twice = new Set<unknown>();
  #left = MAX_NODES;

  constructor(findings: Findings, at: (offset: number) => Place, resolve: (node: Node) => Node | undefined) {
    this.#findings = findings;
    this.#at = at;
    this.#resolve = resolve;
  }

  /** What an alias stands for; any other node is itself. */
  follow(node: unknown): unknown {
    return isAlias(node) ? this.#target(node) : node;
  }

  #target(alias: Node): Node | undefined {
    if (!this.#targets.has(alias))
      this.#targets.set(alias, this.#targets.size < MAX_ALIASES ? this.#resolve(alias) : undefined);
    return this.#targets.get(alias);
  }

  read(node: unknown, depth: number): unknown {
    if (--this.#left < 0 || depth > MAX_DEPTH) {
      if (this.#left === -1 || depth > MAX_DEPTH) {
        this.#left = -2;
        this.#error(
          node,
          depth > MAX_DEPTH ? `nesting deeper than ${MAX_DEPTH}` : "the aliases explode into too many values",
        );
      }
      return null;
    }
    if (isAlias(node)) {
      const target = this.#target(node);
      if (target === undefined)
        return this.#error(node, `the alias stands for nothing, or there are more than ${MAX_ALIASES}`);
      return this.read(target, depth + 1);
    }
    if (node === null || node === undefined) return null;
    const tag: unknown = (node as { readonly tag?: unknown }).tag;
    if (tag !== undefined)
      return this.#error(node, "tags are not supported", "leave the tag out; write a string in quotes");
    if (isScalar(node)) return this.#scalar(node.value, node);
    if (isSeq(node)) return node.items.map((item) => this.read(item, depth + 1));
    if (!isMap(node)) return this.#error(node, "this is not JSON data");
    const members = new Map<string, unknown>();
    const places = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      const name = this.follow(key);
      if (!isScalar(name) || typeof name.value !== "string") {
        this.#error(key ?? node, "a key must be a string", "write it in quotes");
        continue;
      }
      const read = this.read(value, depth + 1);
      if (members.has(name.value)) {
        // An alias brings the same mapping again, up to two million times.
        if (this.#twice.has(key)) continue;
        this.#twice.add(key);
        const { line, column } = this.#at(startOf(places.get(name.value))).describe("key");
        this.#findings.error(
          this.#at(startOf(key)),
          "duplicate_key",
          `the key \`${name.value.toWellFormed()}\` stands twice in the same mapping`,
          `it stands first in line ${line}, column ${column}`,
        );
        continue;
      }
      places.set(name.value, key);
      members.set(name.value, read);
    }
    return Object.fromEntries(members);
  }

  #scalar(value: unknown, node: Node): unknown {
    if (value === undefined || value === null) return null;
    if (typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number") return Number.isFinite(value) ? value : this.#error(node, "JSON has no such number");
    return this.#error(node, "this is not JSON data", "write it in quotes");
  }

  #error(node: unknown, message: string, hint?: string): null {
    this.#findings.error(this.#at(startOf(node)), "syntax", message, hint);
    return null;
  }
}

/** Where the last value of the text begins, if it is in quotes. */
function openQuote(root: unknown): number | undefined {
  let node = root;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    if (isSeq(node)) node = node.items.at(-1);
    else if (isMap(node)) {
      const last = node.items.at(-1);
      node = last?.value ?? last?.key;
    } else break;
  }
  return isScalar(node) && (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE") ? startOf(node) : undefined;
}

/** The parser may mean the indentation of what is wrong. */
function afterBlanks(text: string, offset: number): number {
  let after = offset;
  while (text[after] === " ") after++;
  return after < text.length ? after : offset;
}

function startOf(node: unknown): number {
  return (node as { readonly range?: readonly number[] | null } | null | undefined)?.range?.[0] ?? 0;
}

/** The place of a value or its key; of the nearest thing around it, if it has none of its own. */
function locate(
  root: unknown,
  path: readonly (string | number)[],
  target: "key" | "value",
  lines: LineCounter,
  reader: NodeReader,
): Position | undefined {
  let node: unknown = root;
  let found: number | undefined = startOf(root);
  for (let i = 0; i < path.length; i++) {
    const step = path[i] as string | number;
    const inside = reader.follow(node);
    let next: unknown;
    if (isSeq(inside)) next = inside.items[Number(step)];
    else if (isMap(inside)) {
      const pair = inside.items.find(({ key }) => {
        const name = reader.follow(key);
        return isScalar(name) && name.value === step;
      });
      if (pair === undefined) break;
      const empty = pair.value === null || pair.value === undefined;
      if ((target === "key" && i === path.length - 1) || empty) return position(lines, startOf(pair.key));
      next = pair.value;
    }
    if (next === undefined || next === null) break;
    node = next;
    found = startOf(node);
  }
  return position(lines, found);
}

function position(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function lowerFirst(text: string): string {
  const first = text.split("\n")[0] as string;
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/[.:]$/, "");
}
