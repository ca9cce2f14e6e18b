import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { run } from "./process-tree.ts";

const node = (code: string, timeoutMs = 20_000) => run(process.execPath, ["-e", code], { cwd: tmpdir(), timeoutMs });

test("output, status and memory", async () => {
  const result = await node("console.log('out');console.error('err');setTimeout(()=>process.exit(3),500)");
  expect(result).toMatchObject({ code: 3, timedOut: false, stdout: "out\n", stderr: "err\n" });
  if (process.platform === "linux") expect(result.peakMemoryMiB).toBeGreaterThan(10);
});

// Helpers that left the group are found in /proc, which only Linux has.
test.runIf(process.platform === "linux")("a helper in a group of its own does not outlive the time limit", async () => {
  const helper = "setInterval(()=>{},1000)";
  const result = await node(
    `const c=require("child_process").spawn(process.execPath,["-e",${JSON.stringify(helper)}],{detached:true,stdio:"ignore"});` +
      "console.log(c.pid);setInterval(()=>{},1000)",
    2_000,
  );
  expect(result.timedOut).toBe(true);
  const pid = result.stdout.trim();
  expect(pid).toMatch(/^\d+$/);
  await expect.poll(() => isRunning(pid)).toBe(false);
});

/** A killed process that nobody has waited for yet (state Z) runs no more. */
function isRunning(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
}
