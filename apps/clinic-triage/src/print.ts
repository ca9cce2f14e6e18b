import { relative } from "node:path";
import { styleText } from "node:util";
import type { Check, DemoReport, StepResult } from "./report.ts";

export interface Printer {
  begin(): void;
  step(this: void, step: StepResult): void;
  check(this: void, check: Check): void;
  end(report: DemoReport, kept: boolean): void;
}

/** Tells the demo's story on a terminal, or as plain text where colors are not wanted. */
export function printer(out: NodeJS.WriteStream): Printer {
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    styleText(format, text, { stream: out });
  const mark = (ok: boolean): string => (ok ? style("green", "✔") : style("red", "✘"));
  const line = (text: string): void => {
    out.write(`${text}\n`);
  };
  return {
    begin() {
      line(style("bold", "A clinic assistant works for patient P-1001 under clinic_policy.yaml\n"));
    },
    step(step) {
      const word = step.got === "runs" ? "ran" : step.got === "cut_off" ? "cut off" : "refused";
      const color = step.got === "runs" ? "green" : "yellow";
      line(`${mark(step.ok)} ${style(color, word.padEnd(8))} ${step.title}`);
      line(style("dim", `             at ${step.now.slice(11, 16)}  ${step.tool} ${JSON.stringify(step.args)}`));
      const code = step.got === "runs" || step.got === "cut_off" ? "" : ` (${step.got})`;
      line(style("dim", `             ${step.happened}${code}, call ${step.call_id}`));
      if (!step.ok)
        line(style("red", `             expected ${step.expected}, got ${step.got}; the tool ran: ${step.ran}`));
    },
    check(check) {
      line(`${mark(check.ok)} ${check.title}: ${style("dim", check.happened)}`);
    },
    end(report, kept) {
      const { steps, checks, trail } = report;
      const good = [...steps, ...checks].filter((one) => one.ok).length;
      line("");
      line(
        `${mark(report.ok)} ${good} of ${steps.length + checks.length} as they must be, ` +
          `${report.seconds.toFixed(1)} s, ${report.rss_mb} MB`,
      );
      if (!kept) return;
      const here = (path: string): string => relative(process.cwd(), path) || ".";
      line(`\nThe trail is kept. Look at it:`);
      line(`  npx -y pnpm@12.21.0 --silent proclaw audit verify ${here(trail.folder)} --key ${here(trail.key)}`);
      line(`  npx -y pnpm@12.21.0 --silent proclaw audit tail ${here(trail.folder)}`);
    },
  };
}
