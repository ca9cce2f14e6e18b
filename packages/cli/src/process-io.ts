import { BrokenPipe, CliError, fileFault, systemCode } from "./cli-error.ts";
import type { CliIo, CliOutput } from "./cli-io.ts";

/** The standard streams, folder and environment of this process. */
export function processIo(signal: AbortSignal): CliIo {
  return {
    // A getter: merely touching process.stdin opens it.
    get stdin() {
      return process.stdin;
    },
    stdout: output(process.stdout, "standard output"),
    stderr: output(process.stderr, "standard error"),
    cwd: process.cwd(),
    env: process.env,
    signal,
  };
}

function output(stream: NodeJS.WriteStream, name: string): CliOutput {
  // Node leaves `isTTY` undefined on pipes and files, whatever its types say.
  const isTTY: boolean | undefined = stream.isTTY;
  return {
    isTTY: isTTY ?? false,
    columns: stream.columns,
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => {
          if (error === null || error === undefined) resolve();
          else if (systemCode(error) === "EPIPE") reject(new BrokenPipe());
          else reject(new CliError("invalid_option", `cannot write ${name}: ${fileFault(error)}`, { cause: error }));
        });
      }),
  };
}
