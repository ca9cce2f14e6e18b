import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { checkLayers } from "./check.ts";
import { importsOf } from "./imports.ts";
import { LAYERS } from "./table.ts";

const root = join(import.meta.dirname, "../../..");
/** A copy of the packages' sources that tests spoil; each spoiled file is put back afterwards. */
const copy = mkdtempSync(join(tmpdir(), "proclaw-layers-"));
const spoiled = new Map<string, string>();

beforeAll(() => {
  cpSync(join(root, "packages"), join(copy, "packages"), {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|dist|cases)$/.test(path),
  });
});
afterEach(() => {
  for (const [path, text] of spoiled) writeFileSync(path, text);
  spoiled.clear();
});
afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

function spoil(file: string, change: (text: string) => string): void {
  const path = join(copy, "packages", file);
  const text = readFileSync(path, "utf8");
  if (!spoiled.has(path)) spoiled.set(path, text);
  writeFileSync(path, change(text));
}

test("the packages keep the layer table", () => {
  expect(checkLayers(root, LAYERS)).toEqual([]);
});

test.each([
  ["a package above", "core/src/errors.ts", 'import "@proclaw/runtime";', "must not reach"],
  [
    "a type from a package above",
    "audit/src/index.ts",
    'export type X = import("@proclaw/runtime").Guard;',
    "must not reach",
  ],
  ["a forbidden library", "runtime/src/index.ts", 'import { z } from "zod";', "must not reach"],
  ["a library by dynamic import", "runtime/src/index.ts", 'void import("yaml");', "must not reach"],
  ["a re-export", "verify/src/index.ts", 'export * from "@proclaw/audit";', "must not reach"],
  ["a computed import", "runtime/src/index.ts", "void import(String(1));", "computed name"],
  ["a built-in module in a browser package", "verify/src/index.ts", 'import "node:fs";', "must not need"],
  ["a built-in module without its prefix", "audit/src/index.ts", 'import "fs";', "without `node:`"],
  ["another package's file", "runtime/src/index.ts", 'import "../../core/src/index.ts";', "leaves its package"],
  ["the preset in the adapter's main entry", "adapter-openclaw/src/index.ts", 'import "proclaw";', "must not reach"],
  ["the preset in the command", "cli/src/index.ts", 'import "proclaw";', "must not reach"],
  ["require", "core/src/index.ts", 'require("zod");', "must not reach"],
  [
    "a test that reaches above",
    "core/src/errors.test.ts",
    'import "@proclaw/engine";',
    "tests that need it live in tools/e2e",
  ],
])("finds a planted violation: %s", (_, file, line, message) => {
  spoil(file, (text) => `${text}\n${line}\n`);
  expect(checkLayers(copy, LAYERS).join("\n")).toContain(message);
});

test("finds planted dependencies in package.json", () => {
  const plant = (name: string, field: string, dependency: string): void => {
    spoil(`${name}/package.json`, (text) => {
      const manifest = JSON.parse(text) as Record<string, Record<string, string>>;
      return JSON.stringify({ ...manifest, [field]: { ...manifest[field], [dependency]: "1.0.0" } });
    });
  };
  plant("core", "dependencies", "zod");
  plant("audit", "dependencies", "@proclaw/engine");
  plant("runtime", "devDependencies", "@proclaw/audit");
  const found = checkLayers(copy, LAYERS).join("\n");
  expect(found).toContain("packages/core declares zod");
  expect(found).toContain("packages/audit declares @proclaw/engine");
  expect(found).toContain("packages/runtime declares @proclaw/audit for its tests");
});

test("a package or an entry without a line in the table is a violation, and so is a line without a package", () => {
  const { core, ...others } = LAYERS;
  expect(checkLayers(root, others).join("\n")).toContain("packages/core has no line");
  expect(checkLayers(root, { ...LAYERS, ghost: core! }).join("\n")).toContain("packages/ghost, which does not exist");
  const withoutNode = { ...LAYERS, verify: { entries: { ".": LAYERS["verify"]!.entries["."]! } } };
  expect(checkLayers(root, withoutNode).join("\n")).toContain("exports `./node`");
});

test("every way of naming a module is seen, with its line", () => {
  const source = [
    'import type { A } from "a";',
    'export { b } from "b";',
    'export * from "c";',
    'type D = import("d").D;',
    'const e = await import("e");',
    'import f = require("f");',
    "const g = await import(`g${e}`);",
    'import "h";',
  ].join("\n");
  const byLine = importsOf("x.ts", source).toSorted((one, other) => one.line - other.line);
  expect(byLine.map((i) => i.specifier)).toEqual(["a", "b", "c", "d", "e", "f", null, "h"]);
  expect(byLine.map((i) => i.line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
