import type { Differential } from "./policy-differential.ts";

function table(head: string, names: readonly string[], counts: ReadonlyMap<string, number>): string {
  const rows = names.map((name) => `| ${name.replaceAll("|", "\\|")} | ${counts.get(name) ?? 0} |`);
  return [`| ${head} | times |`, "|---|--:|", ...rows].join("\n");
}

/**
 * docs/proof/policy-differential.md: how often a random run reached each reason code and each cell
 * of the table of three-valued matching. The same seed makes the same text.
 */
export function renderDifferential(
  run: Differential,
  seed: number,
  codes: readonly string[],
  cells: readonly string[],
): string {
  return `# Engine against reference on random policies and calls

Written by the tests of tools/e2e at depth \`proof\`. Seed ${seed}: ${run.decisions} decisions, ${run.differences.length} differences.
The tests fail if a code is reached less than 5 times, or a cell less than 10 times.

${table("reason code", codes, run.codes)}

${table("cell of the table of three-valued matching", cells, run.cells)}
`;
}
