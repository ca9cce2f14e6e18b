/*
 * Text of a trail, a policy or a file name may come from whoever attacks the reader: escape
 * sequences that repaint the terminal, bidirectional controls that swap what is read (CVE-2021-42574),
 * line breaks that forge a line of ours. Everything of that kind is shown as \u{…}.
 */
const UNSAFE: RegExp = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** `text` on one line, with nothing that a terminal would obey. */
export function printable(text: string, maxCodeUnits: number = 2_000): string {
  const cut = text.length > maxCodeUnits ? `${text.slice(0, maxCodeUnits)}…` : text;
  return cut.replace(UNSAFE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** {@link printable} for text of several lines; its line feeds stay. */
export function printableLines(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line))
    .join("\n");
}
