import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { passedTests, promisedLines } from "./examples.ts";

const folder = mkdtempSync(join(tmpdir(), "proclaw-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["ℹ tests 3\nℹ pass 2\nℹ fail 1\n", 2],
  ["1..30\n# tests 30\n# pass 30\n", 30],
  ["nothing ran", 0],
  ["pass 30", 0],
])("%j: passed tests are counted in both forms of node --test", (printed, count) => {
  expect(passedTests(printed)).toBe(count);
});

test("what a README promises are its text blocks only", () => {
  writeFileSync(join(folder, "README.md"), "# x\n\n```sh\nnpm start\n```\n\n```text\none\n  two\n```\n");
  expect(promisedLines({ name: "x", folder, scripts: [] })).toEqual(["one", "  two"]);
});
