import { describe, expect, test } from "vitest";
import { codesOf, findingsOf, planOf } from "../fixtures/support.ts";

const rule = (more: object): object => ({ timezone: "UTC", rules: [{ name: "r", tool: "t", ...more }] });
const arg = (value: unknown, more: object = {}): object => rule({ constraints: { x: value }, ...more });

describe("refused when loading", () => {
  test.each([
    ["not a mapping", [], "wrong_type"],
    ["no rules", {}, "missing_key"],
    ["rules not a list", { rules: {} }, "wrong_type"],
    ["unknown key", { rules: [], rulez: [] }, "unknown_key"],
    ["another version", { version: 2, rules: [] }, "invalid_value"],
    ["unknown mode", { mode: "log", rules: [] }, "invalid_value"],
    ["unknown time zone", { timezone: "Europe/Nowhere", rules: [] }, "invalid_value"],
    ["variable without type", { variables: { v: {} }, rules: [] }, "wrong_type"],
    ["variable with a bad name", { variables: { "a b": { type: "string" } }, rules: [] }, "invalid_variable"],
    ["roles in a circle", { roles: { a: { inherits: ["b"] }, b: { inherits: ["a"] } }, rules: [] }, "conflict"],
    ["extends without reader", { extends: "x.yaml", rules: [] }, "extends_failed"],
    ["no such template", { extends: "template:nope", rules: [] }, "extends_failed"],
    ["rule without name", { rules: [{ tool: "t" }] }, "missing_key"],
    ["rule without tool", { rules: [{ name: "r" }] }, "missing_key"],
    ["empty name", { rules: [{ name: "", tool: "t" }] }, "invalid_value"],
    [
      "duplicate names",
      {
        rules: [
          { name: "r", tool: "t" },
          { name: "r", tool: "u" },
        ],
      },
      "duplicate_name",
    ],
    [
      "duplicate ids",
      {
        rules: [
          { name: "r", tool: "t" },
          { name: "s", id: "r", tool: "u" },
        ],
      },
      "duplicate_name",
    ],
    ["effect and allow", rule({ effect: "allow", allow: true }), "conflict"],
    ["unknown effect", rule({ effect: "denny" }), "invalid_value"],
    ["empty list of tools", rule({ tool: [] }), "invalid_value"],
    ["a pattern as tool", rule({ tool: "^fs$" }), "invalid_value"],
    ["a question mark in a tool", rule({ tool: "fs.?" }), "invalid_value"],
    ["a wildcard in a selector", rule({ agents: "*" }), "invalid_value"],
    ["a variable in a selector", rule({ roles: "${r}" }), "invalid_value"],
    ["an allow rule in audit mode", rule({ mode: "audit" }), "invalid_value"],
    ["a rule in enforce mode", rule({ effect: "deny", mode: "enforce" }), "invalid_value"],
    ["data on a deny rule", rule({ effect: "deny", data: ["secret"] }), "invalid_value"],
    ["unknown data class", rule({ data: ["iban"] }), "invalid_value"],
    ["a limit on a deny rule", rule({ effect: "deny", rate_limit: { limit: 1, per: "1s" } }), "invalid_value"],
    ["a limit without period", rule({ rate_limit: { limit: 1 } }), "missing_key"],
    ["a limit of nothing", rule({ rate_limit: { limit: 0, per: "1s" } }), "invalid_value"],
    ["an unknown unit", rule({ rate_limit: { limit: 1, per: "1w" } }), "invalid_value"],
    ["an unknown dimension", rule({ rate_limit: { limit: 1, per: "1s", by: "user" } }), "invalid_value"],
    ["default that allows", { rules: [{ name: "d", default: true, allow: true }] }, "default_allow"],
    ["default without a word", { rules: [{ name: "d", default: true }] }, "default_allow"],
    ["default: false", { rules: [{ name: "d", default: false, allow: false }] }, "invalid_value"],
    ["default with a tool", { rules: [{ name: "d", default: true, allow: false, tool: "t" }] }, "conflict"],
    ["default that asks", { rules: [{ name: "d", default: true, effect: "require_approval" }] }, "invalid_value"],
    [
      "two defaults",
      {
        rules: [
          { name: "d", default: true, allow: false },
          { name: "e", default: true, allow: false },
        ],
      },
      "conflict",
    ],
    ["hours of another form", rule({ time_window: "8:00-18:00" }), "invalid_value"],
    ["hours of no length", rule({ time_window: "08:00-08:00" }), "invalid_value"],
    ["a window of nothing", rule({ time_window: {} }), "invalid_value"],
    ["an unknown day", rule({ time_window: { days: ["monday"] } }), "invalid_value"],
    ["an unknown zone", rule({ constraints: { network: "intranet" } }), "invalid_value"],
    ["an empty zone", rule({ constraints: { network: [] } }), "invalid_value"],
    ["a URL as a zone", rule({ constraints: { network: ["http://a/"] } }), "invalid_value"],
    ["host bits in a zone", rule({ constraints: { network: ["10.0.0.1/8"] } }), "invalid_value"],
    ["a lone wildcard as a zone", rule({ constraints: { network: ["*"] } }), "invalid_value"],
    ["an empty step", rule({ constraints: { "a..b": 1 } }), "invalid_value"],
    ["no JSON Pointer", rule({ constraints: { "/a~2": 1 } }), "invalid_value"],
    ["a variable in a key", rule({ constraints: { "a${b}": 1 } }), "invalid_value"],
    ["no operator", arg({}), "invalid_value"],
    ["an unknown operator", arg({ matches: "a" }), "unknown_key"],
    ["a command without programs", arg({ command: { subcommands: ["status"] } }), "wrong_type"],
    ["a command with an unknown part", arg({ command: { programs: ["git"], args: ["status"] } }), "unknown_key"],
    ["a program with a wildcard", arg({ command: { programs: ["git*"] } }), "invalid_value"],
    ["a program with a variable", arg({ command: { programs: ["${p}"] } }), "invalid_value"],
    ["a program with blanks", arg({ command: { programs: ["git status"] } }), "invalid_value"],
    ["an assignment as a program", arg({ command: { programs: ["A=b"] } }), "invalid_value"],
    ["an option as a program", arg({ command: { programs: ["-c"] } }), "invalid_value"],
    ["an option as a subcommand", arg({ command: { programs: ["git"], subcommands: ["--version"] } }), "invalid_value"],
    ["an operand as an option", arg({ command: { programs: ["git"], options: ["status"] } }), "invalid_value"],
    ["two words as an option", arg({ command: { programs: ["git"], options: ["-n 1"] } }), "invalid_value"],
    ["no options", arg({ command: { programs: ["git"], options: [] } }), "invalid_value"],
    ["operands that are no truth value", arg({ command: { programs: ["git"], operands: ["x"] } }), "wrong_type"],
    [
      "options in a deny rule",
      arg({ command: { programs: ["git"], options: ["-s"] } }, { effect: "deny" }),
      "invalid_value",
    ],
    [
      "operands in an approval rule",
      arg({ command: { programs: ["git"], operands: false } }, { effect: "require_approval" }),
      "invalid_value",
    ],
    ["a wrapper", arg({ command: { programs: ["ls", "env"] } }), "invalid_value"],
    ["a wrapper at its place", arg({ command: { programs: "/usr/bin/python3.12" } }), "invalid_value"],
    [
      "wrappers in a deny rule",
      arg({ command: { programs: ["env"], allow_wrappers: true } }, { effect: "deny" }),
      "invalid_value",
    ],
    ["sql", arg({ sql: {} }), "not_supported"],
    ["search without regex", arg({ search: true }), "invalid_value"],
    ["a regex that does not say `search`, in a deny rule", arg({ regex: "a" }, { effect: "deny" }), "unstated_search"],
    [
      "the same in an approval rule, nested",
      arg({ every: { not: { regex: "a" } } }, { effect: "require_approval" }),
      "unstated_search",
    ],
    ["a regex with a variable", arg({ regex: "a${v}" }), "looks_like_pattern"],
    ["look-ahead", arg({ regex: "(?=a)b" }), "invalid_pattern"],
    ["a back-reference", arg("^(a)\\1$"), "invalid_pattern"],
    ["a broken pattern", arg("^(a$"), "invalid_pattern"],
    ["a broken glob", arg({ glob: "a[b" }), "invalid_pattern"],
    ["a broken glob with a variable", arg({ glob: "${v}[b" }), "invalid_pattern"],
    ["a broken variable", arg("${a b}"), "invalid_variable"],
    ["an open variable", arg({ equals: "x${" }), "invalid_variable"],
    ["one_of not a list", arg({ one_of: "a" }), "wrong_type"],
    ["one_of nothing", arg({ one_of: [] }), "invalid_value"],
    ["an empty bare list", arg([]), "invalid_value"],
    ["gt with a text", arg({ gt: "5" }), "wrong_type"],
    ["gt with a template", arg({ gt: "5${v}" }), "wrong_type"],
    ["an unknown type", arg({ type: "integer" }), "invalid_value"],
    ["present: yes", arg({ present: "yes" }), "wrong_type"],
    ["length of nothing", arg({ length: {} }), "invalid_value"],
    ["a negative length", arg({ length: -1 }), "invalid_value"],
    ["a relative folder", arg({ path: { within: "srv" } }), "invalid_value"],
    ["a folder with `..`", arg({ path: { within: "/srv/.." } }), "invalid_value"],
    ["a folder with a wildcard", arg({ path: { within: "/srv/*" } }), "invalid_value"],
    ["path with nothing", arg({ path: {} }), "invalid_value"],
    ["an extension without dot", arg({ path: { extensions: ["md"] } }), "invalid_value"],
    ["url with nothing", arg({ url: {} }), "invalid_value"],
    ["a URL as host", arg({ url: { hosts: ["https://a.example"] } }), "invalid_value"],
    ["a scheme with colon", arg({ url: { schemes: ["https:"] } }), "invalid_value"],
    ["a host as cidr", arg({ cidr: "a.example" }), "invalid_value"],
    ["email without domains", arg({ email: {} }), "wrong_type"],
    ["too deep", arg(Array.from({ length: 12 }).reduce((inner: unknown) => ({ not: inner }), 1)), "invalid_value"],
    ["a number that JSON lacks", arg({ equals: Number.NaN }), "invalid_value"],
    ["a function", arg({ equals: () => 1 }), "wrong_type"],
    ["an alias of itself", { rules: [], tools: { t: { aliases: { a: "a" } } } }, "invalid_value"],
    ["a chain of aliases", { rules: [], tools: { t: { aliases: { a: "b", b: "c" } } } }, "conflict"],
    ["a condition on an alias", { ...arg(1), tools: { t: { aliases: { x: "y" } } } }, "conflict"],
    [
      "the same by a glob",
      { rules: [{ name: "r", tool: "t*", constraints: { "x.z": 1 } }], tools: { t2: { aliases: { x: "y" } } } },
      "conflict",
    ],
    ["a glob under tools", { rules: [], tools: { "fs.*": {} } }, "invalid_value"],
    ["a tool without a mapping", { rules: [], tools: { t: null } }, "wrong_type"],
    ["an unknown fact of a tool", { rules: [], tools: { t: { netwrok: "none" } } }, "unknown_key"],
    ["a time limit of nothing", { rules: [], tools: { t: { timeout: "0s" } } }, "invalid_value"],
  ])("%s", (_, policy, code) => {
    expect(codesOf(policy)).toContain(`error ${code}`);
  });

  test("host and policy that disagree", () => {
    for (const key of ["sandbox", "undo", "subject"]) {
      expect(codesOf({ rules: [], tools: { t: { [key]: "a" } } }, { t: { [key]: "b" } })).toEqual(["error conflict"]);
    }
    expect(codesOf({ rules: [], tools: { t: { aliases: { a: "b" } } } }, { t: { aliases: { a: "c" } } })).toEqual([
      "error conflict",
    ]);
  });
});

