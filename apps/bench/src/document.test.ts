import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatDocument, sectionsOf } from "./document.ts";
import { PARTS } from "./parts.ts";

test("sections come back as they were written, in the order of the names", () => {
  const sections = new Map([
    ["b-2", "## B\n\ntext\n"],
    ["a", "## A\n\n### more\n"],
  ]);
  const document = formatDocument(["a", "missing", "b-2"], sections);
  expect(document.indexOf("## A")).toBeLessThan(document.indexOf("## B"));
  expect([...sectionsOf(document)]).toEqual([
    ["a", "## A\n\n### more"],
    ["b-2", "## B\n\ntext"],
  ]);
  expect(formatDocument(["a", "b-2"], sectionsOf(document))).toBe(document);
});

test("one section is replaced and the others stay", () => {
  const before = formatDocument(["a", "b"], new Map(Object.entries({ a: "## A old", b: "## B" })));
  const after = formatDocument(["a", "b"], new Map(sectionsOf(before)).set("a", "## A new"));
  expect(after).toBe(before.replace("old", "new"));
});

test("parts have names of their own that a section can carry", () => {
  const names = PARTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
});

test("every plot that docs/benchmarks.md shows is there", () => {
  const docs = join(import.meta.dirname, "../../../docs");
  const shown = readFileSync(join(docs, "benchmarks.md"), "utf8").matchAll(/\]\((benchmarks\/[^)]+)\)/g);
  for (const [, file = ""] of shown) expect(readFileSync(join(docs, file), "utf8")).toMatch(/^<svg /);
});
