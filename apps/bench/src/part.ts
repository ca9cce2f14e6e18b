/** One section of docs/benchmarks.md. A new one is a file of its own and a line in `parts.ts`. */
export interface BenchPart {
  /** For `--only`, kebab-case. */
  readonly name: string;
  /** Heading of the section. */
  readonly title: string;
  /** A rejection leaves the section as it was, and ends the command with status 1 after the other parts. */
  readonly run: (bench: BenchContext) => Promise<BenchResult>;
}

export interface BenchContext {
  /** A trial: the figures mean nothing, only that everything runs. */
  readonly quick: boolean;
  /** `full`, or in a trial `quick`. */
  pick<T>(full: T, quick: T): T;
  /** Tells whoever waits how far it has come. */
  say(progress: string): void;
}

export interface BenchResult {
  /** Below the heading; subsections begin with `###`. Beside each plot stands a table of its figures. */
  readonly markdown: string;
  readonly plots?: readonly Plot[];
}

export interface Plot {
  /** File in docs/benchmarks/ without extension; embedded in the Markdown by {@link embed}. */
  readonly name: string;
  readonly svg: string;
}

/** Markdown that shows a plot. */
export function embed(name: string, description: string): string {
  return `![${description}](benchmarks/${name}.svg)`;
}
