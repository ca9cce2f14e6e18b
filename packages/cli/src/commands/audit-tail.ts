import { setTimeout as sleep } from "node:timers/promises";
import type { AuditSource } from "@proclaw/core";
import { checkpointLogKeyId } from "@proclaw/verify";
import { CliError } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { LogReader } from "../log-reader.ts";
import { describeRecord, timestampOf } from "../record-line.ts";
import type { TailLine } from "../record-line.ts";
import { logsOf, openSource } from "../stores.ts";
import { painter } from "../style.ts";

/** Between two looks at a store: it tells nobody when it grows. */
const POLL_MS = 500;
const MAX_LINES = 100_000;

export interface AuditTailOptions {
  readonly lines: string;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** Prints the last records of all logs in the order of their time, and with `follow` what comes. */
export async function auditTail(io: CliIo, store: string, options: AuditTailOptions): Promise<number> {
  const count = countOf(options.lines);
  const source = await openSource(io, store);
  const readers = new Map<string, LogReader>();
  const paint = painter(io.stdout, io.env);
  const print = async (line: TailLine): Promise<void> => {
    if (options.json !== true) return io.stdout.write(`${describeRecord(line, paint)}\n`);
    await io.stdout.write(Buffer.concat([line.bytes, Buffer.from("\n")]));
  };

  const lines: { readonly line: TailLine; readonly time: string }[] = [];
  for (const log of callLogs(options.follow === true ? await source.logs() : await logsOf(source, store))) {
    const reader = new LogReader(source, log);
    readers.set(log, reader);
    for (const line of await reader.last(count)) lines.push({ line, time: timestampOf(line) });
  }
  lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  for (const { line } of count === 0 ? [] : lines.slice(-count)) await print(line);

  if (options.follow === true) await follow(io, source, readers, print);
  return EXIT.ok;
}

async function follow(
  io: CliIo,
  source: AuditSource,
  readers: Map<string, LogReader>,
  print: (line: TailLine) => Promise<void>,
): Promise<void> {
  for (;;) {
    await sleep(POLL_MS, undefined, { signal: io.signal });
    for (const log of callLogs(await source.logs())) {
      const reader = readers.get(log) ?? new LogReader(source, log);
      readers.set(log, reader);
      for await (const line of reader.appended()) await print(line);
    }
  }
}

function countOf(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count <= MAX_LINES)) {
    throw new CliError("invalid_option", `--lines takes a number from 0 to ${MAX_LINES}, not \`${text}\``);
  }
  return count;
}

/** Logs of checkpoints say nothing of what agents did. */
function callLogs(logs: readonly string[]): readonly string[] {
  return logs.filter((log) => checkpointLogKeyId(log) === null);
}
