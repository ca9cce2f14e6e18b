import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Instrumented } from "./instrument.ts";
import { unitTests } from "./targets.ts";
import type { Coverage, FromParent, FromWorker, Result } from "./worker.ts";

/** What a worker is given. The tests are listed once, so that every worker counts them alike. */
export interface Work extends Instrumented {
  readonly unitTests: readonly string[];
}

/** Without a word for so long, a worker hangs. */
const SILENCE_MS = 60_000;

export interface Outcome {
  readonly coverage: Coverage;
  readonly results: ReadonlyMap<number, Result>;
}

/**
 * Runs the tests against each mutant.
 *
 * @param ids the mutants to run, a part of `instrumented.mutants`
 * @throws {Error} if a test fails without any mutant
 */
export async function runMutants(
  instrumented: Instrumented,
  ids: readonly number[],
  progress: (id: number, result: Result) => void,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "proclaw-mutation-"));
  const file = join(folder, "instrumented.json");
  const work: Work = { ...instrumented, unitTests: unitTests() };
  writeFileSync(file, JSON.stringify(work));
  let worker: Worker | undefined;
  try {
    worker = await Worker.start(file);
    const { coverage } = await worker.ask<"coverage">({ type: "dry-run" }, "coverage");
    const results = new Map<number, Result>();
    for (const id of ids) {
      for (let isFresh = false; ;) {
        if (worker === undefined) {
          worker = await Worker.start(file);
          worker.tell({ type: "coverage", coverage });
          isFresh = true;
        }
        const answer: Extract<FromWorker, { type: "result" }> | null = await worker
          .ask<"result">({ type: "mutant", id }, "result")
          .catch((error: unknown) => {
            if (error instanceof Silence) return null;
            throw error;
          });
        if (answer === null || answer.spoiled) {
          worker.end();
          worker = undefined;
        }
        // What an earlier mutant left behind may have failed the test: only a fresh process tells.
        if (answer !== null && answer.spoiled && answer.result.status === "killed" && !isFresh) continue;
        const result: Result = answer?.result ?? { status: "timeout" };
        results.set(id, result);
        progress(id, result);
        break;
      }
    }
    return { coverage, results };
  } finally {
    worker?.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Silence extends Error {}

class Worker {
  readonly #child: ChildProcess;
  #timer: NodeJS.Timeout | undefined;
  #wanted: FromWorker["type"] | undefined;
  #resolve: (message: FromWorker) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  private constructor(file: string) {
    this.#child = fork(join(import.meta.dirname, "worker.ts"), [file], {
      execArgv: ["--conditions", "@proclaw/source", "--no-warnings", "--max-old-space-size=3072"],
      env: { ...process.env, PROCLAW_DEPTH: "ci" },
      serialization: "advanced",
    });
    this.#child.on("message", (message: FromWorker) => this.#hear(message));
    this.#child.on("exit", (code, signal) => this.#reject(new Error(`the worker ended: ${code ?? signal}`)));
  }

  static async start(file: string): Promise<Worker> {
    const worker = new Worker(file);
    await worker.#wait("ready");
    return worker;
  }

  tell(message: FromParent): void {
    this.#child.send(message);
  }

  async ask<T extends FromWorker["type"]>(message: FromParent, wanted: T): Promise<Extract<FromWorker, { type: T }>> {
    this.tell(message);
    return (await this.#wait(wanted)) as Extract<FromWorker, { type: T }>;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#reject = () => undefined;
    this.#child.kill("SIGKILL");
  }

  #wait(wanted: FromWorker["type"]): Promise<FromWorker> {
    this.#wanted = wanted;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#watch();
    }).finally(() => clearTimeout(this.#timer)) as Promise<FromWorker>;
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#reject(new Silence("the worker says nothing")), SILENCE_MS);
  }

  #hear(message: FromWorker): void {
    this.#watch();
    if (message.type === "failed") this.#reject(new Error(message.reason));
    else if (message.type === this.#wanted) this.#resolve(message);
  }
}
