import { join } from "node:path";
import { expect, test } from "vitest";
import { instrument } from "./instrument.ts";
import { filesOf, PARTS, ROOT } from "./targets.ts";

test("a source comes back with all its mutants behind switches, and without those of messages", async () => {
  const file = "packages/engine/src/plan/check.ts";
  const { sources, mutants, ignored } = await instrument([file]);
  const source = sources[join(ROOT, file)] as string;
  for (const { id } of mutants) expect(source).toContain(`stryMutAct_9fa48(${id})`);
  const found = mutants.map(({ line, original, replacement }) => `${line}: ${original} → ${replacement}`);
  expect(found).toContain('55: text === "" → false');
  expect(found.filter((one) => one.includes(`: "is not a list"`))).toEqual([]);
  expect(ignored).toBeGreaterThan(5);
});

test("what decides is mutated whole, and no test is", () => {
  const files = PARTS.flatMap(filesOf);
  expect(files).toContain("packages/engine/src/decide/decide.ts");
  expect(files.filter((name) => /\.(?:test|bench)\.ts$/.test(name))).toEqual([]);
  expect(new Set(files).size).toBe(files.length);
});
