import type { Judged } from "./reasons.ts";

interface Counts {
  mutants: number;
  killed: number;
  timeout: number;
  survived: number;
  equivalent: number;
}

function count(judged: readonly Judged[]): Counts {
  const counts: Counts = { mutants: judged.length, killed: 0, timeout: 0, survived: 0, equivalent: 0 };
  for (const one of judged) counts[one.standing]++;
  return counts;
}

function row(name: string, { mutants, killed, timeout, survived, equivalent }: Counts): string {
  const score = mutants === equivalent ? "–" : `${((100 * (killed + timeout)) / (mutants - equivalent)).toFixed(1)} %`;
  return `| ${name} | ${mutants} | ${killed} | ${timeout} | ${survived} | ${equivalent} | ${score} |`;
}

const code = (text: string): string => `\`${text.replaceAll("`", "'").replaceAll("|", "\\|")}\``;

/** docs/proof/mutation.md: nothing in it depends on when or where it was run. */
export function renderReport(judged: readonly Judged[], ignored: number): string {
  const lines = [
    "# Mutation testing of the engine",
    "",
    "Written by `node --conditions @proclaw/source tools/mutation/src/main.ts --depth proof`.",
    "",
    "Each mutant is one change of the engine's sources (a condition turned round, a boundary moved, a statement, a list or a",
    "text emptied, …), made by Stryker's instrumenter. It is killed if one of the engine's unit tests, a case of the",
    "conformance corpus or a comparison with the reference evaluator on random policies fails; `timeout` if it made",
    "something run round in circles. The score is what is killed or timed out of all that are not equivalent. Not mutated:",
    `the words of errors and the places they name (${ignored} texts).`,
    "",
    "| source | mutants | killed | timeout | survived | equivalent | score |",
    "|---|--:|--:|--:|--:|--:|--:|",
  ];
  const parts = [...new Set(judged.map((one) => one.part))];
  for (const part of parts) {
    const own = judged.filter((one) => one.part === part);
    lines.push(row(`**${part}**`, count(own)));
    for (const file of new Set(own.map((one) => one.mutant.file))) {
      const name = file.slice("packages/engine/src/".length);
      lines.push(row(name, count(own.filter((one) => one.mutant.file === file))));
    }
  }
  for (const part of parts) {
    const alive = judged.filter((one) => one.part === part && one.standing === "survived");
    lines.push("", `## ${part}: survivors that are not equivalent`, "");
    if (alive.length === 0) lines.push("None.");
    for (const { mutant, because, covered } of alive) {
      const why = because ?? (covered ? "a test to write" : "a test to write: nothing reaches it");
      lines.push(
        `- ${mutant.file.slice("packages/engine/src/".length)}:${mutant.line} ${code(mutant.original)} → ${code(mutant.replacement)}: ${why}`,
      );
    }
    const equivalent = judged.filter((one) => one.part === part && one.standing === "equivalent");
    lines.push("", `## ${part}: equivalent mutants`, "");
    if (equivalent.length === 0) lines.push("None.");
    for (const { mutant, because } of equivalent) {
      lines.push(
        `- ${mutant.file.slice("packages/engine/src/".length)}:${mutant.line} ${code(mutant.original)} → ${code(mutant.replacement)}: ${because}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
