import { systemCode } from "./cli-error.ts";
import { EXIT } from "./exit-codes.ts";
import { refuseOldNode } from "./node-version.ts";
import { processIo } from "./process-io.ts";
import { runCli } from "./run-cli.ts";

const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

/** Runs the command of this process: arguments, standard streams, signals, exit status. */
export async function runProcess(): Promise<void> {
  if (refuseOldNode()) return;
  const interrupt = new AbortController();
  let cutShort: number | null = null;

  // A reader that went away (`| head -1`) ends the run quietly, as SIGPIPE would.
  process.stdout.on("error", (error) => {
    if (systemCode(error) !== "EPIPE") return;
    cutShort ??= EXIT.brokenPipe;
    interrupt.abort();
  });
  // Nothing is left to complain to.
  process.stderr.on("error", () => {});

  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      // The second one means it.
      if (cutShort !== null) process.exit(128 + number);
      cutShort = 128 + number;
      interrupt.abort();
    });
  }

  const code = await runCli(process.argv.slice(2), processIo(interrupt.signal));
  // A write that nobody takes, or an input that never ends, would keep the process waiting.
  if (cutShort !== null) process.exit(cutShort);
  process.exitCode = code;
}
