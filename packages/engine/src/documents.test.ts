import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { loadPolicyText } from "./yaml.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const fences = (text: string, language: string): string[] =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , body]) => body as string);

describe("docs/policy/README.md", () => {
  const examples = fences(read("docs/policy/README.md"), "yaml");
  test("has examples", () => {
    expect(examples.length).toBeGreaterThanOrEqual(6);
  });
  test.each(examples.map((text, index) => ({ index, text })))("example $index loads", ({ text }) => {
    const { ok, diagnostics } = loadPolicyText(text, { file: "example.yaml" });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(ok).toBe(true);
  });
});

test("README.md: the code runs and prints what it says", async () => {
  const [code, ...more] = fences(read("packages/engine/README.md"), "ts");
  expect(more).toEqual([]);
  const folder = mkdtempSync(join(import.meta.dirname, "../readme-"));
  try {
    const file = join(folder, "readme.ts");
    writeFileSync(file, code as string);
    const { stdout } = await promisify(execFile)(process.execPath, ["--conditions", "@proclaw/source", file]);
    expect(stdout).toBe("deny no_matching_rule\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
