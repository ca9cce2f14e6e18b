import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const SCRIPT = `
import { registerHooks } from "node:module";
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
const { createSanitizer } = await import(process.argv[1]);
const text = createSanitizer().sanitizeText("password=hunter22 and 4111111111111111");
console.log(JSON.stringify({ text, loaded }));
`;

test("importing the package and hitting a keyword loads this package's files and core's, nothing else", () => {
  const index = join(import.meta.dirname, "index.ts");
  const args = ["--conditions", "@proclaw/source", "--input-type=module", "--eval", SCRIPT, index];
  const { text, loaded } = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as {
    text: string;
    loaded: string[];
  };
  expect(text).toBe("password=[redacted:secret] and [redacted:payment_card]");
  expect(loaded.length).toBeGreaterThan(10);
  expect(loaded.filter((url) => !/\/packages\/(?:redact|core)\/src\//.test(url))).toEqual([]);
});
