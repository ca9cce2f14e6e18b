import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Diagnostic } from "@proclaw/engine";
import type { LoadResult, ParsedTools } from "@proclaw/engine/yaml";
import { CliError } from "./cli-error.ts";
import type { CliIo, CliOutput } from "./cli-io.ts";
import { readSmallFile } from "./files.ts";
import { printable } from "./printable.ts";
import { wantsColor } from "./style.ts";
import { decodeUtf8 } from "./strict-json.ts";

/** A `--tools` file as it was read. */
export interface LoadedTools {
  readonly file: string;
  readonly text: string;
  readonly parsed: ParsedTools;
}

/** A policy as it was read, with what was found in it. */
export interface LoadedPolicy {
  readonly result: LoadResult;
  /** Text by file, to show what the findings are about. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Reads and compiles a policy. Findings are in the result; only an unreadable file throws. */
export async function loadPolicyFile(io: CliIo, file: string, tools: LoadedTools | null): Promise<LoadedPolicy> {
  const text = await readText(io, file, "policy");
  const sources: Record<string, string> = { [file]: text, ...(tools === null ? {} : { [tools.file]: tools.text }) };
  const { loadPolicyText } = await import("@proclaw/engine/yaml");
  const result = loadPolicyText(text, {
    file,
    tools: tools?.parsed,
    readFile(path) {
      const extended = readFileSync(resolve(io.cwd, path), "utf8");
      sources[path] = extended;
      return extended;
    },
  });
  return { result, sources };
}

/**
 * Reads what `--tools` names; null for nothing. What is in the section is checked with the policy;
 * a file that has none throws `invalid_option` after the findings went to standard error.
 */
export async function loadToolsFile(io: CliIo, file: string | undefined): Promise<LoadedTools | null> {
  if (file === undefined) return null;
  const text = await readText(io, file, "tools");
  const { parseToolsText } = await import("@proclaw/engine/yaml");
  const parsed = parseToolsText(text, { file });
  if (parsed.ok) return { file, text, parsed };
  await printDiagnostics(io, io.stderr, parsed.diagnostics, { [file]: text });
  throw new CliError("invalid_option", `tools file \`${file}\` cannot be loaded`);
}

async function readText(io: CliIo, file: string, what: string): Promise<string> {
  const bytes = await readSmallFile(io, file, what, "invalid_policy");
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    throw new CliError("invalid_policy", `${what} file \`${file}\` is not UTF-8 text`, { cause: error });
  }
}

/** Prints findings with the lines they are about. */
export async function printDiagnostics(
  io: CliIo,
  output: CliOutput,
  diagnostics: readonly Diagnostic[],
  sources: Readonly<Record<string, string>>,
): Promise<void> {
  const { formatDiagnostics } = await import("@proclaw/engine/yaml");
  // File names are the user's, but they may come from a hostile archive.
  const shown = diagnostics.map((one) => (one.file === undefined ? one : { ...one, file: printable(one.file) }));
  const named = Object.fromEntries(Object.entries(sources).map(([file, text]) => [printable(file), text]));
  await output.write(formatDiagnostics(shown, { sources: named, color: wantsColor(output, io.env) }));
}
