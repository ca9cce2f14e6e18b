/**
 * Runs mutants one after the other in one process. The parent says which, and hears of each test, so
 * that it can end a process that hangs.
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { createControl } from "./control.ts";
import { installHooks } from "./hooks.ts";
import type { Work } from "./run-mutants.ts";
import type * as Suite from "./suite.ts";
import { SHARED } from "./targets.ts";

/** What the dry run found; indexes of tests. */
export interface Coverage {
  /** In milliseconds, by test. */
  readonly times: readonly number[];
  readonly names: readonly string[];
  readonly files: readonly string[];
  /** Tests that reach a mutant. */
  readonly tests: Readonly<Record<number, readonly number[]>>;
  /** The most often that one test reaches a mutant. */
  readonly hits: Readonly<Record<number, number>>;
  /** By mutant that runs while something is loaded: the files of tests that it may reach so. */
  readonly loading: Readonly<Record<number, readonly string[]>>;
}

export type FromParent =
  | { readonly type: "dry-run" }
  | { readonly type: "coverage"; readonly coverage: Coverage }
  | { readonly type: "mutant"; readonly id: number };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "alive" }
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "coverage"; readonly coverage: Coverage }
  | { readonly type: "result"; readonly id: number; readonly result: Result; readonly spoiled: boolean };

export interface Result {
  readonly status: "killed" | "timeout" | "survived" | "not covered";
  readonly killer?: string;
}

const control = createControl();
const { sources, mutants, unitTests } = JSON.parse(readFileSync(process.argv[2] as string, "utf8")) as Work;
installHooks(sources);
const SOURCES = "packages/engine/src/";
const sourceOf = new Map(mutants.map((mutant) => [mutant.id, mutant.file]));
/** Ids are numbers from 0. */
const IDS = Math.max(...mutants.map((mutant) => mutant.id)) + 1;

let generation = 0;
let tests: readonly Suite.SuiteTest[] = [];
let coverage: Coverage | undefined;
/** A generation of sources stays in memory for good. */
const MAX_GENERATIONS = 30;

