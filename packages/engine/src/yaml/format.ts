import type { Diagnostic } from "../diagnostics.ts";

export interface FormatOptions {
  /** Text of the files, by name as it stands in the diagnostics, to show the line. */
  readonly sources?: Readonly<Record<string, string>> | undefined;
  /** ANSI colors. */
  readonly color?: boolean | undefined;
}

const MAX_SHOWN = 160;

/**
 * Diagnostics as people read them: `file:line:column: severity: message`, the line with a caret,
 * and what to do about it.
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: FormatOptions = {}): string {
  return diagnostics.map((diagnostic) => formatOne(diagnostic, options)).join("\n");
}

function formatOne(diagnostic: Diagnostic, options: FormatOptions): string {
  const paint = (code: number, text: string): string =>
    options.color === true ? `\u001b[${code}m${text}\u001b[0m` : text;
  const { file, line, column, severity } = diagnostic;
  const place = line === undefined ? (file ?? "policy") : `${file ?? "policy"}:${line}:${column ?? 1}`;
  const label = paint(severity === "error" ? 31 : 33, severity);
  let text = `${place}: ${label}: ${printable(diagnostic.message)} [${diagnostic.code}]\n`;
  const source = line === undefined ? undefined : options.sources?.[file ?? ""]?.split(/\r\n|\r|\n/)[line - 1];
  if (source !== undefined && line !== undefined) {
    const start = Math.max(0, (column ?? 1) - 1 - MAX_SHOWN / 2);
    const shown = printable(source.slice(start, start + MAX_SHOWN));
    const gutter = String(line);
    const indent = printable(source.slice(start, (column ?? 1) - 1)).replaceAll(/[^\t]/g, " ");
    text += `  ${gutter} | ${shown}\n  ${" ".repeat(gutter.length)} | ${indent}${paint(36, "^")}\n`;
  }
  if (diagnostic.hint !== undefined) text += `  ${paint(36, "hint")}: ${printable(diagnostic.hint)}\n`;
  return text;
}

/** Control characters of a hostile file must not reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
