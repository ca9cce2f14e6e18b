import { expect, test } from "vitest";
import { createDecisionPoint } from "./decision-point.ts";
import { NOON, planOf } from "./fixtures/support.ts";
import { pathsToResolve, requirements } from "./requirements.ts";

const plan = planOf(
  {
    name: "p",
    rules: [
      {
        name: "a",
        tool: "t",
        constraints: { path: { path: { within: "/a" } }, list: { every: { not: { path: { within: "/b" } } } } },
      },
      {
        name: "b",
        tool: "t*",
        effect: "deny",
        constraints: { "m.x/y": { path: { extensions: ".md" } }, "/n/0": { path: { not_within: "/c" } } },
      },
      { name: "c", tool: "other", constraints: { q: { path: { within: "/a" } } } },
      { name: "d", tool: "t", constraints: { glob: { glob: "/a/**" } } },
    ],
  },
  { t: { aliases: { file_path: "path" } } },
);

test("selectors of arguments whose strings are paths, under all their names", () => {
  expect(requirements(plan, "t").paths).toEqual(["/file_path", "/list/*", "/m/x~1y", "/n/0", "/path"]);
  expect(requirements(plan, "t2").paths).toEqual(["/m/x~1y", "/n/0"]);
  expect(requirements(plan, "nothing").paths).toEqual([]);
});

test("the strings of a call that they select, each once", () => {
  const args = { file_path: "p", list: ["l1", "l2", 3, "p"], m: { "x/y": "m", z: "no" }, n: ["n0", "n1"], glob: "no" };
  expect([...pathsToResolve(plan, { tool: "t", args })].sort()).toEqual(["l1", "l2", "m", "n0", "p"]);
  expect(pathsToResolve(plan, { tool: "t", args: { list: "x", m: null, n: {} } })).toEqual([]);
});

test("the decision point says who it is and what it needs", () => {
  const point = createDecisionPoint(plan);
  expect(point).toMatchObject({ specVersion: 0, identity: { policy_id: "p", policy_version: 1, mode: "enforce" } });
  expect(point.requirements("t")).toEqual(requirements(plan, "t"));
  expect(point.decide({ call: { tool: "t", args: {} }, context: {}, facts: {}, now: NOON })).toMatchObject({
    effect: "deny",
    plan_sha256: point.identity.plan_sha256,
  });
  expect(() => createDecisionPoint({ ...plan })).toThrow(expect.objectContaining({ code: "invalid_policy" }));
});

test("paths inside other operators, and names that need escapes", () => {
  const other = planOf({
    rules: [
      { name: "a", tool: "t", constraints: { x: { type: "string", path: { within: "/a", not_within: "/a/b" } } } },
      {
        name: "b",
        tool: "t",
        constraints: { y: { some: { path: { within: "/a" } } }, "/a~0b": { path: { within: "/a" } } },
      },
      { name: "c", tool: "t", constraints: { t: { path: { within: "/a" } } } },
    ],
  });
  expect(requirements(other, "t").paths).toEqual(["/a~0b", "/t", "/x", "/y/*"]);
  const args = { "a~b": "p1", ab: "p2", t: "p3", x: "p4", y: ["p5"], S: "p6" };
  expect([...pathsToResolve(other, { tool: "t", args })].sort()).toEqual(["p1", "p3", "p4", "p5"]);
  expect(requirements({ ...other }, "t").paths).toEqual([]);
});

test("places in lists are whole numbers as JSON Pointer writes them", () => {
  const within = { path: { within: "/a" } };
  const keys = ["/l/0", "/l/7", "/l/10", "/l/07", "/l/2e0", "/l/ 8", "/l/-"];
  const plans = planOf({
    rules: [{ name: "r", tool: "t", constraints: Object.fromEntries(keys.map((key) => [key, within])) }],
  });
  const l = Array.from({ length: 12 }, (_, index) => `p${index}`);
  expect([...pathsToResolve(plans, { tool: "t", args: { l } })].sort()).toEqual(["p0", "p10", "p7"]);
  for (const other of ["text", 5, true, null])
    expect(pathsToResolve(plans, { tool: "t", args: { l: other } })).toEqual([]);
  expect(pathsToResolve(plans, { tool: "t", args: { l: { "07": "p", "2e0": "q" } } })).toHaveLength(2);
});
