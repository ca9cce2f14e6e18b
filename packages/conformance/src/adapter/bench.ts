import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { EventFields } from "@proclaw/core";
import type { ConformanceCase } from "../case.ts";
import type { AdapterAnswer, AdapterCallOptions, AdapterKitOptions, AdapterSession } from "./options.ts";
import { kitTools, outputOf, ScriptedDecisionPoint, ScriptedTrail } from "./parts.ts";
import { checkTimeline, recordsOf, runsOf, textOfArgs } from "./timeline.ts";
import type { Run, TimelineEntry } from "./timeline.ts";

/** How many times its patience an adapter may take for an answer before the kit calls it hung. */
const ANSWER_WITHIN = 40;

/** What a case works with: one session, and the scripts of everything around it. */
export class AdapterBench {
  readonly timeline: TimelineEntry[] = [];
  readonly point: ScriptedDecisionPoint = new ScriptedDecisionPoint();
  readonly trail: ScriptedTrail = new ScriptedTrail(this.timeline);
  readonly patienceMs: number;
  /** Set by cases that make the trail lose outcomes. */
  losesOutcomes = false;
  rewrite: (args: Record<string, unknown>) => Record<string, unknown> | undefined = () => undefined;
  overrides = false;
  /** Called when a tool has started, and has read its arguments for the first time. */
  started: () => void = () => {};
  readonly #options: AdapterKitOptions;
  readonly #toolsEnd = Promise.withResolvers<void>();
  #session: AdapterSession | null = null;
  #ids = 0;

  constructor(options: AdapterKitOptions) {
    this.#options = options;
    this.patienceMs = options.patienceMs ?? 250;
  }

  async open(): Promise<void> {
    this.#session = await this.#options.open({
      decisionPoint: this.point,
      trail: this.trail,
      tools: kitTools(this.timeline, this.#toolsEnd.promise, () => this.started()),
      patienceMs: this.patienceMs,
      otherPlugin: { rewrite: (args) => this.rewrite(args), overrides: () => this.overrides },
    });
  }

  /** Arguments that no other call has. */
  args(more: Record<string, unknown> = {}): Record<string, unknown> & { readonly id: string } {
    this.#ids += 1;
    return { id: `kit-${this.#ids}`, ...more };
  }

  async call(tool: string, args: unknown, options?: AdapterCallOptions): Promise<AdapterAnswer> {
    assert.ok(this.#session);
    const answer = await this.#inTime(this.#session.call(tool, args, options), `no answer to a call of \`${tool}\``);
    if (answer.status !== "returned") {
      assert.equal(typeof answer.message, "string");
      assert.notEqual(answer.message.trim(), "", "the agent was told nothing");
    }
    return answer;
  }

  /** Closes the session; the case may go on calling. */
  async close(): Promise<void> {
    await this.#inTime(this.#session?.close() ?? Promise.resolve(), "the session did not close");
  }

  /** Waits for something that must come; use {@link Gate} where the kit's own parts can say when. */
  async until(what: string, there: () => boolean): Promise<void> {
    const turns = (this.patienceMs * ANSWER_WITHIN) / 5;
    for (let turn = 0; !there(); turn++) {
      assert.ok(turn < turns, `${what} did not come`);
      await sleep(5);
    }
  }

  get runs(): Run[] {
    return runsOf(this.timeline);
  }

  get records(): EventFields[] {
    return recordsOf(this.timeline);
  }

  /** Runs with exactly these arguments. */
  runsWith(args: unknown): Run[] {
    const text = textOfArgs(args);
    return this.runs.filter((run) => run.args === text);
  }

  async end(): Promise<void> {
    this.trail.before = async () => {};
    this.#toolsEnd.resolve();
    if (this.#session !== null) await this.close();
  }

  /** Holds the records of one kind until {@link Gate.open}. */
  hold(kind: EventFields["kind"]): Gate {
    const reached = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    this.trail.before = async (event) => {
      if (event.kind !== kind) return;
      reached.resolve();
      await opened.promise;
    };
    return { reached: this.#inTime(reached.promise, `no record of kind \`${kind}\` came`), open: opened.resolve };
  }

  #inTime<T>(work: Promise<T>, otherwise: string): Promise<T> {
    return withinMs(work, this.patienceMs * ANSWER_WITHIN, otherwise);
  }
}

export interface Gate {
  /** Resolves when a record waits. */
  readonly reached: Promise<void>;
  readonly open: () => void;
}

async function withinMs<T>(work: Promise<T>, ms: number, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: otherwise })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function adapterCase(
  options: AdapterKitOptions,
  name: string,
  body: (bench: AdapterBench) => Promise<void>,
): ConformanceCase {
  return {
    name,
    async run() {
      const bench = new AdapterBench(options);
      await bench.open();
      try {
        await body(bench);
      } catch (error) {
        // What the case found says more than a session that does not close because of it.
        await bench.end().catch(() => {});
        throw error;
      }
      await bench.end();
      checkTimeline(bench.timeline, !bench.losesOutcomes);
    },
  };
}

/** Fails unless the call ran exactly once, with these arguments, and its output came back. */
export async function runs(bench: AdapterBench, args: Readonly<Record<string, unknown>> = bench.args()): Promise<void> {
  const before = bench.runsWith(args).length;
  const answer = await bench.call("kit_write", args);
  assert.equal(answer.status, "returned", `an allowed call was ${describe(answer)}`);
  assert.ok(answer.status === "returned" && textIn(answer.output).includes(outputOf(args["id"])), "not its own output");
  assert.equal(bench.runsWith(args).length, before + 1, "the tool must run once");
}

/** Fails unless the call was refused and nothing ran. */
export async function refused(
  bench: AdapterBench,
  args: unknown = bench.args(),
  options?: AdapterCallOptions,
): Promise<string> {
  const before = bench.runs.length;
  const answer = await bench.call("kit_write", args, options);
  assert.equal(bench.runs.length, before, "a call ran that must not run");
  assert.equal(answer.status, "refused", `a call that did not run was ${describe(answer)}`);
  return answer.status === "refused" ? answer.message : "";
}

/** Fails if the agent got any of the tool's output. */
export function withheld(answer: AdapterAnswer, id: unknown): void {
  assert.ok(!textIn(answer).includes(outputOf(id)), "the agent got an output that must be withheld");
}

export function describe(answer: AdapterAnswer): string {
  return answer.status === "returned" ? "`returned`" : `\`${answer.status}\`: ${answer.message}`;
}

/** All text of what the agent was told, however the host wraps it. */
export function textIn(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
