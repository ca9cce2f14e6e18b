import type { Diagnostic } from "@proclaw/engine";
import { CliError } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { loadPolicyFile, loadToolsFile, printDiagnostics } from "../policy-file.ts";
import { printable } from "../printable.ts";
import { painter } from "../style.ts";

export interface LintOptions {
  readonly tools?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

interface FileReport {
  readonly file: string;
  readonly errors: number;
  readonly warnings: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks policies, all findings at once. */
export async function lint(io: CliIo, files: readonly string[], options: LintOptions): Promise<number> {
  if (files.length === 0) throw new CliError("invalid_option", "no policy file is named");
  const tools = await loadToolsFile(io, options.tools);
  const reports: FileReport[] = [];
  for (const file of files) {
    const { result, sources } = await loadPolicyFile(io, file, tools);
    const report = {
      file,
      errors: result.diagnostics.filter(({ severity }) => severity === "error").length,
      warnings: result.diagnostics.filter(({ severity }) => severity === "warning").length,
      diagnostics: result.diagnostics,
    };
    // INVARIANT (no silent failure): a policy that did not compile is never reported as clean.
    if (!result.ok && report.errors === 0) throw new Error("a policy was refused without a finding");
    reports.push(report);
    if (options.json !== true) await print(io, report, sources);
  }
  const ok = reports.every(({ errors, warnings }) => errors === 0 && (options.strict !== true || warnings === 0));
  if (options.json === true) await io.stdout.write(`${JSON.stringify({ v: 1, ok, files: reports }, null, 2)}\n`);
  return ok ? EXIT.ok : EXIT.findings;
}

async function print(io: CliIo, report: FileReport, sources: Readonly<Record<string, string>>): Promise<void> {
  if (report.diagnostics.length > 0) {
    await printDiagnostics(io, io.stdout, report.diagnostics, sources);
  }
  const paint = painter(io.stdout, io.env);
  const summary =
    report.diagnostics.length === 0
      ? paint("good", "ok")
      : [count(report.errors, "error"), count(report.warnings, "warning")].filter((part) => part !== "").join(", ");
  await io.stdout.write(`${printable(report.file)}: ${summary}\n`);
}

function count(number: number, noun: string): string {
  return number === 0 ? "" : `${number} ${noun}${number === 1 ? "" : "s"}`;
}