describe("said, but loaded", () => {
  test.each([
    ["limits that cross", arg({ gt: 5, lt: 3 }), "never_matches"],
    ["limits that touch", arg({ gte: 5, lt: 5 }), "never_matches"],
    ["types that exclude each other", arg({ gt: 5, prefix: "a" }), "never_matches"],
    ["absent and something", arg({ absent: true, equals: 1 }), "never_matches"],
    ["a length that cannot be", arg({ length: { min: 3, max: 2 } }), "never_matches"],
    [
      "a variable nobody declares",
      { ...arg("${patinet}"), variables: { patient: { type: "string" } } },
      "undeclared_name",
    ],
    ["a role nobody declares", { ...rule({ roles: "nusre" }), roles: { nurse: {} } }, "undeclared_name"],
    ["a zone nobody declares", rule({ constraints: { network: "internal" } }), "undeclared_zone"],
    [
      "a window without time zone",
      { rules: [{ name: "r", tool: "t", time_window: "08:00-09:00" }] },
      "missing_timezone",
    ],
    [
      "a default that is not last",
      {
        rules: [
          { name: "d", default: true, allow: false },
          { name: "r", tool: "t" },
        ],
      },
      "default_not_last",
    ],
    ["audit mode", { mode: "audit", rules: [] }, "audit_mode"],
    ["every tool", rule({ tool: "*" }), "allows_everything"],
    ["every tool, by another glob", rule({ tool: ["x", "**"] }), "allows_everything"],
    ["every tool and `other_args`", rule({ tool: "*", other_args: "allow" }), "allows_everything"],
    ["every tool, slowly", rule({ tool: "*", rate_limit: { limit: 1, per: "1h" } }), "allows_everything"],
    ["no rule at all", { rules: [] }, "denies_everything"],
    ["only deny rules", rule({ effect: "deny" }), "denies_everything"],
    ["only a default", { rules: [{ name: "d", default: true, allow: false }] }, "denies_everything"],
  ])("%s", (_, policy, code) => {
    expect(codesOf(policy)).toEqual([`warning ${code}`]);
  });

  test.each([
    ["limits that leave one number", arg({ gte: 5, lte: 5 })],
    ["types that meet", arg({ one_of: [1, "a"], gt: 0 })],
    ["absent by negation", arg({ absent: true, not: 1 }, { effect: "require_approval" })],
    ["every tool, for a role", rule({ tool: "*", roles: "admin" })],
    ["every tool, with a condition", rule({ tool: "*", constraints: { x: 1 } })],
    ["every tool of a family", rule({ tool: "fs.*" })],
    ["every tool, after approval", rule({ tool: "*", effect: "require_approval" })],
  ])("nothing to say: %s", (_, policy) => {
    expect(codesOf(policy)).toEqual([]);
  });
});

