import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const folder = join(import.meta.dirname, "../../../docs/policy");
const documents = readdirSync(folder).filter((name) => name.endsWith(".md"));
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

/** `[file](path) “what stands in it”`, several quotations separated by commas. */
const QUOTED = /\]\(([^)#]+)\)((?:,? ?“[^”]+”)+)/g;

function quotations(text: string): (readonly [path: string, quoted: string])[] {
  return [...text.matchAll(QUOTED)].flatMap(([, path = "", quoted = ""]) =>
    [...quoted.matchAll(/“([^”]+)”/g)].map(([, one = ""]) => [path, one] as const),
  );
}

/** Why a quotation does not hold; null if it does. */
function misquoted(path: string, quoted: string): string | null {
  const file = join(folder, path);
  if (!existsSync(file)) return `${path} does not exist`;
  const text = readFileSync(file, "utf8");
  const found = path.endsWith(".json") ? text.includes(`"id": "${quoted}`) : text.includes(quoted);
  return found ? null : `${path} does not hold “${quoted}”`;
}

test.each(documents)("%s: links lead to files", (name) => {
  for (const [, target = ""] of read(name).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
    expect(existsSync(join(folder, target)), target).toBe(true);
  }
});

describe("how-decisions-are-made.md", () => {
  const claims = quotations(read("how-decisions-are-made.md"));

  test("every test and every case that it names is there", () => {
    expect(claims.length).toBeGreaterThan(35);
    expect(claims.map(([path, quoted]) => misquoted(path, quoted)).filter((fault) => fault !== null)).toEqual([]);
  });

  test("a test that is gone, and a file that is gone, would be found", () => {
    const [[path]] = claims as [readonly [string, string]];
    expect(misquoted(path, "no such case")).toContain("does not hold");
    expect(misquoted("../nowhere.test.ts", "x")).toContain("does not exist");
    expect(quotations("[a](b.ts) “one”, “two” and [c](d.json) “three”")).toEqual([
      ["b.ts", "one"],
      ["b.ts", "two"],
      ["d.json", "three"],
    ]);
  });

  test("every line of a table of claims names what shows it", () => {
    const tables = read("how-decisions-are-made.md").split("| claim | shown by |\n|---|---|\n").slice(1);
    const lines = tables
      .flatMap((table) => table.slice(0, table.indexOf("\n\n")).split("\n"))
      .filter((line) => line !== "");
    expect(lines.length).toBeGreaterThan(25);
    for (const line of lines) expect(quotations(line), line).not.toEqual([]);
  });
});
