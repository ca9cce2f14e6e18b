import { CommanderError } from "commander";
import { ProclawError } from "@proclaw/core";
import type { ErrorCode } from "@proclaw/core";
import { BrokenPipe, CliError } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";
import { EXIT } from "./exit-codes.ts";
import { hiderOf, hidingErrors } from "./hide-userinfo.ts";
import type { Hide } from "./hide-userinfo.ts";
import { printable, printableLines } from "./printable.ts";
import { processIo } from "./process-io.ts";
import { buildProgram, commandOf } from "./program.ts";
import { painter } from "./style.ts";

/**
 * Runs one `proclaw` command and resolves to its exit status; never rejects and never ends the
 * process.
 *
 * @param argv arguments after the command's name: `["lint", "policy.yaml"]`
 * @param io what stands for the process around it; by default the process itself
 */
export async function runCli(
  argv: readonly string[],
  io: CliIo = processIo(new AbortController().signal),
): Promise<number> {
  const { promise: interrupted, resolve: interrupt } = Promise.withResolvers<number>();
  const onAbort = (): void => interrupt(EXIT.interrupted);
  if (io.signal.aborted) return EXIT.interrupted;
  io.signal.addEventListener("abort", onAbort, { once: true });
  try {
    // The command may be waiting for input or for a slow reader, which no signal ends.
    return await Promise.race([run(argv, io), interrupted]);
  } finally {
    io.signal.removeEventListener("abort", onAbort);
  }
}

async function run(argv: readonly string[], outer: CliIo): Promise<number> {
  // INVARIANT (errors carry no credentials): whatever is said about the words of the command goes through `hide`.
  const hide = hiderOf(argv);
  const io = hidingErrors(outer, hide);
  const program = buildProgram(io);
  try {
    try {
      await program.command.parseAsync(argv, { from: "user" });
    } finally {
      // Help and version: commander writes without waiting, so its text was kept.
      const text = program.text();
      if (text !== "") await io.stdout.write(hide(text));
    }
    return program.exitCode();
  } catch (error) {
    if (io.signal.aborted) return EXIT.interrupted;
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    if (error instanceof BrokenPipe) return EXIT.brokenPipe;
    try {
      // No command named: the help that commander made is the best answer.
      if (error instanceof CommanderError && error.code === "commander.help")
        await io.stderr.write(program.errorText());
      else await report(error, { argv, io, hide, command: commandOf(program.command, argv) });
    } catch {
      // The streams are gone: the exit status is all that is left to say it with.
    }
    return EXIT.usage;
  }
}

interface Run {
  readonly argv: readonly string[];
  readonly io: CliIo;
  readonly hide: Hide;
  /** Name of the command, or empty. */
  readonly command: string;
}

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

async function report(error: unknown, run: Run): Promise<void> {
  const { argv, io, hide } = run;
  const { code, ...said } = describe(error, run);
  // Before it is escaped and cut: what is left of a password would no longer be known for one.
  const message = hide(said.message);
  const hint = said.hint === null ? null : hide(said.hint);
  const paint = painter(io.stderr, io.env);
  let text = `${paint("bad", "error")}: ${printable(message)} ${paint("dim", `(${code})`)}\n`;
  if (hint !== null) text += `${paint("dim", "hint")}: ${printable(hint)}\n`;
  if (argv.includes("--debug") && error instanceof Error) text += `${printableLines(error.stack ?? "")}\n`;
  await io.stderr.write(text);
  if (asksForJson(run)) await io.stdout.write(`${JSON.stringify({ v: 1, error: { code, message, hint } })}\n`);
}

function describe(error: unknown, run: Run): Failure {
  if (error instanceof CommanderError) return usage(error, run.command);
  if (ProclawError.is(error)) {
    return { code: error.code, message: error.message, hint: error instanceof CliError ? error.hint : null };
  }
  // INVARIANT (errors carry no data): a foreign message may quote what was being read.
  return {
    code: "internal_error",
    message: "unexpected failure",
    hint: "run the command again with --debug and report what it prints",
  };
}

function usage(error: CommanderError, command: string): Failure {
  const [first = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  const help = `see \`proclaw ${command === "" ? "" : `${command} `}--help\``;
  // "(Did you mean --policy?)"
  const suggestion = more
    .join(" ")
    .trim()
    .replace(/^\(D(.*)\)$/, "d$1 ");
  return { code: "invalid_option", message: first.replaceAll("'", "`"), hint: `${suggestion}${help}` };
}

/** `decide` writes decisions and nothing else, so an error of it never goes to standard output. */
function asksForJson({ argv, command }: Run): boolean {
  const end = argv.indexOf("--");
  return command !== "decide" && (end === -1 ? argv : argv.slice(0, end)).includes("--json");
}
