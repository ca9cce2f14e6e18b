import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { runCli } from "@proclaw/cli";
import type { CliIo, CliOutput } from "@proclaw/cli";
import type { PolicyCase } from "@proclaw/conformance";
import type { Decision, ToolCatalogue } from "@proclaw/core";

/** Cases that one run of `proclaw decide` answers: one policy, a call a line. */
export interface CaseGroup {
  readonly policy: string;
  readonly tools: ToolCatalogue | undefined;
  readonly cases: readonly PolicyCase[];
}

/** Cases by policy. Rate limits count across the lines of a run, so cases with limits go alone. */
export function groupCases(cases: readonly PolicyCase[]): readonly CaseGroup[] {
  const groups = new Map<string, PolicyCase[]>();
  for (const one of cases) {
    const alone = one.policy.includes("rate_limit") ? one.id : "";
    const key = JSON.stringify([one.policy, one.tools ?? null, alone]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()].map((cases) => {
    const { policy, tools } = cases[0] as PolicyCase;
    return { policy, tools, cases };
  });
}

/** What came out of one run of the command. */
export interface CliRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A case as the line that the command reads: the call with its context, facts and time. */
export function lineOf({ call, context, facts, now }: PolicyCase): string {
  if (!isMembers(call)) return JSON.stringify(call);
  const timed = isMembers(context) ? { now: new Date(now).toISOString(), ...context } : context;
  return JSON.stringify({ ...call, context: timed, facts });
}

/** The decisions that a run printed, one for each case of its group; throws if their number differs. */
export function decisionsOf({ out }: CliRun, group: CaseGroup): readonly Decision[] {
  const lines = out.split("\n");
  if (lines.pop() !== "") throw new Error("the output does not end with a line break");
  if (lines.length !== group.cases.length) throw new Error(`${lines.length} answers to ${group.cases.length} calls`);
  return lines.map((line) => JSON.parse(line) as Decision);
}

/** A folder with the files of one group at a time, and two ways to run the command on them. */
export class CliRunner {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "proclaw-policy-cli-"));
  #count = 0;

  /** The command as it runs in a process, without the process. */
  async inMemory(group: CaseGroup): Promise<CliRun> {
    const { argv, input } = this.#write(group);
    const [out, err]: [string[], string[]] = [[], []];
    const io: CliIo = {
      stdin: only(input),
      stdout: sink(out),
      stderr: sink(err),
      cwd: this.#folder,
      env: {},
      signal: new AbortController().signal,
    };
    const code = await runCli(argv, io);
    return { code, out: out.join(""), err: err.join("") };
  }

  /** A process of its own, started as a user starts it. */
  async inProcess(group: CaseGroup): Promise<CliRun> {
    const { argv, input } = this.#write(group);
    const bin = join(import.meta.dirname, "../../../packages/cli/src/bin.ts");
    const node = ["--no-warnings", "--conditions", "@proclaw/source", bin, ...argv];
    const child = spawn(process.execPath, node, { cwd: this.#folder, stdio: ["pipe", "pipe", "pipe"] });
    // A command that refuses the policy ends before it reads.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const [[code], out, err] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
    return { code: code as number | null, out, err };
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write({ policy, tools, cases }: CaseGroup): { readonly argv: readonly string[]; readonly input: string } {
    const name = `policy-${this.#count++}`;
    writeFileSync(join(this.#folder, `${name}.yaml`), policy);
    const argv = ["decide", "--full", "--policy", `${name}.yaml`];
    if (tools !== undefined) {
      writeFileSync(join(this.#folder, `${name}-tools.json`), JSON.stringify({ tools: asWritten(tools) }));
      argv.push("--tools", `${name}-tools.json`);
    }
    return { argv, input: cases.map((one) => `${lineOf(one)}\n`).join("") };
  }
}

/** As an operator writes it: a program may give milliseconds as a number, a file may not. */
function asWritten(tools: ToolCatalogue): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => [
      name,
      typeof tool.timeout === "number" ? { ...tool, timeout: `${tool.timeout}ms` } : tool,
    ]),
  );
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function* only(input: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(input);
}

function sink(chunks: string[]): CliOutput {
  return {
    isTTY: false,
    write: async (chunk) => void chunks.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString()),
  };
}
