import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { firmLogger, stderrLogger } from "./logging.ts";

const LOGGING = JSON.stringify(join(import.meta.dirname, "logging.ts"));

function run(code: string): ChildProcessByStdio<null, Readable, Readable> {
  const source = `const { stderrLogger } = await import(${LOGGING});${code}`;
  return spawn(process.execPath, ["--input-type=module", "--eval", source], { stdio: ["ignore", "pipe", "pipe"] });
}

test("control characters do not reach the terminal; lines and tabs do", async () => {
  const child = run(String.raw`
    stderrLogger.warn("two\n\tlines");
    stderrLogger.error("a call of \u001b]0;owned\u0007\u001b[2K\r\u009b");
    stderrLogger.info("not shown");
  `);
  expect(await text(child.stderr)).toBe("proclaw: two\n\tlines\nproclaw: a call of ?]0;owned??[2K??\n");
});

test("a closed standard error does not end the process", async () => {
  const child = run(`
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      stderrLogger.error("nobody listens");
    }
    process.stdout.write("alive");
  `);
  child.stderr.destroy();
  expect(await text(child.stdout)).toBe("alive");
});

test("a logger that throws, or is none, breaks nobody", () => {
  const throwing = { ...stderrLogger, error: () => { throw new Error("disk full"); } }; // prettier-ignore
  for (const logger of [throwing, {}, null, "console"]) {
    expect(() => firmLogger(logger as never).error("x")).not.toThrow();
  }
});
