import { styleText } from "node:util";
import type { Check } from "./cases/case.ts";
import type { TurnResult } from "./openclaw.ts";

export interface Report {
  /** Runs a step and says how long it took. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  note: (text: string) => void;
  turn(id: string, turn: TurnResult): void;
  readonly check: (check: Check) => void;
  /** @returns the exit status: 0 only if all came out as it must */
  finish(): number;
}

interface TurnLine {
  readonly case: string;
  readonly seconds: number;
  readonly peak_memory_mib: number | null;
}

/** Progress for people on standard error, or one JSON object on standard output at the end. */
export function createReport(json: boolean): Report {
  const checks: Check[] = [];
  const turns: TurnLine[] = [];
  const color = (style: "green" | "red" | "dim" | "bold", text: string): string =>
    styleText(style, text, { stream: json ? process.stderr : process.stdout });
  const say = (line: string): void => {
    (json ? process.stderr : process.stdout).write(`${line}\n`);
  };
  const started = performance.now();

  return {
    async step(title, work) {
      say(color("bold", title));
      const begun = performance.now();
      const result = await work();
      say(color("dim", `  ${((performance.now() - begun) / 1000).toFixed(1)} s`));
      return result;
    },
    note: (text) => say(color("dim", `  ${text}`)),
    turn(id, turn) {
      const seconds = Number(turn.seconds.toFixed(1));
      turns.push({ case: id, seconds, peak_memory_mib: turn.peakMemoryMiB });
      const memory = turn.peakMemoryMiB === null ? "" : `, ${turn.peakMemoryMiB} MiB`;
      say(color("dim", `  one turn of OpenClaw: ${seconds} s${memory}`));
    },
    check(check) {
      checks.push(check);
      say(check.ok ? `  ${color("green", "ok")}    ${check.what}` : `  ${color("red", "wrong")} ${check.what}`);
      if (check.seen !== undefined)
        say(
          check.seen
            .trim()
            .split("\n")
            .slice(0, 20)
            .map((line) => `        ${line}`)
            .join("\n"),
        );
    },
    finish() {
      const wrong = checks.filter((check) => !check.ok).length;
      const ok = wrong === 0 && checks.length > 0;
      const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
      if (json) process.stdout.write(`${JSON.stringify({ ok, seconds, turns, checks }, null, 2)}\n`);
      else say(`${checks.length - wrong} of ${checks.length} as they must be, in ${seconds} s`);
      return ok ? 0 : 1;
    },
  };
}
