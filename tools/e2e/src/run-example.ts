import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface ExampleRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/**
 * A folder in which examples run as in a user's project: below this package, so that every one of
 * our packages resolves. Removed by `dispose`.
 */
export class ExampleFolder {
  readonly path: string = mkdtempSync(join(import.meta.dirname, "../.example-"));

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  /** Runs a program in the folder; never throws for a status other than 0. */
  async run(program: string, args: readonly string[]): Promise<ExampleRun> {
    const env = { ...process.env, NO_COLOR: "1", XDG_STATE_HOME: join(this.path, ".state"), HOME: this.path };
    try {
      const { stdout, stderr } = await run(program, [...args], { cwd: this.path, env, timeout: 60_000 });
      return { stdout, stderr, status: 0 };
    } catch (error) {
      const failed = error as { stdout?: string; stderr?: string; code?: number };
      return { stdout: failed.stdout ?? "", stderr: failed.stderr ?? "", status: failed.code ?? -1 };
    }
  }

  async node(file: string, ...args: readonly string[]): Promise<ExampleRun> {
    return this.run(process.execPath, ["--conditions", "@proclaw/source", "--no-warnings", file, ...args]);
  }

  dispose(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** What an example says it prints: the comment at the end of each line that calls `console.log`. */
export function promisedOutput(code: string): string[] {
  return code
    .split("\n")
    .filter((line) => line.includes("console.log("))
    .map((line) => /\/\/ (.+)$/.exec(line)?.[1]?.trim())
    .filter((text) => text !== undefined);
}
