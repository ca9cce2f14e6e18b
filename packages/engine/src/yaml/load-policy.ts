import { createHash } from "node:crypto";
import { ProclawError, type ToolCatalogue } from "@proclaw/core";
import { compile, type CompileResult } from "../compile/compile.ts";
import type { PolicySource, ResolveExtends } from "../compile/layers.ts";
import { Reader } from "../compile/reader.ts";
import { type Diagnostic, Findings, type Locate, Place } from "../diagnostics.ts";
import type { PolicyDocument } from "../policy.ts";
import { type ParsedText, parseText } from "./parse.ts";

export type LoadResult = CompileResult;

export interface LoadOptions {
  /** Name of the file, for messages, and as the base of relative `extends`. */
  readonly file?: string | undefined;
  /** What the host knows of its tools. */
  readonly tools?: ToolCatalogue | ParsedTools | undefined;
  /** Reads a file that `extends` names, as UTF-8; throws if it cannot. Without it, `extends` finds templates only. */
  readonly readFile?: ((path: string) => string) | undefined;
}

/** A tools file with the places of its parts. */
export interface ParsedTools {
  readonly tools: ToolCatalogue;
  readonly source: { readonly file: string | undefined; readonly locate: Locate };
}

/**
 * Parses, checks and compiles a policy. All findings come back at once, with line and column.
 */
export function loadPolicyText(text: string, options: LoadOptions = {}): LoadResult {
  const parsed = parseText(text, options.file);
  if (!parsed.ok) return { ok: false, diagnostics: diagnosticsOf(parsed, text, options) };
  return compileParsed(parsed, text, options);
}

/** Keys that stand twice do not hide what else is wrong. */
function diagnosticsOf(
  { diagnostics, partial }: Extract<ParsedText, { ok: false }>,
  text: string,
  options: LoadOptions,
): readonly Diagnostic[] {
  if (partial === undefined) return diagnostics;
  const findings = new Findings();
  for (const one of diagnostics) findings.add(one);
  for (const one of compileParsed(partial, text, options).diagnostics) findings.add(one);
  return findings.list();
}

function compileParsed(
  parsed: { readonly value: unknown; readonly locate: Locate },
  text: string,
  options: LoadOptions,
): LoadResult {
  const given = options.tools;
  const withSource = given !== undefined && isParsedTools(given) ? given : undefined;
  return compile(parsed.value as PolicyDocument, {
    file: options.file,
    locate: parsed.locate,
    policySha256: createHash("sha256").update(text).digest("hex"),
    tools: given !== undefined && isParsedTools(given) ? given.tools : given,
    toolsSource: withSource?.source,
    resolveExtends: options.readFile === undefined ? undefined : fileReader(options.readFile),
  });
}

/** The document of a policy's text, unchecked, for tools that look at it without compiling. */
export function parsePolicyText(
  text: string,
  options: { readonly file?: string | undefined } = {},
):
  | { readonly ok: true; readonly document: unknown }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] } {
  const parsed = parseText(text, options.file);
  return parsed.ok ? { ok: true, document: parsed.value } : { ok: false, diagnostics: parsed.diagnostics };
}

/**
 * A file with what the host knows of its tools: the form of a policy's `tools` section, under the
 * key `tools`. What is in the section is checked when a policy is loaded with it.
 */
export function parseToolsText(
  text: string,
  options: { readonly file?: string | undefined } = {},
): ({ readonly ok: true } & ParsedTools) | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] } {
  const parsed = parseText(text, options.file);
  if (!parsed.ok) return { ok: false, diagnostics: parsed.diagnostics };
  const findings = new Findings();
  const reader = new Reader(findings);
  const place = new Place(options.file, parsed.locate);
  const members = reader.mapping(parsed.value, place, "a tools file");
  if (members !== undefined) {
    reader.knownKeys(members, place, ["tools"], "a tools file");
    if (members["tools"] === undefined) findings.error(place, "missing_key", "the file has no `tools`");
    else reader.mapping(members["tools"], place.at("tools"), "`tools`");
  }
  if (members === undefined || findings.failed) return { ok: false, diagnostics: findings.list() };
  return { ok: true, tools: members["tools"] as ToolCatalogue, source: { file: options.file, locate: parsed.locate } };
}

function isParsedTools(value: ToolCatalogue | ParsedTools): value is ParsedTools {
  const source: unknown = (value as { readonly source?: unknown }).source;
  return (
    typeof source === "object" &&
    source !== null &&
    typeof (source as { readonly locate?: unknown }).locate === "function"
  );
}

function fileReader(readFile: (path: string) => string): ResolveExtends {
  return (reference, from): PolicySource | { readonly diagnostics: readonly Diagnostic[] } => {
    const path = resolvePath(reference, from);
    let text: string;
    try {
      text = readFile(path);
    } catch (error) {
      const code: unknown = (error as { readonly code?: unknown } | null)?.code;
      const why =
        code === "ENOENT"
          ? `there is no file \`${path}\``
          : `reading \`${path}\` failed${typeof code === "string" ? ` (${code})` : ""}`;
      throw new ProclawError("invalid_policy", why, { cause: error });
    }
    const parsed = parseText(text, path);
    return parsed.ok
      ? { document: parsed.value, file: path, locate: parsed.locate }
      : { diagnostics: parsed.diagnostics };
  };
}

/** A relative reference starts from the folder of the file it stands in. */
function resolvePath(reference: string, from: string | undefined): string {
  if (reference.startsWith("/") || /^[A-Za-z]:[/\\]/.test(reference)) return reference;
  const base = from === undefined ? "" : from.slice(0, Math.max(from.lastIndexOf("/"), from.lastIndexOf("\\")) + 1);
  const segments: string[] = [];
  for (const segment of `${base}${reference}`.split("/")) {
    const last = segments.at(-1);
    if (segment === ".") continue;
    if (segment === ".." && last !== undefined && last !== ".." && last !== "") segments.pop();
    else segments.push(segment);
  }
  return segments.join("/");
}
