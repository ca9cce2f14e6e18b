import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ProclawError } from "@proclaw/core";
import type { ToolCatalogue } from "@proclaw/core";
import { childEnvironment, COMPILING } from "./platform/child-environment.ts";
import type { CompileAnswer, CompileRequest } from "./compile-protocol.ts";

/** A plan of 10 000 rules is some megabytes. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/** `setTimeout` fires at once beyond this. */
const MAX_TIMEOUT_MS = 2_147_483_647;

const SELF_STARTED =
  "`process.execPath` starts this application, not Node.js, so no policy can be compiled here: compile it beforehand (`proclaw compile`) and pass `planFile` and `planSha256`";

export interface CompiledPolicy {
  /** Not checked yet. */
  readonly plan: unknown;
  /** For people; empty if there are none. */
  readonly warnings: string;
}

/**
 * Compiles a policy file in a short-lived child process.
 *
 * @throws ProclawError `invalid_policy`, its message holds the findings with file, line and column; or `invalid_option`
 */
export async function compilePolicyFile(
  file: string,
  tools: ToolCatalogue,
  timeoutMs: number,
): Promise<CompiledPolicy> {
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw new ProclawError("invalid_option", "`compileTimeoutMs` is not a positive whole number of milliseconds");
  }
  if (process.env[COMPILING] !== undefined) throw new ProclawError("invalid_policy", SELF_STARTED);
  const answer = parseAnswer(await runCompiler({ file, tools }, timeoutMs));
  if (answer === null) throw new ProclawError("invalid_policy", `the policy compiler gave no answer for \`${file}\``);
  if (!answer.ok) throw new ProclawError("invalid_policy", answer.problem);
  return answer;
}

function runCompiler(request: CompileRequest, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [...nodeArguments(), compilerFile()],
      {
        encoding: "utf8",
        env: childEnvironment(),
        killSignal: "SIGKILL",
        maxBuffer: MAX_ANSWER_BYTES,
        timeout: timeoutMs,
        windowsHide: true,
      },
      (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(new ProclawError("invalid_policy", failure(request.file, error, timeoutMs), { cause: error }));
      },
    );
    // A compiler that dies at once closes its input; its exit status says it better than EPIPE.
    child.stdin?.on("error", () => {});
    child.stdin?.end(JSON.stringify(request));
  });
}

function failure(
  file: string,
  error: { readonly code?: unknown; readonly killed?: boolean },
  timeoutMs: number,
): string {
  const { code, killed } = error;
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return `the plan of \`${file}\` is too large`;
  if (killed === true) return `the policy compiler did not finish \`${file}\` within ${timeoutMs} ms`;
  return `the policy compiler failed on \`${file}\` (${typeof code === "number" ? `exit status ${code}` : String(code)})`;
}

function parseAnswer(text: string): CompileAnswer | null {
  let answer: Readonly<Record<string, unknown>> | null;
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    return null;
  }
  const { ok, plan, warnings, problem } = answer ?? {};
  if (ok === true && typeof warnings === "string") return { ok, plan, warnings };
  return ok === false && typeof problem === "string" ? { ok, problem } : null;
}

const FROM_SOURCE = import.meta.url.endsWith(".ts");

function compilerFile(): string {
  return fileURLToPath(new URL(FROM_SOURCE ? "./compile-child.ts" : "./compile-child.js", import.meta.url));
}

/** The child must resolve packages as this process does, which it does not learn by itself. */
function nodeArguments(): readonly string[] {
  const conditions = new Set(FROM_SOURCE ? ["@proclaw/source"] : []);
  for (const [i, argument] of process.execArgv.entries()) {
    const [flag, value] = argument.split("=", 2);
    if (flag === "--conditions" || flag === "-C") conditions.add(value ?? process.execArgv[i + 1] ?? "");
  }
  conditions.delete("");
  return ["--no-warnings", ...[...conditions].map((name) => `--conditions=${name}`)];
}
