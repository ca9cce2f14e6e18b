import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "./instrument.ts";
import type { Part } from "./targets.ts";
import type { Result } from "./worker.ts";

/** Why a mutant cannot be noticed. Lines move, so it is found by its text. */
interface Reason {
  /** Below packages/engine/src. */
  readonly file: string;
  /** The line, trimmed, on which the mutated code begins. */
  readonly source: string;
  /** `original → replacement`, for as many mutants of the line as the reason holds for. */
  readonly mutations: readonly string[];
  /** `equivalent`: no input shows a difference. `accepted`: one might, and nobody decides by it. */
  readonly kind: "equivalent" | "accepted";
  readonly because: string;
}

export interface Judged {
  readonly part: string;
  readonly mutant: Mutant;
  readonly standing: "killed" | "timeout" | "survived" | "equivalent";
  readonly covered: boolean;
  readonly because: string | null;
  readonly killer: string | null;
}

const REASONS = JSON.parse(readFileSync(join(import.meta.dirname, "../survivors.json"), "utf8")) as readonly Reason[];
const SOURCES = "packages/engine/src/";

function keyOf(file: string, source: string, mutation: string): string {
  return `${file} | ${source} | ${mutation}`;
}

const BY_KEY: ReadonlyMap<string, Reason> = new Map(
  REASONS.flatMap((reason) =>
    reason.mutations.map((mutation) => [keyOf(reason.file, reason.source, mutation), reason] as const),
  ),
);

export function judgeSurvivors(
  part: Part,
  mutants: readonly Mutant[],
  results: ReadonlyMap<number, Result>,
): readonly Judged[] {
  return mutants.map((mutant) => {
    const { status, killer } = results.get(mutant.id) as Result;
    const noticed = status === "killed" || status === "timeout";
    const reason = noticed ? undefined : BY_KEY.get(keyOfMutant(mutant));
    return {
      part: part.name,
      mutant,
      standing: noticed ? status : reason?.kind === "equivalent" ? "equivalent" : "survived",
      covered: status !== "not covered",
      because: reason?.because ?? null,
      killer: killer ?? null,
    };
  });
}

function keyOfMutant({ file, source, original, replacement }: Mutant): string {
  return keyOf(file.slice(SOURCES.length), source, `${original} → ${replacement}`);
}

/** Reasons for mutants that are killed, or that are no longer there. */
export function staleReasons(judged: readonly Judged[]): readonly string[] {
  const alive = new Set(judged.filter((one) => one.because !== null).map((one) => keyOfMutant(one.mutant)));
  return [...BY_KEY.keys()].filter((key) => !alive.has(key));
}
