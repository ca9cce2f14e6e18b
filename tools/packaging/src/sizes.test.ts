import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { reachableBytes, SIZE_LIMITS, sizeProblem } from "./sizes.ts";

const folder = mkdtempSync(join(tmpdir(), "proclaw-sizes-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("counts every file once that can be reached, and no other", () => {
  const files = {
    "index.js": 'export { a } from "./a.js";\nimport "./b.js";\nimport fs from "node:fs";\n',
    "a.js": 'import { b } from "./b.js";\nexport const a = () => import("./late.js");\n',
    "b.js": 'import "./index.js"; // not "./missing.js"\n',
    "late.js": "export const late = 'é';\n",
    "other.js": "x".repeat(1000),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { "other.js": _unreached, ...reached } = files;
  expect(reachableBytes(join(folder, "index.js"))).toBe(Buffer.byteLength(Object.values(reached).join("")));
});

test("an entry above its limit, or without one, is found", () => {
  const limits = { a: { measured: 90, limit: 100 } };
  expect(sizeProblem("a", 100, limits)).toBeNull();
  expect(sizeProblem("a", 101, limits)).toBe("`a` has 101 bytes, its limit is 100");
  expect(sizeProblem("toString", 1, limits)).toContain("no line in SIZE_LIMITS");
});

test.each(Object.entries(SIZE_LIMITS))("the limit of %s is near what was measured", (_entry, { measured, limit }) => {
  expect(limit).toBeGreaterThanOrEqual(measured);
  expect(limit).toBeLessThanOrEqual(measured * 1.3 + 1000);
});
