import { globSync } from "node:fs";
import { join, relative } from "node:path";

export const ROOT: string = join(import.meta.dirname, "../../..");
export const ENGINE: string = join(ROOT, "packages/engine/src");

/** A part of the engine whose mutants are counted together. */
export interface Part {
  readonly name: string;
  readonly patterns: readonly string[];
}

export const PARTS: readonly Part[] = [
  {
    name: "decision path",
    patterns: [
      "decide/*.ts",
      "plan/*.ts",
      "network/*.ts",
      "pattern/run.ts",
      "pattern/runs.ts",
      "decision-point.ts",
      "instant.ts",
      "lexical-path.ts",
      "plain-command.ts",
      "requirements.ts",
      "timezone.ts",
      "tool-glob.ts",
    ],
  },
  {
    name: "compiler",
    patterns: [
      "compile/*.ts",
      "pattern/alphabet.ts",
      "pattern/code-point-set.ts",
      "pattern/compile-*.ts",
      "pattern/dfa.ts",
      "pattern/lower-regex.ts",
      "pattern/minimize.ts",
      "pattern/nfa.ts",
      "pattern/pattern-node.ts",
    ],
  },
];

/** Paths below the repository's root of what is mutated, in a stable order. */
export function filesOf(part: Part): readonly string[] {
  return globSync([...part.patterns], { cwd: ENGINE })
    .filter((name) => !/\.(?:test|test-d|bench)\.ts$/.test(name))
    .map((name) => relative(ROOT, join(ENGINE, name)))
    .sort();
}

/**
 * Tests that are left out of the mutants' runs: they start processes of their own, which would not
 * see the mutant, compare at length what quicker tests show too, or need vitest's own snapshots.
 */
const LEFT_OUT: readonly string[] = [
  "index.test.ts",
  "documents.test.ts",
  "pattern/differential.test.ts",
  "schema.test.ts",
];

/** The engine's own tests that a mutant is given to, below {@link ENGINE}. */
export function unitTests(): readonly string[] {
  return globSync("**/*.test.ts", { cwd: ENGINE })
    .filter((name) => !LEFT_OUT.includes(name))
    .sort();
}

/** Stands for what belongs to no file of unit tests: corpus and differential, and the sources themselves. */
export const SHARED = "";
