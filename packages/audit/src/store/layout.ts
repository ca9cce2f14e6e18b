import { join } from "node:path";
import { ProclawError } from "@proclaw/core";

/**
 * Where things are in a trail's folder. Sequence numbers in names have 16 digits, so that names
 * sort like numbers.
 */
export interface LogPaths {
  /** From the trail's folder on, with `/`: for names to show. */
  readonly shown: string;
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

/** What every name of a log of checkpoints begins with; the key id follows. */
export const CHECKPOINTS_PREFIX = "checkpoints-";

/** Where the logs of checkpoints are, each in a folder that is named by its key id. */
export function checkpointLogsFolder(directory: string): string {
  return join(directory, "checkpoints");
}

/** The folder that holds a log's folder, as a file system shows it. */
export function parentFolder(directory: string, log: string): string {
  return log.startsWith(CHECKPOINTS_PREFIX) ? checkpointLogsFolder(directory) : logsFolder(directory);
}

export function logPaths(directory: string, log: string): LogPaths {
  const ofCheckpoints = log.startsWith(CHECKPOINTS_PREFIX);
  const name = ofCheckpoints ? log.slice(CHECKPOINTS_PREFIX.length) : log;
  // A folder's name comes from the evidence or from a caller: it may never lead out of its parent.
  if (name === "" || name.startsWith(".") || /[/\\\0]/.test(name)) {
    throw new ProclawError("invalid_option", `\`${log}\` is not the name of a log`);
  }
  const folder = join(parentFolder(directory, log), name);
  return {
    shown: `${ofCheckpoints ? "checkpoints" : "logs"}/${name}`,
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
