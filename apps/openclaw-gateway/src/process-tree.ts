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

export interface StartedProcess {
  /** Its exit status; null: ended by a signal. */
  readonly exit: Promise<number | null>;
  readonly ended: boolean;
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Resident memory of its largest process now, MiB; null where /proc does not tell. */
  memoryMiB(): number | null;
  /** Highest that was seen so. */
  readonly peakMemoryMiB: number | null;
  /** Kills it and every process that was seen below it, each by its id. */
  kill(): void;
}

/**
 * Starts a command. Every process that was ever seen below it is killed with it: OpenClaw starts a
 * process group of its own, and hosts leave helpers behind.
 */
export function start(
  command: string,
  args: readonly string[],
  options: Omit<RunOptions, "timeoutMs">,
): StartedProcess {
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
  let ended = false;
  const look = (): number | null => {
    const tree = child.pid === undefined ? [] : processTree(child.pid);
    for (const entry of tree) seen.set(entry.pid, entry.startTime);
    const now = tree.length === 0 ? null : Math.round(Math.max(...tree.map((entry) => entry.memoryMiB)));
    if (now !== null) peak = Math.max(peak ?? 0, now);
    return now;
  };
  const kill = (): void => {
    clearInterval(sampler);
    process.removeListener("exit", kill);
    look();
    child.kill("SIGKILL");
    killAll(seen);
  };
  const sampler = setInterval(look, SAMPLE_MS);
  // An interrupted demo must not leave a host running.
  process.once("exit", kill);

  const exit = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      ended = true;
      resolve(code);
    });
  });
  // Whoever waits for it gets the error; nobody has to.
  exit.catch(() => (ended = true));
  return {
    exit,
    pid: child.pid ?? -1,
    memoryMiB: look,
    kill,
    get ended() {
      return ended;
    },
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    get peakMemoryMiB() {
      return peak;
    },
  };
}

/** Runs a command and waits for it, or until the time is up; then nothing of it is left. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const started = process.hrtime.bigint();
  const running = start(command, args, options);
  let timedOut = false;
  const deadline = setTimeout(() => {
    timedOut = true;
    running.kill();
  }, options.timeoutMs);
  try {
    const code = await running.exit;
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    const { stdout, stderr, peakMemoryMiB } = running;
    return { code, timedOut, stdout, stderr, seconds, peakMemoryMiB };
  } finally {
    clearTimeout(deadline);
    running.kill();
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
