import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Longer than the slowest step takes on a machine under heavy load; a hanging child must not hang the command. */
const TIMEOUT_MS = 600_000;

/** Runs a source file in a process of its own and gives the JSON that it prints last. */
export async function runScript(script: URL, args: readonly string[]): Promise<unknown> {
  const argv = ["--no-warnings", "--conditions", "@proclaw/source", fileURLToPath(script), ...args];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"], timeout: TIMEOUT_MS });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  child.on("error", reject).on("close", (code, signal) => {
    if (code === 0) resolve(chunks.join(""));
    else reject(new Error(`\`${script.pathname}\` ended with ${signal ?? `status ${code}`}`));
  });
  return JSON.parse(await promise) as unknown;
}
