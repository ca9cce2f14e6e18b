import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));

test("README's code runs as it stands", () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(new URL("../README.md", import.meta.url), "utf8")) ?? [];
  expect(code).toBeDefined();
  const run = spawnSync(
    process.execPath,
    ["--conditions", "@proclaw/source", "--no-warnings", "--input-type=module-typescript", "--eval", code ?? ""],
    { cwd: folder, encoding: "utf8" },
  );
  expect(run.stderr).toBe("");
  expect(run.stdout).toBe("true\n");
});
