import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { policyCases, TABLE_CELLS } from "@proclaw/conformance";
import { REASON_CODES } from "@proclaw/core";
import { beforeAll, describe, expect, test } from "vitest";
import { renderDifferential } from "./differential-report.ts";
import {
  comparable,
  engineDecides,
  parsedOrNull,
  referenceDecides,
  runDifferential,
  seen,
} from "./policy-differential.ts";
import type { Differential } from "./policy-differential.ts";

const cases = policyCases();

describe("the corpus on the engine", () => {
  test.each(cases)("$id: $sentence", (one) => {
    expect(seen(one, engineDecides(one.policy, one.tools)(one))).toEqual(one.expect);
  });
});

describe("the corpus on the reference", () => {
  test.each(cases)("$id: $sentence", (one) => {
    expect(seen(one, referenceDecides(parsedOrNull(one.policy), one.tools)(one))).toEqual(one.expect);
  });
});

describe("engine and reference on random policies and calls", () => {
  const SEED = 20_261_122;
  const proof = process.env["PROCLAW_DEPTH"] === "proof";
  const decisions = proof ? 1_000_000 : 20_000;
  let run: Differential;
  beforeAll(() => {
    run = runDifferential(SEED, decisions);
  }, 7_200_000);

  test(`${decisions} decisions, no difference`, () => {
    const shown = run.differences.slice(0, 3).map((difference) => JSON.stringify(difference));
    expect(shown).toEqual([]);
    expect(run.differences).toHaveLength(0);
    expect(run.refused).toEqual([]);
  });

  /** Codes that random loadable policies can lead to; the corpus has the others. */
  const REACHABLE = REASON_CODES.filter((code) => cases.some((one) => one.expect.reason_code === code)).filter(
    (code) => code !== "policy_unavailable",
  );

  test.each(REACHABLE)("reason code `%s` is reached", (code) => {
    expect(run.codes.get(code) ?? 0).toBeGreaterThanOrEqual(5);
  });

  test.each(TABLE_CELLS)("cell of the table `%s` is reached", (cell) => {
    expect(run.cells.get(cell) ?? 0).toBeGreaterThanOrEqual(10);
  });

  test("both know the same wrappers, those of the document", () => {
    const text = readFileSync(join(import.meta.dirname, "../../../docs/policy/README.md"), "utf8");
    const [, listed = ""] = /<!-- wrappers -->(.*)<!-- end of wrappers -->/s.exec(text) ?? [];
    const wrappers = [...listed.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
    expect(wrappers.length).toBeGreaterThan(100);
    const rules = [
      { name: "r", tool: "t", effect: "deny", constraints: { c: { command: { programs: ["x"] } } } },
      { name: "a", tool: "t" },
    ];
    const [engine, reference] = [
      engineDecides(JSON.stringify({ rules }), undefined),
      referenceDecides({ rules }, undefined),
    ];
    for (const name of [...wrappers, ...wrappers.map((one) => `/opt/${one.toUpperCase()}-3.1`)]) {
      const request = { call: { tool: "t", args: { c: `${name} y` } }, context: {}, facts: {}, now: 0 };
      expect([name, engine(request).effect, reference(request).effect]).toEqual([name, "deny", "deny"]);
    }
    const other = { call: { tool: "t", args: { c: "git y" } }, context: {}, facts: {}, now: 0 };
    expect([engine(other).effect, reference(other).effect]).toEqual(["allow", "allow"]);
  });

  test("the counts have a row for each code and each cell, and stand in docs/proof", () => {
    const text = renderDifferential(run, SEED, REACHABLE, TABLE_CELLS);
    expect(text.split("\n").filter((line) => /^\| .* \| \d+ \|$/.test(line))).toHaveLength(
      REACHABLE.length + TABLE_CELLS.length,
    );
    expect(text).not.toMatch(/\| 0 \|/);
    if (proof) writeFileSync(join(import.meta.dirname, "../../../docs/proof/policy-differential.md"), text);
  });

  test("a difference would be seen: one flipped effect changes what is compared", () => {
    const request = { call: { tool: "t", args: {} }, context: {}, facts: {}, now: 0 };
    const allowing = engineDecides("rules: [{ name: r, tool: t }]", undefined)(request);
    const denying = referenceDecides({ rules: [{ name: "r", tool: "t", effect: "deny" }] }, undefined)(request);
    expect(comparable(allowing)).not.toBe(comparable(denying));
  });
});
