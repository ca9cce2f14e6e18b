import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ToolCatalogue } from "@proclaw/core";
import type { Diagnostic } from "@proclaw/engine";
import type { LoadResult } from "@proclaw/engine/yaml";
import { CliError } from "./cli-error.ts";
import type { CliIo, CliOutput } from "./cli-io.ts";
import { readSmallFile } from "./files.ts";
import { wantsColor } from "./style.ts";
import { decodeUtf8 } from "./strict-json.ts";

/** A policy file as it was read, with what was found in it. */
export interface LoadedPolicy {
  readonly file: string;
  readonly text: string;
  readonly result: LoadResult;
}

/** Reads and compiles a policy. Findings are in the result; only an unreadable file throws. */
export async function loadPolicyFile(io: CliIo, file: string, tools: ToolCatalogue | undefined): Promise<LoadedPolicy> {
  const text = await readText(io, file, "policy");
  const { loadPolicyText } = await import("@proclaw/engine/yaml");
  const result = loadPolicyText(text, {
    file,
    ...(tools === undefined ? {} : { tools }),
    readFile: (path) => readFileSync(resolve(io.cwd, path), "utf8"),
  });
  return { file, text, result };
}

/** Reads a `--tools` file; null options mean no file. Wrong content throws `invalid_option`, findings printed. */
export async function loadToolsFile(io: CliIo, file: string | undefined): Promise<ToolCatalogue | undefined> {
  if (file === undefined) return undefined;
  const text = await readText(io, file, "tools");
  const { parseToolsText } = await import("@proclaw/engine/yaml");
  const result = parseToolsText(text, { file });
  if (result.ok) return result.tools;
  await printDiagnostics(io, io.stderr, result.diagnostics, { [file]: text });
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
  await output.write(formatDiagnostics(diagnostics, { sources, color: wantsColor(output, io.env) }));
}
