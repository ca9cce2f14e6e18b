import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { painter } from "../style.ts";

/** One thing that a doctor looked at or tried. */
export interface DoctorCheck {
  readonly id: string;
  readonly title: string;
  readonly ok: boolean;
  /** Whether a store that fails it is refused. */
  readonly required: boolean;
  /** What was found, in one line. */
  readonly happened: string;
  /** What to do about it. */
  readonly remedy: string | null;
}

export interface DoctorReport {
  /** Name of what was looked at, without a password. */
  readonly name: string;
  readonly ok: boolean;
  readonly checks: readonly DoctorCheck[];
  /** The verdict in words, for a good and for a bad store. */
  readonly words: { readonly good: string; readonly bad: string };
  /** What is left behind, and such. */
  readonly notes: readonly string[];
}

/** Prints what a doctor found, and says the exit status. */
export async function printDoctor(io: CliIo, report: DoctorReport, json: boolean): Promise<number> {
  const { name, ok, checks, notes } = report;
  if (json) {
    await io.stdout.write(`${JSON.stringify({ v: 1, store: name, ok, checks, notes }, null, 2)}\n`);
    return ok ? EXIT.ok : EXIT.findings;
  }
  const paint = painter(io.stdout, io.env);
  let text = `${paint("strong", printable(name))}\n`;
  for (const check of checks) {
    const mark = check.ok ? paint("good", "ok  ") : check.required ? paint("bad", "BAD ") : paint("warn", "note");
    text += `${mark} ${check.title}: ${paint("dim", printable(check.happened))}\n`;
    if (check.remedy !== null) text += `     ${printable(check.remedy)}\n`;
  }
  for (const note of notes) text += `${paint("dim", printable(note))}\n`;
  text += `${ok ? paint("good", report.words.good) : paint("bad", report.words.bad)}\n`;
  await io.stdout.write(text);
  return ok ? EXIT.ok : EXIT.findings;
}
