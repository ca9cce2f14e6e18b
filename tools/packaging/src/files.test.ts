import { expect, test } from "vitest";
import { strayFiles } from "./files.ts";

const CLEAN = ["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts", "src/index.ts"];

test("a clean tarball has no stray file", () => {
  expect(strayFiles(CLEAN)).toEqual([]);
});

test.each([
  "dist/guard.test.js",
  "src/testing/fake.ts",
  "node_modules/x/index.js",
  ".env",
  "src/key.pem",
  "tsconfig.json",
])("`%s` is found", (file) => {
  expect(strayFiles([...CLEAN, file])).toEqual([`\`${file}\` should not be packed`]);
});

test("a missing build is found", () => {
  expect(strayFiles(["package.json"])).toContain("`dist/index.js` is missing");
});
