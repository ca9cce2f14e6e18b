import { join } from "node:path";
import { ProclawError } from "@proclaw/core";

/**
 * Where things are in a trail's folder. Sequence numbers in names have 16 digits, so that names
 * sort like numbers.
 */
export interface LogPaths {
  readonly folder: string;
  readonly segments: string;
  readonly checkpoints: string;
  readonly torn: string;
}

export function logsFolder(directory: string): string {
  return join(directory, "logs");
}

export function keysFolder(directory: string): string {
  return join(directory, "keys");
}

export function logPaths(directory: string, log: string): LogPaths {
  // A folder's name comes from the evidence or from a caller: it may never lead out of `logs/`.
  if (log === "" || log.startsWith(".") || /[/\\\0]/.test(log)) {
    throw new ProclawError("invalid_option", `\`${log}\` is not the name of a log`);
  }
  const folder = join(logsFolder(directory), log);
  return {
    folder,
    segments: join(folder, "segments"),
    checkpoints: join(folder, "checkpoints"),
    torn: join(folder, "torn"),
  };
}

/** First sequence numbers of the segment files among `names`, rising. */
export function segmentNumbers(names: readonly string[]): number[] {
  return numbers(names, /^(\d{16})\.jsonl$/);
}

/** Sizes of the checkpoint files among `names`, rising. */
export function checkpointSizes(names: readonly string[]): number[] {
  return numbers(names, /^(\d{16})\.note$/);
}

function numbers(names: readonly string[], form: RegExp): number[] {
  return names
    .flatMap((name) => form.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
