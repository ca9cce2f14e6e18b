import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compile } from "./compile/compile.ts";
import { OPERATORS } from "./policy.ts";
import { policyJsonSchema, policySchema, toolsFileJsonSchema, toolsFileSchema } from "./schema.ts";
import { operatorsShape } from "./schema/shapes.ts";
import { templateNames, templatePolicy } from "./templates/index.ts";

const fixture = (name: string): unknown => parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8"));

describe("the shapes", () => {
  test("fit the example policies and the templates", () => {
    for (const policy of [fixture("clinic.yaml"), fixture("shapes.yaml"), ...templateNames().map(templatePolicy)]) {
      expect(policySchema.safeParse(policy).error?.message).toBeUndefined();
    }
  });

  test("have the operators that the compiler knows, and `search`", () => {
    expect(Object.keys(operatorsShape.shape).sort()).toEqual([...OPERATORS, "search"].sort());
  });

  test.each([
    ["unknown key", { rules: [], rule: [] }],
    ["no rules", {}],
    ["version", { version: 2, rules: [] }],
    ["rule without name", { rules: [{ tool: "t" }] }],
    ["unknown key in a rule", { rules: [{ name: "a", tool: "t", efect: "deny" }] }],
    ["empty list", { rules: [{ name: "a", tool: [] }] }],
    ["unknown operator", { rules: [{ name: "a", tool: "t", constraints: { x: { equal: 1 } } }] }],
    [
      "unknown operator inside",
      { rules: [{ name: "a", tool: "t", constraints: { x: { every: { not: { equal: 1 } } } } }] },
    ],
    ["hours", { rules: [{ name: "a", tool: "t", time_window: "8-18" }] }],
    ["data class", { rules: [{ name: "a", tool: "t", data: ["iban"] }] }],
    ["tool", { rules: [], tools: { t: { netwrok: "none" } } }],
  ])("refuse what the compiler refuses: %s", (_, policy) => {
    expect(policySchema.safeParse(policy).success).toBe(false);
    expect(compile(policy as never).ok).toBe(false);
  });

  test("give JSON Schema", () => {
    expect(policyJsonSchema()).toMatchObject({ type: "object", additionalProperties: false, required: ["rules"] });
    expect(toolsFileJsonSchema()).toMatchObject({ type: "object", required: ["tools"] });
    expect(JSON.stringify(policyJsonSchema())).toContain('"time_of_day"');
    expect(toolsFileSchema.safeParse({ tools: { t: { network: ["10.0.0.0/8"] } } }).success).toBe(true);
  });
});