async function load(
  files: readonly string[],
  loaded: (file: string) => void = () => undefined,
): Promise<readonly Suite.SuiteTest[]> {
  const { loadSuite } = (await import(`./suite.ts?g=${generation}`)) as Pick<typeof Suite, "loadSuite">;
  return await loadSuite(generation, files, loaded);
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

async function dryRun(): Promise<Coverage> {
  const times: number[] = [];
  const byMutant: Record<number, number[]> = {};
  const hits: Record<number, number> = {};
  for (const [index, test] of tests.entries()) {
    const counts = new Uint32Array(IDS);
    control.counts = counts;
    const start = performance.now();
    await test.run();
    times.push(performance.now() - start);
    for (let id = 0; id < IDS; id++) {
      const count = counts[id] as number;
      if (count === 0) continue;
      (byMutant[id] ??= []).push(index);
      hits[id] = Math.max(hits[id] ?? 0, count);
    }
    send({ type: "alive" });
  }
  control.counts = null;
  return {
    times,
    names: tests.map((test) => test.name),
    files: tests.map((test) => test.file),
    tests: byMutant,
    hits,
    loading,
  };
}

/** Runs tests until one fails. */
async function attempt(
  id: number,
  from: readonly Suite.SuiteTest[],
  order: readonly number[],
  limit: number,
): Promise<{ readonly at: number; readonly timeout: boolean } | null> {
  control.active = id;
  try {
    for (const at of order) {
      control.left = limit;
      let failed = false;
      try {
        await from[at]?.run();
      } catch {
        failed = true;
      }
      send({ type: "alive" });
      // A loop that was cut short counts even where deciding caught the error.
      if (failed || control.left < 0) return { at, timeout: control.left < 0 };
    }
    return null;
  } finally {
    control.active = -1;
  }
}

async function runMutant(id: number, known: Coverage): Promise<{ readonly result: Result; readonly spoiled: boolean }> {
  const covering = inOrder(id, known.tests[id] ?? [], known);
  const limit = 10_000 + 4 * (known.hits[id] ?? 0);
  const killed = await attempt(id, tests, covering, limit);
  if (killed !== null) {
    let spoiled = false;
    try {
      await tests[killed.at]?.run();
    } catch {
      // The mutant left something behind that outlives it.
      spoiled = true;
    }
    const status = killed.timeout ? "timeout" : "killed";
    return { result: { status, killer: known.names[killed.at] as string }, spoiled };
  }
  const files = known.loading[id];
  if (files === undefined) {
    return { result: { status: covering.length === 0 ? "not covered" : "survived" }, spoiled: false };
  }
  return { result: await runLoading(id, files, known), spoiled: generation >= MAX_GENERATIONS };
}

/** A mutant in code that runs while loading gets a fresh copy of the engine and of the tests that it may reach. */
async function runLoading(id: number, files: readonly string[], known: Coverage): Promise<Result> {
  generation++;
  control.active = id;
  control.left = 1_000_000;
  let fresh: readonly Suite.SuiteTest[];
  try {
    fresh = await load(files.includes(SHARED) ? ALL : files);
  } catch {
    return { status: "killed", killer: "loading" };
  } finally {
    control.active = -1;
  }
  // The tests of a part of the files are another list than that of the times.
  const order = fresh.length === known.times.length ? testsOfSource(id, known) : [...fresh.keys()];
  const killed = await attempt(id, fresh, order, 10_000_000);
  return killed === null
    ? { status: "survived" }
    : { status: killed.timeout ? "timeout" : "killed", killer: fresh[killed.at]?.name as string };
}

const QUICK_MS = 100;
const BUDGET_MS = 3_000;

/**
 * Which tests a mutant gets, and in which order: those beside its source, the quick ones first, then
 * the others as far as the budget reaches (a mutant in the middle of things is reached by thousands).
 */
function inOrder(id: number, covering: readonly number[], known: Coverage): readonly number[] {
  const folder = dirname((sourceOf.get(id) as string).slice(SOURCES.length));
  const time = (at: number): number => known.times[at] as number;
  const own: number[] = [];
  const ownSlow: number[] = [];
  const others: number[] = [];
  for (const at of [...covering].sort((a, b) => time(a) - time(b))) {
    const isOwn = known.files[at] !== SHARED && dirname(known.files[at] as string) === folder;
    (isOwn ? (time(at) < QUICK_MS ? own : ownSlow) : others).push(at);
  }
  let left = BUDGET_MS;
  const affordable = others.filter((at) => (left -= time(at)) > 0);
  return [...own, ...affordable, ...ownSlow];
}

/** What is made while a source is loaded is used by the functions beside it: the tests that reach one of them. */
function testsOfSource(id: number, known: Coverage): readonly number[] {
  const file = sourceOf.get(id);
  const found = new Set<number>();
  for (const mutant of mutants) {
    if (mutant.file === file) for (const test of known.tests[mutant.id] ?? []) found.add(test);
  }
  const order = found.size === 0 ? [...tests.keys()] : [...found];
  return inOrder(id, order, known);
}

async function answer(message: FromParent): Promise<void> {
  switch (message.type) {
    case "dry-run":
      coverage = await dryRun();
      send({ type: "coverage", coverage });
      return;
    case "coverage":
      coverage = message.coverage;
      return;
    case "mutant": {
      if (coverage === undefined) throw new Error("a mutant before the coverage");
      const { id } = message;
      send({ type: "result", id, ...(await runMutant(id, coverage)) });
      return;
    }
    default:
      throw new Error("a message of an unknown type");
  }
}

let queue: Promise<void> = Promise.resolve();
process.on("message", (message: FromParent) => {
  queue = queue
    .then(() => answer(message))
    .catch((error: unknown) => {
      send({ type: "failed", reason: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
    });
});
process.on("disconnect", () => process.exit());

const ALL: readonly string[] = [SHARED, ...unitTests];
const loading: Record<number, string[]> = {};
control.counts = new Uint32Array(IDS);
tests = await load(ALL, (file) => {
  control.counts?.forEach((count, id) => {
    if (count !== 0) (loading[id] ??= []).push(file);
  });
  control.counts = new Uint32Array(IDS);
});
control.counts = null;
send({ type: "ready" });
