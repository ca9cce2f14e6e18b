import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

export interface RunResult {
  /** Null: ended by a signal. */
  readonly code: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** Highest resident memory of its largest process, MiB; null where /proc does not tell. */
  readonly peakMemoryMiB: number | null;
}

const SAMPLE_MS = 200;
const PAGE_BYTES = 4096;

/**
 * Runs a command and waits for it. When the time is up, and also after a normal end, every process
 * that was seen below it is killed by its id: OpenClaw starts a process group of its own, and hosts
 * leave helpers behind.
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const started = process.hrtime.bigint();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));

  const seen = new Map<number, string>();
  let peak: number | null = null;
  const look = (): void => {
    const tree = child.pid === undefined ? [] : processTree(child.pid);
    for (const entry of tree) seen.set(entry.pid, entry.startTime);
    for (const entry of tree) peak = Math.max(peak ?? 0, Math.round(entry.memoryMiB));
  };
  const kill = (): void => {
    look();
    child.kill("SIGKILL");
    killAll(seen);
  };
  let timedOut = false;
  const deadline = setTimeout(() => {
    timedOut = true;
    kill();
  }, options.timeoutMs);
  const sampler = setInterval(look, SAMPLE_MS);
  // An interrupted demo must not leave a host running.
  process.once("exit", kill);

  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    return { code, timedOut, stdout, stderr, seconds, peakMemoryMiB: peak };
  } finally {
    clearTimeout(deadline);
    clearInterval(sampler);
    process.removeListener("exit", kill);
    kill();
  }
}

interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly startTime: string;
  readonly memoryMiB: number;
}

/** The process `root` and all below it, from /proc (Linux); elsewhere nothing. */
function processTree(root: number): readonly ProcessEntry[] {
  let names: string[];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  const entries = names.flatMap((name) => readEntry(Number(name)) ?? []);
  const inside = new Set([root]);
  // A child may stand before its parent in the listing (ids wrap around).
  for (let size = 0; size !== inside.size;) {
    size = inside.size;
    for (const entry of entries) if (inside.has(entry.parent)) inside.add(entry.pid);
  }
  return entries.filter((entry) => inside.has(entry.pid));
}

function readEntry(pid: number): ProcessEntry | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // proc(5): after the command in parentheses come state, ppid; starttime is field 22, rss (pages) field 24.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const memoryMiB = (Number(fields[21]) * PAGE_BYTES) / 1_048_576;
    return { pid, parent: Number(fields[1]), startTime: fields[19] ?? "", memoryMiB };
  } catch {
    // The process ended meanwhile.
    return null;
  }
}

/** Kills what `seen` names and is still the same process (an id may have been given to another). */
function killAll(seen: ReadonlyMap<number, string>): void {
  for (const [pid, startTime] of seen) {
    if (readEntry(pid)?.startTime !== startTime) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}
