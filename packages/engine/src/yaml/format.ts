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
  let shown = "";
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    const control = (code < 0x20 && code !== 0x09) || (code >= 0x7f && code < 0xa0);
    // Line separators, and the marks that turn the reading direction around.
    const steering =
      code === 0x2028 || code === 0x2029 || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    shown += control || steering ? "\ufffd" : character;
  }
  return shown;
}
