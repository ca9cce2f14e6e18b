import { readFileSync } from "node:fs";

/** A fenced block of a Markdown document. */
export interface Fence {
  readonly language: string;
  /** What stands behind the language, such as `title=policy.yaml`. */
  readonly info: string;
  readonly code: string;
  readonly line: number;
}

/** All fenced blocks of a Markdown file, in order. */
export function fencesOf(file: string): Fence[] {
  const fences: Fence[] = [];
  let open: { language: string; info: string; line: number; code: string[] } | null = null;
  for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
    const fence = /^```(\S*)\s*(.*)$/.exec(line);
    if (fence === null) open?.code.push(line);
    else if (open === null) open = { language: fence[1] ?? "", info: fence[2] ?? "", line: index + 1, code: [] };
    else {
      fences.push({ ...open, code: open.code.join("\n") + "\n" });
      open = null;
    }
  }
  if (open !== null) throw new Error(`${file}: the fence opened in line ${open.line} is never closed`);
  return fences;
}
