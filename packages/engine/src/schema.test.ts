import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compile } from "./compile/compile.ts";
import { z } from "zod";
import { OPERATORS, POLICY_VERSION } from "./policy.ts";
import { POLICY_SCHEMA_ID, policyJsonSchema, policySchema, toolsFileJsonSchema, toolsFileSchema } from "./schema.ts";
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

  test("are at their versioned address, and the file that is shipped is not stale (`vitest -u` writes it)", async () => {
    expect(policyJsonSchema()).toMatchObject({ $id: POLICY_SCHEMA_ID });
    expect(POLICY_SCHEMA_ID).toMatch(new RegExp(`/v${POLICY_VERSION}\\.json$`));
    await expect(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
      `../schema/policy.v${POLICY_VERSION}.json`,
    );
  });

  test("say of every key what it is", () => {
    const { properties } = policyJsonSchema() as { readonly properties: Readonly<Record<string, object>> };
    const silent = (members: Readonly<Record<string, object>>): string[] =>
      Object.keys(members).filter((key) => !Object.hasOwn(members[key] as object, "description"));
    const plain = ["version", "description"];
    expect(silent(properties)).toEqual(plain);
    const { items } = properties["rules"] as { readonly items: { readonly properties: typeof properties } };
    expect(silent(items.properties)).toEqual(["description", "tags"]);
    expect(silent(z.toJSONSchema(operatorsShape, { io: "input" }).properties as typeof properties)).toEqual([]);
  });

  test("give JSON Schema", () => {
    expect(policyJsonSchema()).toMatchObject({ type: "object", additionalProperties: false, required: ["rules"] });
    expect(toolsFileJsonSchema()).toMatchObject({ type: "object", required: ["tools"] });
    expect(JSON.stringify(policyJsonSchema())).toContain('"time_of_day"');
    expect(toolsFileSchema.safeParse({ tools: { t: { network: ["10.0.0.0/8"] } } }).success).toBe(true);
  });
});
