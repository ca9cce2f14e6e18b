import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { JumpingClock } from "../server/clock.ts";
import { startS3Server } from "../server/server.ts";
import { runCase } from "./case.ts";
import { CASES } from "./cases.ts";
import { conformancePage } from "./report.ts";
import { differences, onAws, onCeph, runCases } from "./run.ts";
import { Target } from "./target.ts";

const PAGE = join(import.meta.dirname, "../../../../docs/audit/s3-conformance.md");

for (const [manner, expected] of [
  ["aws", onAws],
  ["ceph", onCeph],
] as const) {
  describe(`the ${manner} manner`, async () => {
    const server = await startS3Server({ manner });
    afterAll(async () => server.stop());

    it.each(CASES)("$group: $title", async (testCase) => {
      expect(await runCase(testCase, new Target(server))).toBe(expected(testCase));
    });
  });
}

it("every case has its own name and a source", () => {
  expect(new Set(CASES.map(({ group, title }) => `${group}: ${title}`)).size).toBe(CASES.length);
  expect(CASES.filter(({ source }) => !/^https:\/\/docs\.aws\.amazon\.com\/\S+\.html$/.test(source))).toEqual([]);
});

it("a server that differs is found: one whose locks do not hold", async () => {
  const victim = CASES.filter(({ title }) => title === "the owner deletes a version under COMPLIANCE");
  expect(victim).toHaveLength(1);
  const honest = await startS3Server();
  const column = { title: "x", outcomes: await runCases(victim, honest), expected: onCeph };
  await honest.stop();
  expect(differences(victim, [column])).toEqual([]);

  // The planted fault: two days pass between the second request, the PUT, and the third, the DELETE.
  let calls = 0;
  const clock = new JumpingClock(() => Date.now() + (++calls > 2 ? 2 * 86_400_000 : 0));
  const leaking = await startS3Server({ clock });
  const broken = { title: "x", outcomes: await runCases(victim, leaking), expected: onCeph };
  await leaking.stop();
  expect(differences(victim, [broken])).toEqual([
    "x: retention: the owner deletes a version under COMPLIANCE: `204` instead of `403 AccessDenied`",
  ]);
});

it("the page is what the cases say", () => {
  const page = readFileSync(PAGE, "utf8");
  const version = /Ceph RGW (\S+)\.\n/.exec(page)?.[1] ?? "";
  const columns = [
    { title: "AWS manner", outcomes: CASES.map(onAws), expected: onAws },
    { title: "Ceph manner", outcomes: CASES.map(onCeph), expected: onCeph },
    { title: `Ceph ${version}`, outcomes: CASES.map(onCeph), expected: onCeph },
  ];
  expect(page).toBe(conformancePage(CASES, columns, version));
});
