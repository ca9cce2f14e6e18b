import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the entry points", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "DIAGNOSTIC_CODES",
    "PLAN_VERSION",
    "POLICY_VERSION",
    "createDecisionPoint",
    "decide",
    "explain",
    "lexicalPath",
    "loadPlan",
    "parseInstant",
    "pathsToResolve",
    "planSha256",
    "requirements",
  ]);
  expect(Object.keys(await import("./compile.ts")).sort()).toEqual(["compile", "templateNames", "templatePolicy"]);
  expect(Object.keys(await import("./yaml.ts")).sort()).toEqual([
    "formatDiagnostics",
    "loadPolicyText",
    "parsePolicyText",
    "parseToolsText",
  ]);
  expect(Object.keys(await import("./schema.ts")).sort()).toEqual([
    "POLICY_SCHEMA_ID",
    "policyJsonSchema",
    "policySchema",
    "ruleSchema",
    "toolsFileJsonSchema",
    "toolsFileSchema",
  ]);
});

/** The packages that a fresh process has loaded after an import, beside our own. */
async function loadedBy(entry: string): Promise<string[]> {
  const code = `
    import { registerHooks } from "node:module";
    const seen = new Set();
    registerHooks({ load(url, context, next) { const found = /node_modules\\/(?:\\.pnpm\\/[^/]+\\/node_modules\\/)?((?:@[^/]+\\/)?[^/]+)\\//.exec(url); if (found) seen.add(found[1]); return next(url, context); } });
    await import(${JSON.stringify(new URL(entry, import.meta.url).href)});
    console.log(JSON.stringify([...seen].sort()));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--conditions",
    "@proclaw/source",
    "--input-type=module",
    "-e",
    code,
  ]);
  return JSON.parse(stdout) as string[];
}

test("deciding loads neither yaml nor zod nor a parser of regular expressions; compiling loads the last alone", async () => {
  expect(await loadedBy("index.ts")).not.toEqual(expect.arrayContaining([expect.stringMatching(/yaml|zod|regexpp/)]));
  expect(await loadedBy("compile.ts")).toEqual(expect.arrayContaining(["@eslint-community/regexpp"]));
  expect(await loadedBy("compile.ts")).not.toEqual(expect.arrayContaining([expect.stringMatching(/yaml|zod/)]));
  expect(await loadedBy("yaml.ts")).toEqual(expect.arrayContaining(["yaml"]));
  expect(await loadedBy("yaml.ts")).not.toContain("zod");
  expect(await loadedBy("schema.ts")).toContain("zod");
});
