/**
 * `bench`: runs every part and writes docs/benchmarks.md and the plots beside it.
 *
 * `--only decide,trail` runs some parts and prints them; `--write-docs` then replaces their sections.
 * `--quick` is a trial in seconds, which writes nothing but into a folder given by `--out`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatDocument, sectionsOf } from "./document.ts";
import type { BenchContext, BenchPart, BenchResult } from "./part.ts";
import { PARTS } from "./parts.ts";

const NAMES = PARTS.map(({ name }) => name);

const started = performance.now();

function say(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0).padStart(4);
  process.stderr.write(`${seconds} s  ${text}\n`);
}

function load(): string {
  return loadavg()[0]?.toFixed(2) ?? "unknown";
}

function options(): { readonly wanted: readonly BenchPart[]; readonly quick: boolean; readonly folder: string | null } {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      "write-docs": { type: "boolean", default: false },
      out: { type: "string" },
    },
  });
  const names = values.only?.split(",") ?? NAMES;
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`no part \`${unknown}\`: there are ${NAMES.join(", ")}`);
  if (values.quick && values["write-docs"]) throw new Error("figures of a trial are not for the docs: give `--out`");
  const writes = values["write-docs"] || (values.only === undefined && !values.quick);
  const folder = values.out ?? (writes ? join(import.meta.dirname, "../../../docs") : null);
  return { wanted: PARTS.filter(({ name }) => names.includes(name)), quick: values.quick, folder };
}

async function section(part: BenchPart, quick: boolean): Promise<{ text: string; result: BenchResult }> {
  const bench: BenchContext = {
    quick,
    pick: (full, trial) => (quick ? trial : full),
    say: (progress) => say(`${part.name}: ${progress}`),
  };
  const before = load();
  const result = await part.run(bench);
  const machine = `${process.platform} ${process.arch}, ${cpus().length} cores`;
  const trial = quick ? " **A trial: these figures mean nothing.**" : "";
  const met = `Node ${process.versions.node}, ${machine}, load average ${before} at the start and ${load()} at the end.${trial}`;
  return { text: `## ${part.title}\n\n${met}\n\n${result.markdown.trim()}\n`, result };
}

function writeSection(folder: string, name: string, text: string, { plots = [] }: BenchResult): void {
  mkdirSync(join(folder, "benchmarks"), { recursive: true });
  for (const plot of plots) writeFileSync(join(folder, "benchmarks", `${plot.name}.svg`), plot.svg);
  const file = join(folder, "benchmarks.md");
  const sections = new Map(existsSync(file) ? sectionsOf(readFileSync(file, "utf8")) : []);
  writeFileSync(file, formatDocument(NAMES, sections.set(name, text)));
}

async function main(): Promise<void> {
  const { wanted, quick, folder } = options();
  for (const part of wanted) {
    say(`${part.name} (load average ${load()}) …`);
    try {
      const { text, result } = await section(part, quick);
      process.stdout.write(`${text}\n`);
      // At once, so that a part that fails later takes nothing away.
      if (folder !== null) writeSection(folder, part.name, text, result);
    } catch (error) {
      process.exitCode = 1;
      say(`${part.name} FAILED, its section stays as it was: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  say(folder === null ? "nothing written" : `written to ${folder}`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
