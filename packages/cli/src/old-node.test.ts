import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

/** Runs the entry with a `process.versions.node` of our own: an old Node is not at hand everywhere. */
function runOn(version: string): { status: number | null; stdout: string; stderr: string } {
  const preload = `data:text/javascript,Object.defineProperty(process.versions, "node", { value: ${JSON.stringify(version)} });delete Promise.withResolvers;`;
  return spawnSync(
    process.execPath,
    ["--conditions", "@proclaw/source", "--import", preload, join(import.meta.dirname, "bin.ts"), "--version"],
    { encoding: "utf8" },
  );
}

it("an old Node is told which one is needed, in one line", () => {
  expect(runOn("20.20.2")).toMatchObject({
    status: 2,
    stdout: "",
    stderr: "error: ProClaw needs Node 22.12 or newer, this is 20.20.2\n",
  });
});

it("a new Node that lacks something fails otherwise, so that the test above sees the check", () => {
  const { status, stderr } = runOn("22.12.0");
  expect(status).not.toBe(0);
  expect(stderr).not.toContain("ProClaw needs Node");
});
