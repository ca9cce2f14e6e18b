import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Where the damage is and what it is, as both verifiers say it. */
export interface Finding {
  readonly severity?: string;
  readonly log: string | null;
  readonly seq: number | null;
  readonly kind: string;
}

export interface SecondReport {
  readonly verdict: string;
  readonly level: string | null;
  readonly records: number;
  readonly first_bad: Finding | null;
  readonly findings: readonly Finding[];
}

export interface Request {
  readonly folder: string;
  /** Files with vkeys. */
  readonly keys: readonly string[];
  /** Files with signed notes. */
  readonly anchors?: readonly string[];
  readonly strict?: boolean;
}

/** The Python verifier as one process that answers many requests. */
export interface SecondVerifier {
  verify(request: Request): Promise<SecondReport>;
  close(): void;
}

const SCRIPT = new URL("../verify_trail.py", import.meta.url).pathname;

export function startSecondVerifier(): SecondVerifier {
  const child = spawn("python3", [SCRIPT, "--many"], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: { resolve: (report: SecondReport) => void; reject: (error: Error) => void }[] = [];
  const fail = (error: Error): void => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  child.on("error", fail);
  child.on("exit", (code) => fail(new Error(`the second verifier ended with ${code}`)));
  createInterface({ input: child.stdout }).on("line", (line) => {
    waiting.shift()?.resolve(JSON.parse(line) as SecondReport);
  });
  return {
    verify: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    close: () => child.stdin.end(),
  };
}
