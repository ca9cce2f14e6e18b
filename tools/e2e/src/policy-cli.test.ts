import { createRandom, policyCases } from "@proclaw/conformance";
import type { Decision } from "@proclaw/core";
import { afterAll, describe, expect, test } from "vitest";
import { CliRunner, decisionsOf, groupCases } from "./policy-cli.ts";
import type { CaseGroup, CliRun } from "./policy-cli.ts";
import { engineDecides } from "./policy-differential.ts";

const groups = groupCases(policyCases());
const runner = new CliRunner();
afterAll(() => runner.dispose());

/** A process for each of them takes minutes, so an ordinary run takes a sample. */
const SAMPLE = 12;
const proof = process.env["PROCLAW_DEPTH"] === "proof";
const sampled = proof ? groups : createRandom(20_261_122).some(groups, SAMPLE, SAMPLE);

const FIELDS = [
  "effect",
  "reason_code",
  "rule_id",
  "rule_name",
  "determining_rules",
  "obligations",
  "would_have",
] as const;

function fieldsOf(decision: { readonly [Field in keyof Decision]?: unknown }): Record<string, unknown> {
  return Object.fromEntries(FIELDS.map((field) => [field, decision[field] ?? null]));
}

/** Says in what a run departs from the cases, and from the engine called directly. */
function departures(group: CaseGroup, run: CliRun): string[] {
  const ids = group.cases.map((one) => one.id).join(", ");
  if (group.cases.some((one) => one.expect.reason_code === "policy_unavailable")) {
    const refused = run.code === 2 && run.out === "" && /^error: policy `.*` cannot be loaded/m.test(run.err);
    return refused && !/\n\s+at /.test(run.err) ? [] : [`${ids}: ${run.code} ${run.out} ${run.err}`];
  }
  if (run.code !== 0) return [`${ids}: status ${run.code}: ${run.err}`];
  const decides = engineDecides(group.policy, group.tools);
  return decisionsOf(run, group).flatMap((decision, index) => {
    const one = group.cases[index] as (typeof group.cases)[number];
    // The case says what must come out; the engine says the fields that most cases leave open.
    const { obligations: _, ...wanted } = one.expect;
    const expected = fieldsOf({ ...decides(one), ...wanted });
    const [seen, meant] = [JSON.stringify(fieldsOf(decision)), JSON.stringify(expected)];
    return seen === meant ? [] : [`${one.id}: ${seen}, not ${meant}`];
  });
}

test(`all ${policyCases().length} cases through \`proclaw decide\`, ${groups.length} runs of the command`, async () => {
  const found: string[] = [];
  for (const group of groups) found.push(...departures(group, await runner.inMemory(group)));
  expect(found).toEqual([]);
  expect(groups.flatMap((group) => group.cases)).toHaveLength(policyCases().length);
}, 300_000);

test(`${sampled.length} of them as processes of their own`, async () => {
  const found: string[] = [];
  const left = [...sampled];
  const worker = async (): Promise<void> => {
    for (let group = left.pop(); group !== undefined; group = left.pop()) {
      found.push(...departures(group, await runner.inProcess(group)));
    }
  };
  await Promise.all([worker(), worker()]);
  expect(found).toEqual([]);
}, 1_800_000);

describe("a difference would be seen", () => {
  const group = groups.find((one) => one.cases.length > 1) as CaseGroup;

  test("in any one field, in the number of answers, in the status", async () => {
    const honest = await runner.inMemory(group);
    expect(departures(group, honest)).toEqual([]);
    const lines = honest.out.trimEnd().split("\n");
    for (const field of FIELDS) {
      const bent = { ...(JSON.parse(lines[0] as string) as object), [field]: "bent" };
      const out = [JSON.stringify(bent), ...lines.slice(1), ""].join("\n");
      expect(departures(group, { ...honest, out }), field).toHaveLength(1);
    }
    expect(() => departures(group, { ...honest, out: `${lines.slice(1).join("\n")}\n` })).toThrow("answers to");
    expect(departures(group, { ...honest, code: 1 })).toHaveLength(1);
  });

  test("where a policy that must not load does", async () => {
    const refused = groups.find((one) => one.cases[0]?.expect.reason_code === "policy_unavailable") as CaseGroup;
    const loaded = await runner.inMemory({ ...refused, policy: "rules: []" });
    expect(departures(refused, loaded)).toHaveLength(1);
  });
});
