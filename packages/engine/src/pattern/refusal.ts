import { ProclawError } from "@proclaw/core";

/** Why a pattern is refused, and where in its source if that can be said; {@link refusing} adds the source. */
export class Refusal extends Error {
  readonly index: number | null;

  constructor(message: string, index: number | null = null) {
    super(message);
    this.index = index;
  }
}

export function tooComplex(what: string): Refusal {
  return new Refusal(`too complex: ${what}`);
}

const SHOWN = 80;

/** Runs `compile` and turns a refusal into the error that the policy's author reads. */
export function refusing<T>(kind: "regex" | "glob", source: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const shown = source.length > SHOWN ? `${source.slice(0, SHOWN)}…` : source;
    const place = error.index === null ? "" : ` at index ${error.index}`;
    throw new ProclawError("invalid_policy", `${kind} \`${shown}\`${place}: ${error.message}`);
  }
}
