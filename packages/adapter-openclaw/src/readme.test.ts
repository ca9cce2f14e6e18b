import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "..");

test("README's code runs as it stands", () => {
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(folder, "README.md"), "utf8")) ?? [];
  expect(code).not.toBe("");
  const run = spawnSync(
    process.execPath,
    ["--conditions", "@proclaw/source", "--no-warnings", "--input-type=module-typescript", "--eval", code],
    { cwd: folder, encoding: "utf8" },
  );
  expect(run.stderr).toBe("");
  expect(run.stdout).toBe("telegram::42 [ 'owner' ]\n");
});