test.each([
  ["startswith", "prefix"],
  ["starts_with", "prefix"],
  ["endsWith", "suffix"],
  ["matches", "regex"],
  ["in", "one_of"],
  ["not_in", "none_of"],
  ["eq", "equals"],
])("the operator that is called `%s` elsewhere: `%s`", (other, ours) => {
  expect(findingsOf(arg({ [other]: "a" }))).toMatchObject([{ code: "unknown_key", hint: `did you mean \`${ours}\`?` }]);
});

test("a folder inside a variable: a hint that helps", () => {
  expect(findingsOf(arg({ path: { not_within: "${workspace}/private" } }))[0]?.hint).toBe(
    "a folder of the policy begins with `/`, or is one variable alone; use a second variable",
  );
});

test("messages are lower case and end without full stop, hints say the nearest name", () => {
  const findings = findingsOf({
    rules: [{ nmae: "r", tol: "t", constraints: { x: { prefx: 1 } } }],
    tools: { t: { timeout: "5 seconds" } },
  });
  expect(findings.length).toBeGreaterThanOrEqual(5);
  for (const { message } of findings) expect(message).toMatch(/^[a-z`].*[^.]$/);
  expect(findings.map(({ hint }) => hint)).toEqual(
    expect.arrayContaining(["did you mean `name`?", "did you mean `tool`?", "did you mean `prefix`?"]),
  );
});

test("what host and policy say is merged, the stricter wins", () => {
  const plan = planOf(
    {
      tools: {
        t: {
          network: "external",
          timeout: "5s",
          reversible: true,
          output: { max_bytes: 10, keep_fields: ["a", "b"] },
          payload: "ref",
          hosts: ["h"],
        },
      },
    },
    {
      t: {
        network: "internal",
        timeout: 2000,
        reversible: false,
        output: { max_bytes: 20, keep_fields: ["b"] },
        payload: "omitted",
        hosts: ["g"],
      },
    },
  );
  expect(plan.tools["t"]).toMatchObject({
    network: { zone: "internal" },
    timeoutMs: 2000,
    irreversible: true,
    output: { maxBytes: 10, keepFields: ["b"] },
    payload: "omitted",
    hosts: ["g", "h"],
  });
});
