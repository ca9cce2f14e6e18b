import assert from "node:assert/strict";
import { join } from "node:path";
import { createRandom, generateCall, generatePolicy, generateTools, policyCases } from "@proclaw/conformance";
import type { ToolCatalogue } from "@proclaw/core";
import { comparable, engineDecides, referenceDecides, seen } from "@proclaw-private/e2e/policy-differential";
import { type CollectedTest, takeCollected } from "./stand-ins/vitest.ts";
import { ENGINE, SHARED } from "./targets.ts";

export interface SuiteTest extends CollectedTest {
  readonly kind: "unit" | "corpus" | "differential";
  /** Which file of unit tests it stands in, else {@link SHARED}. */
  readonly file: string;
}

/** Tests by the end of their names that no mutant is given to. */
const LEFT_OUT_TESTS: readonly string[] = [
  // Takes seconds, and shows again what others show.
  "classifies every code point as the pattern's set does",
  // A mutant of the reader could hand a shell something that it runs.
  "a real shell reads them as the same words",
];

const SEED = 20_261_122;
const POLICIES = 60;
const CALLS_PER_POLICY = 25;

/** The reference's answers do not depend on the engine, so they are found once for all generations. */
interface Drawn {
  readonly policy: string;
  readonly tools: ToolCatalogue | undefined;
  readonly requests: readonly ReturnType<typeof generateCall>[];
  readonly wanted: readonly string[];
}
const global = globalThis as { proclawDrawn?: readonly Drawn[] };

function draw(): readonly Drawn[] {
  return Array.from({ length: POLICIES }, (_, index) => {
    const random = createRandom(SEED + index);
    const policy = generatePolicy(random);
    const tools = random.chance(0.4) ? (generateTools(random) as unknown as ToolCatalogue) : undefined;
    const requests = Array.from({ length: CALLS_PER_POLICY }, () => generateCall(random, policy));
    const reference = referenceDecides(policy, tools);
    return {
      policy: JSON.stringify(policy),
      tools,
      requests,
      wanted: requests.map((one) => comparable(reference(one))),
    };
  });
}

/** What is loaded before any test, by name of its source. */
const SOURCES = ["index.ts", "compile.ts", "yaml.ts", "schema.ts"];

/**
 * The tests that a mutant is given to, always in the same order: unit tests, corpus, differential.
 *
 * @param files which files of unit tests to load; corpus and differential are there if {@link SHARED} is
 * @param loaded told after each file, and first of the sources
 */
export async function loadSuite(
  generation: number,
  files: readonly string[],
  loaded: (file: string) => void,
): Promise<readonly SuiteTest[]> {
  takeCollected();
  const tests: SuiteTest[] = [];
  for (const source of SOURCES) await import(`${join(ENGINE, source)}?g=${generation}`);
  loaded(SHARED);
  for (const file of files) {
    if (file === SHARED) continue;
    await import(`${join(ENGINE, file)}?g=${generation}`);
    for (const one of takeCollected())
      if (!LEFT_OUT_TESTS.some((end) => one.name.endsWith(end))) tests.push({ ...one, kind: "unit", file });
    loaded(file);
  }
  if (!files.includes(SHARED)) return tests;
  for (const one of policyCases()) {
    const run = (): void => assert.deepEqual(seen(one, engineDecides(one.policy, one.tools)(one)), one.expect);
    tests.push({ name: one.id, run, kind: "corpus", file: SHARED });
  }
  global.proclawDrawn ??= draw();
  global.proclawDrawn.forEach(({ policy, tools, requests, wanted }, index) => {
    const run = (): void => {
      const engine = engineDecides(policy, tools);
      assert.deepEqual(
        requests.map((one) => comparable(engine(one))),
        wanted,
      );
    };
    tests.push({ name: `random policy ${index}`, run, kind: "differential", file: SHARED });
  });
  return tests;
}
