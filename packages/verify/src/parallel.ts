import { availableParallelism } from "node:os";
import { MessageChannel, parentPort, Worker, type MessagePort } from "node:worker_threads";
import type { AuditSource } from "@proclaw/core";
import { ProclawError } from "@proclaw/core";
import { nodeEd25519Verify } from "./node-ed25519.ts";
import { nodeHasher } from "./node-hasher.ts";
import type { VerifyReport } from "./report.ts";
import { verifyLog, type LogJob, type LogResult } from "./verify-log.ts";
import { verifyTrailWith, type LogRunner } from "./verify-trail.ts";
import type { VerifyOptions } from "./verify-options.ts";
import { WindowReader } from "./window-reader.ts";
import { serveWindows, ThreadHelper } from "./window-threads.ts";

export interface ParallelVerifyOptions extends Omit<VerifyOptions, "hasher" | "ed25519Verify"> {
  /** Module that a thread runs: it calls {@link serveLogs} with a way to open the same trail. */
  readonly worker: URL;
  /** What that way needs, such as a folder. */
  readonly argument: string;
  /** Threads; default: as many as the machine runs at once. */
  readonly workers?: number;
  /** About how many bytes of a log are scanned together; default: 512 KiB. */
  readonly windowBytes?: number;
}

/** What a thread is told. */
type Request =
  | { readonly job: LogJob; readonly windowBytes: number }
  /** To scan what comes over a port. */
  | { readonly serve: MessagePort }
  /** To let the other end of a port scan. */
  | { readonly helper: MessagePort };

/** What a thread says. */
type Message =
  | { readonly progress: { readonly records: number; readonly bytes: number } }
  | { readonly result: LogResult };

/** Bytes that are scanned together. */
const WINDOW_BYTES = 524_288;

/**
 * A thread's young generation. What verifying makes is garbage at once; left alone, V8 lets it grow
 * to three times 16 MB, which does not make it faster (measured: 15.7 s CPU against 15.6 s).
 */
const LIMITS = { maxYoungGenerationSizeMb: 12 };

/** Between two messages about progress. */
const PROGRESS_MS = 100;

/**
 * `verifyTrail` with the work shared out to threads; the report is the same. Each log is judged by
 * one thread, and threads that have none scan windows of a log for those that do, so a single long
 * log is shared out too. The logs of checkpoints are read first, by the caller's thread.
 */
export function verifyTrailParallel(source: AuditSource, options: ParallelVerifyOptions): Promise<VerifyReport> {
  const workers = options.workers ?? availableParallelism();
  if (!Number.isSafeInteger(workers) || workers < 1) {
    return Promise.reject(new ProclawError("invalid_option", `\`workers\` is \`${workers}\`: at least 1 is needed`));
  }
  const parts = { ...options, hasher: nodeHasher, ed25519Verify: nodeEd25519Verify };
  const windowBytes = options.windowBytes ?? WINDOW_BYTES;
  if (!Number.isSafeInteger(windowBytes) || windowBytes < 1) {
    return Promise.reject(new ProclawError("invalid_option", "`windowBytes` must be a positive whole number"));
  }
  return verifyTrailWith(source, parts, (jobs, tick) => shared(jobs, tick, { ...options, workers, windowBytes }));
}

async function* shared(
  jobs: readonly LogJob[],
  tick: Parameters<LogRunner>[1],
  options: { readonly worker: URL; readonly argument: string; readonly workers: number; readonly windowBytes: number },
): AsyncGenerator<LogResult> {
  if (jobs.length === 0) return;
  const results = jobs.map(() => Promise.withResolvers<LogResult>());
  // Whoever waits for a result gets the failure; the others must not count as unhandled.
  for (const { promise } of results) promise.catch(() => undefined);
  const fail = (error: unknown): void => {
    for (const { reject } of results) reject(error);
  };
  const threads = Array.from({ length: options.workers }, () => startThread(options, fail));
  const judges = new Set(threads.slice(0, jobs.length));
  let next = 0;
  const help = (helper: Worker): void => {
    for (const judge of judges) connect(helper, judge);
  };
  const work = async (thread: Worker): Promise<void> => {
    for (let index = next++; index < jobs.length; index = next++) {
      const job = jobs[index] as LogJob;
      results[index]?.resolve(
        await run(thread, { job, windowBytes: options.windowBytes }, (progress) => tick(job.log, progress)),
      );
    }
    judges.delete(thread);
    help(thread);
  };
  for (const helper of threads.slice(jobs.length)) help(helper);
  for (const judge of judges) work(judge).catch(fail);
  try {
    for (const { promise } of results) yield await promise;
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function startThread(
  { worker, argument }: { readonly worker: URL; readonly argument: string },
  fail: (error: unknown) => void,
): Worker {
  // Sources run unbuilt in this repository; what is published has JavaScript only.
  const execArgv = worker.pathname.endsWith(".ts") ? { execArgv: ["--conditions", "@proclaw/source"] } : {};
  const thread = new Worker(worker, { workerData: argument, resourceLimits: LIMITS, ...execArgv });
  thread.on("error", fail);
  thread.on("exit", () => fail(new ProclawError("internal_error", "a verifying thread ended before its log did")));
  return thread;
}

/** Lets `helper` scan for `judge`, from now on. */
function connect(helper: Worker, judge: Worker): void {
  const { port1, port2 } = new MessageChannel();
  helper.postMessage({ serve: port1 } satisfies Request, [port1]);
  judge.postMessage({ helper: port2 } satisfies Request, [port2]);
}

function run(
  thread: Worker,
  { job, windowBytes }: { readonly job: LogJob; readonly windowBytes: number },
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
  thread.on("message", onMessage);
  // An array has the form of claims in order, and can be sent.
  const bound = Array.from({ length: job.bound.length }, (_, place) => job.bound.at(place));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of this process has no origin
  thread.postMessage({ job: { ...job, bound }, windowBytes } satisfies Request);
  return promise.finally(() => thread.off("message", onMessage));
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
  const helpers: ThreadHelper[] = [];
  port.on("message", (request: Request) => {
    if ("serve" in request) {
      serveWindows(request.serve);
      return;
    }
    if ("helper" in request) {
      helpers.push(new ThreadHelper(request.helper));
      return;
    }
    const { job, windowBytes } = request;
    let last = 0;
    const tick = (progress: { readonly records: number; readonly bytes: number }): void => {
      const now = performance.now();
      if (now - last < PROGRESS_MS) return;
      last = now;
      port.postMessage({ progress } satisfies Message);
    };
    opened
      .then((source) =>
        verifyLog(source, job, {
          hasher: nodeHasher,
          ed25519Verify: nodeEd25519Verify,
          claims: null,
          tick,
          reader: new WindowReader(job, helpers, windowBytes),
        }),
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
