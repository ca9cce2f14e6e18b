import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/**
 * Starts a program and ends it by the signal that the input names. When the input ends instead, whoever
 * started it has ended, however that happened: then the program is killed and the folder removed. A shell of its own process group: an interrupt of the terminal must not reach it first.
 */
const SCRIPT = `
log=$1; root=$2; shift 2
exec 3<&0
"$@" >>"$log" 2>&1 </dev/null 3<&- &
program=$!
{
  if read -r signal <&3; then kill -s "$signal" $program
  else : >"$root/orphaned"; kill -s KILL $program; fi
} 2>/dev/null &
reader=$!
exec 3<&-
wait $program
kill $reader 2>/dev/null
if [ -e "$root/orphaned" ]; then sleep 1; rm -rf "$root"; fi
`;

/** A program that never outlives this process. */
export class Keeper {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(command: readonly string[], log: string, cwd: string) {
    this.#process = spawn("/bin/sh", ["-c", SCRIPT, "keeper", log, cwd, ...command], {
      cwd,
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      env: { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", TZ: "UTC" },
    });
    this.#process.stdin?.on("error", () => undefined);
    this.#exited = once(this.#process, "exit");
    // It must not keep this process alive.
    this.#process.unref();
    (this.#process.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Ends the program by a signal and waits until it is gone. */
  async end(signal: "TERM" | "KILL"): Promise<void> {
    if (!this.isRunning) return;
    this.#process.ref();
    this.#process.stdin?.end(`${signal}\n`);
    await this.#exited;
  }
}
