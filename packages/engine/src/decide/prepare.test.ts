import { describe, expect, test } from "vitest";
import { planOf } from "../fixtures/support.ts";
import { preparedPlan } from "../plan/load.ts";
import type { RuleDocument } from "../policy.ts";
import { candidatesOf, type PreparedPlan } from "./prepare.ts";

function prepared(rules: readonly RuleDocument[], tools = {}): PreparedPlan {
  return preparedPlan(planOf({ rules, tools })) as PreparedPlan;
}

function found(plan: PreparedPlan, tool: string): readonly string[] {
  return candidatesOf(plan, tool).all.map((rule) => rule.plan.name);
}

const RULES: readonly RuleDocument[] = [
  { name: "all", tool: "*" },
  { name: "fs", tool: "fs.*" },
  { name: "read", tool: ["fs.read", "read"] },
  { name: "ends", tool: "*read" },
  { name: "middle", tool: "f*r*d" },
  { name: "both", tool: ["fs.read", "fs.r*"] },
  { name: "late", tool: "fs.read" },
];

test("the rules of a tool, each once and in file order", () => {
  const plan = prepared(RULES);
  expect(found(plan, "fs.read")).toEqual(["all", "fs", "read", "ends", "middle", "both", "late"]);
  expect(found(plan, "fs.remove")).toEqual(["all", "fs", "both"]);
  expect(found(plan, "fs.")).toEqual(["all", "fs"]);
  expect(found(plan, "fs")).toEqual(["all"]);
  expect(found(plan, "read")).toEqual(["all", "read", "ends"]);
  expect(found(plan, "")).toEqual(["all"]);
  // A name that no prefix of a glob begins.
  const none = prepared([{ name: "r", tool: "ab*" }]);
  for (const tool of ["SS", "S", "a", "x"]) expect(found(none, tool)).toEqual([]);
});

describe("what is remembered", () => {
  test("of tools that the policy names: for good", () => {
    const plan = prepared(RULES);
    const first = candidatesOf(plan, "fs.read");
    expect(candidatesOf(plan, "fs.read")).toBe(first);
    expect([...plan.known.keys()]).toEqual(["fs.read"]);
    expect(plan.met.size).toBe(0);
  });

  test("of others: the last 256 at most, and no long names", () => {
    const plan = prepared(RULES);
    const first = candidatesOf(plan, "other");
    expect(candidatesOf(plan, "other")).toBe(first);
    expect(plan.known.size).toBe(0);
    const [fits, long] = ["a".repeat(256), "a".repeat(257)];
    expect(candidatesOf(plan, fits)).toBe(candidatesOf(plan, fits));
    expect(candidatesOf(plan, long)).not.toBe(candidatesOf(plan, long));
    expect([...plan.met.keys()]).toEqual(["other", fits]);
    for (let i = 0; i < 254; i++) candidatesOf(plan, `tool ${i}`);
    expect(plan.met.size).toBe(256);
    expect(candidatesOf(plan, "other")).toBe(first);
    candidatesOf(plan, "one more");
    expect([...plan.met.keys()]).toEqual(["one more"]);
  });
});

test("what is found out about a rule once", () => {
  const plan = prepared(
    [
      { name: "a", tool: "t", constraints: { u: { url: { hosts: ["h"] } } } },
      { name: "b", tool: "t", constraints: { u: { url: { paths: ["/a"] } } } },
      {
        name: "c",
        tool: "t",
        constraints: { u: { every: { not: { regex: "a", search: true } } } },
        other_args: "allow",
      },
      { name: "d", tool: "t", effect: "deny", constraints: { u: { type: "string", glob: "a" } }, roles: ["r"] },
      { name: "e", tool: "t" },
    ].map((rule) => rule as RuleDocument),
    { t: { harmless_args: ["h"] }, aliased: { aliases: { x: "y" } } },
  );
  expect(plan.rules.map((rule) => rule.patterned)).toEqual([false, true, true, true, false]);
  expect(plan.rules.map((rule) => rule.granting)).toEqual([true, true, true, false, true]);
  expect(plan.rules.map((rule) => rule.listing !== null)).toEqual([true, true, false, false, false]);
  expect(plan.rules.map((rule) => rule.ids)).toEqual([["a"], ["b"], ["c"], ["d"], ["e"]]);
  expect(plan.rules.map((rule) => rule.index)).toEqual([0, 1, 2, 3, 4]);
  expect(plan.rules.map(({ roles }) => (roles === null ? null : [...roles]))).toEqual([null, null, null, ["r"], null]);
  expect(plan.tools.get("t")?.aliases).toBeNull();
  expect([...(plan.tools.get("t")?.harmless ?? [])]).toEqual(["h"]);
  expect([...(plan.tools.get("aliased")?.aliases ?? [])]).toEqual([["x", "y"]]);
});

test("each time zone has one clock", () => {
  const zoned = preparedPlan(
    planOf({
      timezone: "Europe/Madrid",
      rules: [
        { name: "a", tool: "t", time_window: "08:00-09:00", constraints: { x: { time_of_day: "08:00-09:00" } } },
        { name: "b", tool: "t", constraints: { x: { every: { not: { time_of_day: "10:00-11:00" } } } } },
      ],
    }),
  ) as PreparedPlan;
  expect([...zoned.clocks.keys()]).toEqual(["Europe/Madrid"]);
  expect(prepared([{ name: "a", tool: "t", constraints: { x: { type: "string" } } }]).clocks.size).toBe(0);
});
