import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createRandom, generatePolicy, policyCases } from "@proclaw/conformance";
import type { PolicyCase } from "@proclaw/conformance";
import type { JsonValue } from "@proclaw/core";
import { loadPolicyText } from "@proclaw/engine/yaml";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parsedOrNull } from "./policy-differential.ts";

/*
 * The schema as an editor meets it: the shipped file, read by a validator that knows nothing of zod
 * or of the compiler. `strict` makes the validator refuse keywords that it does not know.
 */
const schema = createRequire(import.meta.url)("@proclaw/engine/schema/policy.v1.json") as object;
const validate = new Ajv2020({ strict: true }).compile(schema);

const isValid = (policy: JsonValue): boolean => validate(policy);
const loads = ({ policy, tools }: Pick<PolicyCase, "policy" | "tools">): boolean =>
  loadPolicyText(policy, { tools }).ok;

const policies = [...new Map(policyCases().map((one) => [one.policy, one])).values()];

test("every policy of the corpus that loads is valid under the schema", () => {
  const loading = policies.filter(loads);
  expect(loading.length).toBeGreaterThan(500);
  const invalid = loading.filter(({ policy }) => !isValid(parsedOrNull(policy)));
  expect(invalid.map(({ id }) => id)).toEqual([]);
});

test("every random policy is valid under the schema", () => {
  for (let seed = 0; seed < 500; seed++) {
    const policy = generatePolicy(createRandom(seed));
    expect(isValid(policy), JSON.stringify([policy, validate.errors])).toBe(true);
  }
});

test("the policies in the documents, examples and templates are valid under the schema", () => {
  const root = join(import.meta.dirname, "../../..");
  const texts = readdirSync(join(root, "docs/policy"))
    .map((name) => readFileSync(join(root, "docs/policy", name), "utf8"))
    .flatMap((text) => [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, body]) => body as string));
  texts.push(readFileSync(join(root, "packages/engine/src/fixtures/shapes.yaml"), "utf8"));
  texts.push(readFileSync(join(root, "packages/engine/src/fixtures/clinic.yaml"), "utf8"));
  expect(texts.length).toBeGreaterThanOrEqual(10);
  for (const text of texts) expect(isValid(parsedOrNull(text)), text).toBe(true);
});

/** What a policy's shape alone shows to be wrong. The corpus has cases of it, and here is one of every kind. */
const MISSHAPEN: readonly (readonly [why: string, policy: string])[] = [
  ["no rules", "version: 1"],
  ["not a mapping", "[]"],
  ["another version", "version: 2\nrules: []"],
  ["an unknown key", "rule: []\nrules: []"],
  ["an unknown mode", "mode: permissive\nrules: []"],
  ["rules that are no list", "rules: { name: a }"],
  ["a rule that is no mapping", "rules: [a]"],
  ["a rule without name", "rules: [{ tool: t }]"],
  ["an empty name", 'rules: [{ name: "", tool: t }]'],
  ["an unknown key of a rule", "rules: [{ name: a, tool: t, efect: deny }]"],
  ["an unknown effect", "rules: [{ name: a, tool: t, effect: permit }]"],
  ["allow that is neither true nor false", "rules: [{ name: a, tool: t, allow: yes please }]"],
  ["no tool in the list", "rules: [{ name: a, tool: [] }]"],
  ["a role that is no text", "rules: [{ name: a, tool: t, roles: [7] }]"],
  ["an unknown operator", "rules: [{ name: a, tool: t, constraints: { x: { equal: 1 } } }]"],
  ["an unknown operator inside", "rules: [{ name: a, tool: t, constraints: { x: { every: { not: { equal: 1 } } } } }]"],
  ["an operand of another type", 'rules: [{ name: a, tool: t, constraints: { x: { gt: "5" } } }]'],
  ["one_of that is no list", "rules: [{ name: a, tool: t, constraints: { x: { one_of: a } } }]"],
  ["an unknown JSON type", "rules: [{ name: a, tool: t, constraints: { x: { type: integer } } }]"],
  ["an unknown part of path", "rules: [{ name: a, tool: t, constraints: { x: { path: { inside: /srv } } } }]"],
  ["a port beyond", "rules: [{ name: a, tool: t, constraints: { x: { url: { ports: 70000 } } } }]"],
  ["a command without programs", "rules: [{ name: a, tool: t, constraints: { x: { command: {} } } }]"],
  ["two words as a program", "rules: [{ name: a, tool: t, constraints: { x: { command: { programs: git log } } } }]"],
  ["an option as a program", "rules: [{ name: a, tool: t, constraints: { x: { command: { programs: -c } } } }]"],
  ["an unknown zone", "rules: [{ name: a, tool: t, constraints: { network: intranet } }]"],
  ["hours", "rules: [{ name: a, tool: t, time_window: 8-18 }]"],
  ["an unknown day", "rules: [{ name: a, tool: t, time_window: { days: [monday] } }]"],
  ["a limit of none", "rules: [{ name: a, tool: t, rate_limit: { limit: 0, per: 1m } }]"],
  ["a duration without unit", "rules: [{ name: a, tool: t, rate_limit: { limit: 1, per: 60 } }]"],
  ["an unknown data class", "rules: [{ name: a, tool: t, data: [iban] }]"],
  ["a default that is not true", "rules: [{ name: a, default: false, allow: false }]"],
  ["an unknown key of a tool", "tools: { t: { netwrok: none } }\nrules: []"],
  ["an unknown payload", "tools: { t: { payload: full } }\nrules: []"],
  ["an untyped variable", "variables: { v: {} }\nrules: []"],
  ["an unknown key of a role", "roles: { r: { extends: [s] } }\nrules: []"],
];

describe("what does not load because of its shape is invalid under the schema", () => {
  test.each(MISSHAPEN)("%s", (_, policy) => {
    expect(loads({ policy })).toBe(false);
    expect(isValid(parsedOrNull(policy))).toBe(false);
  });

  test("so is the corpus of such policies; the others fail for what a shape cannot say", () => {
    const refused = policies.filter((one) => !loads(one) && isValid(parsedOrNull(one.policy)));
    const codes = new Set(
      refused.flatMap(({ policy, tools }) =>
        loadPolicyText(policy, { tools })
          .diagnostics.filter(({ severity }) => severity === "error")
          .map(({ code }) => code),
      ),
    );
    // No `unknown_key`, `missing_key` or `wrong_type` among them.
    expect([...codes].sort()).toEqual([
      "conflict",
      "default_allow",
      "duplicate_name",
      "invalid_pattern",
      "invalid_value",
      "looks_like_pattern",
      "unstated_search",
    ]);
  });
});
