/** Where text goes. `write` resolves when there is room for more, so that awaiting it is back-pressure. */
export interface CliOutput {
  write(chunk: string | Uint8Array): Promise<void>;
  readonly isTTY: boolean;
  /** Width of the terminal in characters, if there is one. */
  readonly columns?: number | undefined;
}

/** Everything the command touches of the process around it; tests pass their own. */
export interface CliIo {
  /** Read only by commands that were told to (`-`). */
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  /** Absolute path of the working folder. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted on SIGINT, SIGTERM or a closed standard output: the command ends at once with status 130. */
  readonly signal: AbortSignal;
}
