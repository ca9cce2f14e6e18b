import type { Overhead } from "./overhead.ts";
import type { CaseRow } from "./suite-case.ts";

const CASES = "openclaw-suite";
const OVERHEAD = "openclaw-overhead";

/** `docs` with the table of the cases in its place. */
export function withCaseTable(docs: string, rows: readonly CaseRow[]): string {
  const lines = rows.map((row) => `| ${row.id} | ${row.what} | ${row.without} | ${row.with} | ${row.trail} |`);
  return between(docs, CASES, [
    "| case | what happens | takes place without ProClaw | takes place with ProClaw | in the trail |",
    "|---|---|---|---|---|",
    ...lines,
  ]);
}

/** `docs` with the measurement in its place. */
export function withOverhead(docs: string, overhead: Overhead): string {
  const line = (name: string, { p50, p99, memoryMiB }: Overhead["with"]): string =>
    `| ${name} | ${p50.toFixed(1)} ms | ${p99.toFixed(1)} ms | ${memoryMiB ?? "?"} MiB |`;
  return between(docs, OVERHEAD, [
    `| \`/tools/invoke\`, ${overhead.calls} calls each, alternating | p50 | p99 | memory of the gateway |`,
    "|---|---|---|---|",
    line("without ProClaw", overhead.without),
    line("with ProClaw", overhead.with),
    "",
    `Median of the differences of neighboring calls: ${overhead.difference.toFixed(1)} ms.`,
  ]);
}

/** Names of the cases in the table of `docs`. */
export function documentedCases(docs: string): readonly string[] {
  const [, table = ""] = docs.split(begin(CASES));
  const [rows = ""] = table.split(end(CASES));
  return [...rows.matchAll(/^\| ([a-z-]+) \| (?!what happens)/gm)].map((match) => match[1] ?? "");
}

const begin = (name: string): string =>
  `<!-- ${name}: begin (written by \`pnpm demo:openclaw --suite --overhead --write-docs\`) -->`;
const end = (name: string): string => `<!-- ${name}: end -->`;

function between(docs: string, name: string, lines: readonly string[]): string {
  const from = docs.indexOf(begin(name));
  const to = docs.indexOf(end(name));
  if (from === -1 || to < from) throw new Error(`the markers of \`${name}\` are missing`);
  return `${docs.slice(0, from)}${begin(name)}\n\n${lines.join("\n")}\n\n${docs.slice(to)}`;
}
