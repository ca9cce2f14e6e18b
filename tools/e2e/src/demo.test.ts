import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const run = promisify(execFile);

test("the demo comes out as it must, and its kept trail verifies by the command", async () => {
  const folder = mkdtempSync(join(tmpdir(), "proclaw-demo-test-"));
  try {
    const node = async (...args: string[]): Promise<string> =>
      (await run(process.execPath, ["--conditions", "@proclaw/source", "--no-warnings", ...args], { cwd: root }))
        .stdout;
    const trail = join(folder, "trail");
    const report = JSON.parse(await node("apps/clinic-triage/src/main.ts", "--json", "--trail", trail)) as {
      ok: boolean;
      steps: { expected: string; ran: boolean; ok: boolean }[];
      trail: { key: string };
    };
    expect(report.ok).toBe(true);
    expect(report.steps.map((step) => [step.expected, step.ran])).toEqual([
      ["runs", true],
      ["runs", true],
      ["runs", true],
      ["no_matching_rule", false],
      ["no_matching_rule", false],
      ["data_class_denied", false],
      ["no_matching_rule", false],
      ["no_matching_rule", false],
      ["cut_off", true],
    ]);
    const verified = await node(
      "packages/cli/src/bin.ts",
      "audit",
      "verify",
      trail,
      "--key",
      report.trail.key,
      "--json",
    );
    expect(JSON.parse(verified)).toMatchObject({ verdict: "intact", level: "L1", first_bad: null });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the demo before a bucket with Object Lock comes out the same, and reaches L2", async () => {
  const args = ["--conditions", "@proclaw/source", "--no-warnings", "apps/clinic-triage/src/main.ts", "--json"];
  const { stdout } = await run(process.execPath, [...args, "--store", "s3"], { cwd: root });
  const report = JSON.parse(stdout) as {
    ok: boolean;
    steps: { ok: boolean }[];
    checks: { title: string; ok: boolean }[];
    trail: { level: string };
  };
  expect(report).toMatchObject({ ok: true, trail: { level: "L2" } });
  expect(report.steps).toHaveLength(9);
  expect(report.checks.map(({ ok }) => ok)).toEqual([true, true, true, true, true, true]);
});

test("the demo on a PostgreSQL of its own comes out the same", async () => {
  const args = ["--conditions", "@proclaw/source", "--no-warnings", "apps/clinic-triage/src/main.ts", "--json"];
  const { stdout } = await run(process.execPath, [...args, "--store", "postgres"], { cwd: root });
  const report = JSON.parse(stdout) as {
    ok: boolean;
    steps: { ok: boolean }[];
    checks: { title: string; ok: boolean }[];
    trail: { level: string };
  };
  expect(report).toMatchObject({ ok: true, trail: { level: "L1" } });
  expect(report.steps).toHaveLength(9);
  expect(report.checks.map(({ ok }) => ok)).toEqual([true, true, true, true, true, true]);
});
