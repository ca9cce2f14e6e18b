import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const WORKER = join(import.meta.dirname, "worker.ts");

export interface Plan {
  readonly file: string;
  readonly sha256: string;
}

/**
 * Starts a busy guard on the folder and kills it with SIGKILL.
 *
 * @param delayMs counted from the moment it is busy; negative: killed while it starts, that long
 *   after its process was made
 */
export async function startAndKill(folder: string, plan: Plan, run: string, delayMs: number): Promise<void> {
  const args = ["--conditions", "@proclaw/source", "--no-warnings", WORKER, folder, plan.file, plan.sha256, run];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  const exited = once(child, "exit");
  if (delayMs >= 0) {
    await Promise.race([once(child.stdout, "data"), exited]);
    await sleep(delayMs);
  } else await sleep(-delayMs);
  child.kill("SIGKILL");
  const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  // It must die by our hand; a guard that fell over by itself is a finding, not a kill.
  if (signal !== "SIGKILL")
    throw new Error(`run ${run} ended by itself with status ${code}: ${complaint.slice(0, 2000)}`);
}
