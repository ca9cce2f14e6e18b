import { describe, expect, test } from "vitest";
import { judge, planOf } from "../fixtures/support.ts";
import { preparedPlan } from "../plan/load.ts";
import type { OperandPlan } from "../plan/types.ts";
import { resolve, resolveTemplate, resolveText, staticType } from "./operand.ts";
import type { PreparedPlan } from "./prepare.ts";
import { Scope } from "./scope.ts";
import { EVALUATION, MISSING_FACT, UNKNOWN_VARIABLE } from "./truth.ts";

const prepared = preparedPlan(planOf({ variables: { typed: { type: "number" } } })) as PreparedPlan;

/** A scope in which something else went wrong before. */
function scope(): Scope {
  const variables = { s: "text", n: 5, typed: "no number", list: ["a"], up: "..", slash: "a/b", back: "a\\b" };
  const made = new Scope(prepared, "t", undefined, {}, { variables }, {}, 0);
  made.causes = MISSING_FACT;
  return made;
}

const variable = (name: string): OperandPlan => ({ kind: "variable", name });

describe("what an operand comes to", () => {
  test.each<[operand: OperandPlan, value: unknown, causes: number]>([
    [{ kind: "value", value: null }, null, 0],
    [variable("s"), "text", 0],
    [variable("list"), ["a"], 0],
    [variable("nowhere"), undefined, UNKNOWN_VARIABLE],
    [variable("toString"), undefined, UNKNOWN_VARIABLE],
    [variable("typed"), undefined, EVALUATION],
    [{ kind: "template", parts: ["<", "s", ">"] }, "<text>", 0],
    [{ kind: "template", parts: ["", "s", "-", "s", ""] }, "text-text", 0],
    [{ kind: "template", parts: ["<", "up", ">"] }, "<..>", 0],
    [{ kind: "template", parts: ["<", "n", ">"] }, undefined, EVALUATION],
    [{ kind: "template", parts: ["", "nowhere", "", "n", ""] }, undefined, UNKNOWN_VARIABLE | EVALUATION],
    [{ kind: "list", items: [variable("s"), { kind: "value", value: 1 }] }, ["text", 1], 0],
    [{ kind: "list", items: [variable("s"), variable("nowhere")] }, undefined, UNKNOWN_VARIABLE],
    [{ kind: "list", items: [variable("nowhere"), variable("typed")] }, undefined, UNKNOWN_VARIABLE | EVALUATION],
    [{ kind: "list", items: [] }, [], 0],
    [{ kind: "object", members: [["k", variable("s")]] }, { k: "text" }, 0],
    [
      {
        kind: "object",
        members: [
          ["k", variable("s")],
          ["l", variable("nowhere")],
        ],
      },
      undefined,
      UNKNOWN_VARIABLE,
    ],
    [{ kind: "maybe" } as never, undefined, EVALUATION],
  ])("%j", (operand, value, causes) => {
    const here = scope();
    expect(resolve(operand, here)).toEqual(value);
    expect(here.causes).toBe(MISSING_FACT | causes);
  });

  test("as text", () => {
    const here = scope();
    expect(resolveText(variable("s"), here)).toBe("text");
    expect(here.causes).toBe(MISSING_FACT);
    expect(resolveText(variable("n"), here)).toBeUndefined();
    expect(here.causes).toBe(MISSING_FACT | EVALUATION);
  });

  test.each(["up", "slash", "back"])("in a path `%s` may not stand", (name) => {
    const here = scope();
    expect(resolveTemplate(["/", name, ""], here, true)).toBeUndefined();
    expect(here.causes).toBe(MISSING_FACT | EVALUATION);
    expect(resolveTemplate(["/", name, ""], here, false)).toBeDefined();
  });
});

test("an explanation is told what is wrong with a variable, and not its value", () => {
  const here = scope();
  here.notes = new Set();
  for (const name of ["nowhere", "typed"]) resolve(variable(name), here);
  for (const name of ["n", "up", "slash"]) resolveTemplate(["", name, ""], here, true);
  expect([...here.notes]).toEqual([
    "variable `nowhere` is not in the call's context",
    "variable `typed` is not a number, as it is declared",
    "variable `n` is not a text",
    "variable `up` holds a separator or `..`",
    "variable `slash` holds a separator or `..`",
  ]);
});

test("the type that only the policy tells", () => {
  const here = scope();
  const types = [
    { kind: "value", value: null },
    { kind: "value", value: [1] },
    variable("typed"),
    variable("s"),
    { kind: "template", parts: ["", "n", ""] },
    { kind: "list", items: [] },
    { kind: "object", members: [] },
    { kind: "maybe" },
  ].map((operand) => staticType(operand as OperandPlan, here));
  expect(types).toEqual(["null", "array", "number", undefined, "string", "array", "object", undefined]);
});

describe("type first, then the operand", () => {
  // A list or an object of unknown variables still is a list or an object.
  test.each<[constraint: unknown, right: unknown, wrong: unknown]>([
    [{ equals: ["a", "${nowhere}"] }, ["a", "b"], "text"],
    [{ equals: { k: "${nowhere}" } }, { k: "a" }, "text"],
    [{ equals: "a-${nowhere}" }, "a-b", 5],
    [{ one_of: [["${nowhere}"], "a"] }, ["b"], "b"],
    [{ none_of: [{ k: "${nowhere}" }, "a"] }, { k: "b" }, 5],
  ])("%j", (constraint, right, wrong) => {
    const rule = { constraints: { x: constraint as never } };
    expect(judge("allow", rule, { x: right as never })).toBe("error");
    expect(judge("deny", rule, { x: right as never })).toBe("error");
    expect(judge("allow", rule, { x: wrong as never })).toBe("false");
    expect(judge("deny", rule, { x: wrong as never })).not.toBe("error");
  });
});
