import { availableParallelism } from "node:os";
import { parentPort, Worker } from "node:worker_threads";
import type { AuditSource } from "@proclaw/core";
import { ProclawError } from "@proclaw/core";
import { nodeEd25519Verify } from "./node-ed25519.ts";
import { nodeHasher } from "./node-hasher.ts";
import type { VerifyReport } from "./report.ts";
import { verifyLog, type LogJob, type LogResult } from "./verify-log.ts";
import { verifyTrailWith, type LogRunner } from "./verify-trail.ts";
import type { VerifyOptions } from "./verify-options.ts";

export interface ParallelVerifyOptions extends Omit<VerifyOptions, "hasher" | "ed25519Verify"> {
  /** Module that a thread runs: it calls {@link serveLogs} with a way to open the same trail. */
  readonly worker: URL;
  /** What that way needs, such as a folder. */
  readonly argument: string;
  /** Threads; default: as many as the machine runs at once. */
  readonly workers?: number;
}

/** What a thread says. */
type Message =
  | { readonly progress: { readonly records: number; readonly bytes: number } }
  | { readonly result: LogResult };

/** Between two messages about progress. */
const PROGRESS_MS = 100;

/**
 * `verifyTrail` with the logs shared out to threads, several at once; the report is the same. The
 * logs of checkpoints are read first, by the caller's thread. Logs are shared out whole: a single
 * long one takes as long as ever.
 */
export function verifyTrailParallel(source: AuditSource, options: ParallelVerifyOptions): Promise<VerifyReport> {
  const workers = options.workers ?? availableParallelism();
  if (!Number.isSafeInteger(workers) || workers < 1) {
    return Promise.reject(new ProclawError("invalid_option", `\`workers\` is \`${workers}\`: at least 1 is needed`));
  }
  const parts = { ...options, hasher: nodeHasher, ed25519Verify: nodeEd25519Verify };
  return verifyTrailWith(source, parts, (jobs, tick) => shared(jobs, tick, { ...options, workers }));
}

async function* shared(
  jobs: readonly LogJob[],
  tick: Parameters<LogRunner>[1],
  options: { readonly worker: URL; readonly argument: string; readonly workers: number },
): AsyncGenerator<LogResult> {
  const threads = Array.from({ length: Math.min(options.workers, jobs.length) }, () => startThread(options));
  const results = jobs.map(() => Promise.withResolvers<LogResult>());
  // Whoever waits for a result gets the failure; the others must not count as unhandled.
  for (const { promise } of results) promise.catch(() => undefined);
  let next = 0;
  for (const thread of threads) {
    const work = async (): Promise<void> => {
      for (let index = next++; index < jobs.length; index = next++) {
        const job = jobs[index] as LogJob;
        results[index]?.resolve(await run(thread, job, (progress) => tick(job.log, progress)));
      }
    };
    work().catch((error: unknown) => {
      for (const { reject } of results) reject(error);
    });
  }
  try {
    for (const { promise } of results) yield await promise;
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function startThread({ worker, argument }: { readonly worker: URL; readonly argument: string }): Worker {
  // Sources run unbuilt in this repository; what is published has JavaScript only.
  const execArgv = worker.pathname.endsWith(".ts") ? { execArgv: ["--conditions", "@proclaw/source"] } : {};
  return new Worker(worker, { workerData: argument, ...execArgv });
}

function run(
  thread: Worker,
  job: LogJob,
  onProgress: (progress: { records: number; bytes: number }) => void,
): Promise<LogResult> {
  const { promise, resolve, reject } = Promise.withResolvers<LogResult>();
  const onMessage = (message: Message): void => {
    if ("result" in message) {
      resolve(message.result);
      return;
    }
    try {
      onProgress(message.progress);
    } catch (error) {
      reject(error);
    }
  };
  const onExit = (): void => reject(new ProclawError("internal_error", "a verifying thread ended before its log did"));
  thread.on("message", onMessage).on("error", reject).on("exit", onExit);
  // An array has the form of claims in order, and can be sent.
  const bound = Array.from({ length: job.bound.length }, (_, place) => job.bound.at(place));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of this process has no origin
  thread.postMessage({ ...job, bound });
  return promise.finally(() => {
    thread.off("message", onMessage).off("error", reject).off("exit", onExit);
  });
}

/**
 * What a thread of {@link verifyTrailParallel} runs: verifies the logs that it is sent.
 *
 * @param open opens the trail to read, from the `argument` in `workerData`
 */
export function serveLogs(open: () => AuditSource | Promise<AuditSource>): void {
  const port = parentPort;
  if (port === null) throw new ProclawError("invalid_option", "serveLogs runs in a thread only");
  const opened = Promise.resolve().then(open);
  // A failure is for the first log that needs the source.
  opened.catch(() => undefined);
  port.on("message", (job: LogJob) => {
    let last = 0;
    const tick = (progress: { readonly records: number; readonly bytes: number }): void => {
      const now = performance.now();
      if (now - last < PROGRESS_MS) return;
      last = now;
      port.postMessage({ progress } satisfies Message);
    };
    opened
      .then((source) =>
        verifyLog(source, job, { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, claims: null, tick }),
      )
      .then(
        (result) => port.postMessage({ result } satisfies Message),
        (error: unknown) => {
          // Ends the thread, and with it the wait.
          throw error;
        },
      );
  });
}
