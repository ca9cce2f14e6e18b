import { readFileSync } from "node:fs";
import { canonicalJson, type JsonValue, ProclawError } from "@proclaw/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import { ask, planOf } from "../fixtures/support.ts";
import { loadPolicyText } from "../yaml/load-policy.ts";
import { loadPlan, planSha256 } from "./load.ts";
import type { Plan } from "./types.ts";

/** A plan in which every kind of member and every operator occurs. */
const PLAN: Plan = planOf(
  {
    name: "everything",
    timezone: "Europe/Madrid",
    variables: { v: { type: "string" }, n: { type: "number" } },
    internal_domains: ["corp.example"],
    rules: [
      {
        name: "r1",
        tool: ["a", "b.*", "*c*"],
        roles: ["r"],
        agents: ["a"],
        principals: ["p"],
        sessions: ["s"],
        time_window: [{ days: ["mon"], hours: "08:00-18:00" }, "22:00-06:00"],
        rate_limit: { limit: 1, per: "1m", by: "agent" },
        data: ["payment_card"],
        constraints: {
          network: ["10.0.0.0/8", "*.x.example", "y.example", "fd00::/8"],
          a: { equals: { k: ["${v}", { m: "x${v}y" }] }, type: ["object"] },
          b: { not: { one_of: ["a", 1, null, "${v}"] } },
          "c.d": { regex: "[a-z]+", length: { min: 1, max: 5 } },
          "/e/0": { glob: "/x/${v}/**/*?" },
          f: { glob: "/x/*", prefix: "/${v}", suffix: "y", contains: "z" },
          g: { gt: 1, gte: "${n}", lt: 9, lte: 8 },
          h: { path: { within: ["/srv/${v}", "/a", "${v}"], not_within: "/b", extensions: ".md" } },
          i: {
            url: {
              schemes: "https",
              hosts: ["a.example", "*.b.example"],
              ports: [443],
              paths: ["/a/**", "/${v}/*"],
              zones: "public",
              userinfo: true,
            },
          },
          j: { cidr: "10.0.0.0/8" },
          k: { email: { domains: ["a.example"] } },
          l: { time_of_day: ["08:00-09:00", "23:00-01:00"] },
          m: { every: { some: { none_of: [1] } } },
          n: { command: { programs: ["git"], subcommands: ["status"], options: ["-s", "--format="], operands: true } },
          o: { present: true },
          p: { absent: true },
        },
      },
      { name: "r2", tool: "*", effect: "deny", mode: "audit", reason: "because", constraints: { network: "internal" } },
      { name: "rest", default: true, allow: false, reason: "no" },
    ],
  },
  {
    a: {
      network: "internal",
      timeout: "5s",
      sandbox: "s",
      reversible: false,
      undo: "u",
      harmless_args: ["h"],
      aliases: { x: "a" },
      subject: "b",
      hosts: ["q"],
      output: { max_bytes: 1, keep_fields: ["k"] },
      payload: "ref",
    },
  },
);

test("a plan is JSON: it loads equal after a round trip, and has the same digest", () => {
  const again = loadPlan(JSON.parse(JSON.stringify(PLAN)));
  expect(again).toEqual(PLAN);
  expect(planSha256(again)).toBe(planSha256(PLAN));
  expect(planSha256(again)).toMatch(/^[0-9a-f]{64}$/);
  expect(ask(again, "z", {})).toEqual(ask(PLAN, "z", {}));
});

test("a plan that was not loaded has the digest that it will have", () => {
  expect(planSha256({ ...PLAN })).toBe(planSha256(PLAN));
});

test("the digest covers every member", () => {
  const other = { ...PLAN, rules: [{ ...PLAN.rules[0], reason: "x" }, ...PLAN.rules.slice(1)] };
  expect(planSha256(loadPlan(other))).not.toBe(planSha256(PLAN));
});

test("a loaded plan is a copy that nobody can change", () => {
  const data = JSON.parse(JSON.stringify(PLAN)) as { rules: unknown[] };
  const plan = loadPlan(data);
  data.rules.length = 0;
  expect(plan.rules).toHaveLength(2);
  expect(Object.isFrozen(plan.rules[0]?.conditions)).toBe(true);
});

type Path = readonly (string | number)[];

function* paths(value: JsonValue, at: Path = []): Generator<Path> {
  yield at;
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) yield* paths(value[i] as JsonValue, [...at, i]);
  else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) yield* paths(member, [...at, key]);
  }
}

function change(path: Path, edit: (holder: Record<string, unknown>, key: string) => void): unknown {
  const copy = JSON.parse(JSON.stringify(PLAN)) as Record<string, unknown>;
  let holder = copy;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string, unknown>;
  edit(holder, String(path.at(-1)));
  return copy;
}

const ALL = [...paths(PLAN as unknown as JsonValue)].filter((path) => path.length > 0);
/** Members whose keys are names: any may be missing, and any text may stand there. */
const isFreeMember = (path: Path): boolean =>
  (path.length === 2 && (path[0] === "variables" || path[0] === "tools")) || path.includes("aliases");

function refuses(data: unknown): boolean {
  try {
    loadPlan(data);
    return false;
  } catch (error) {
    return ProclawError.is(error, "invalid_policy");
  }
}

test("every member that is missing is found", () => {
  const missed: string[] = [];
  for (const path of ALL) {
    if (typeof path.at(-1) === "number" || isFreeMember(path) || path.includes("value")) continue;
    if (!refuses(change(path, (holder, key) => delete holder[key]))) missed.push(path.join("/"));
  }
  expect(missed).toEqual([]);
});

test("every member that is too many is found", () => {
  const missed: string[] = [];
  for (const path of ALL) {
    if (path.includes("value") || path.includes("aliases") || path.includes("patterns")) continue;
    const found = change(path, (holder, key) => {
      const value = holder[key];
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        (value as Record<string, unknown>)["more"] = 1;
      else holder[key] = { more: 1 };
    });
    if (!refuses(found)) missed.push(path.join("/"));
  }
  expect(missed).toEqual([]);
});

test("every member of another type is found", () => {
  const wrong = [true, 7.5, -1, "\u0000no such thing", [[]], {}];
  const tooLax: string[] = [];
  for (const path of ALL) {
    if (path.includes("value") || path.includes("aliases")) continue;
    const { refused, type } = wrong.reduce<{ refused: number; type: string }>(
      (state, value) => {
        let type = "";
        const changed = change(path, (holder, key) => {
          type = holder[key] === null ? "null" : Array.isArray(holder[key]) ? "array" : typeof holder[key];
          holder[key] = value;
        });
        try {
          loadPlan(changed);
          return { ...state, type };
        } catch {
          return { refused: state.refused + 1, type };
        }
      },
      { refused: 0, type: "" },
    );
    // A text may be replaced by a text, a truth by a truth, a table of names by an empty one.
    const allowed = type === "number" ? 0 : 1;
    if (refused < wrong.length - allowed) tooLax.push(`${path.join("/")} (${type})`);
  }
  expect(tooLax).toEqual([]);
});

/** The plan with one part of its text replaced; the part must be there. */
function edited(part: RegExp, by: string): unknown {
  const text = JSON.stringify(PLAN);
  if (!part.test(text)) throw new Error(`no ${part.source} in the plan`);
  return JSON.parse(text.replace(part, by));
}

function suffix(operand: unknown): string {
  return `"op":"suffix","operand":${JSON.stringify(operand)}`;
}

const SUFFIX = /"op":"suffix","operand":\{[^}]*\}/;
/** An object inside the operand of the first condition. */
const EQUALS = /\{"kind":"object","members":\[\["m",\{[^}]*\}\]\]\}/;

function equals(members: unknown): string {
  return JSON.stringify({ kind: "object", members });
}

function bound(operand: unknown): string {
  return `"op":"gt","operand":${JSON.stringify(operand)}`;
}

test("what the next test puts into the plan is refused for itself", () => {
  for (const operand of [
    { kind: "value", value: "1" },
    { kind: "template", parts: ["", "v", ""] },
  ]) {
    expect(() => loadPlan(edited(/"op":"suffix","operand":\{[^}]*\}/, suffix(operand)))).not.toThrow();
  }
  for (const operand of [
    { kind: "value", value: 1 },
    { kind: "variable", name: "n" },
  ]) {
    expect(() => loadPlan(edited(/"op":"gt","operand":\{[^}]*\}/, bound(operand)))).not.toThrow();
  }
  expect(() => loadPlan(edited(EQUALS, equals([["k", { kind: "value", value: 1 }]])))).not.toThrow();
  const deny = { ...PLAN.rules[0], effect: "deny", data: [], rateLimit: null };
  expect(() => loadPlan({ ...PLAN, rules: [deny] })).not.toThrow();
});

test.each([
  ["another version", { ...PLAN, planVersion: 2 }],
  [
    "a pattern out of range",
    JSON.parse(JSON.stringify(PLAN).replace(/"pattern":\d+/, `"pattern":${PLAN.patterns.length}`)),
  ],
  ["a negative pattern", JSON.parse(JSON.stringify(PLAN).replace(/"pattern":\d+/, '"pattern":-1'))],
  ["an unknown operator", JSON.parse(JSON.stringify(PLAN).replace('"op":"not"', '"op":"maybe"'))],
  ["an unknown effect", JSON.parse(JSON.stringify(PLAN).replace('"effect":"deny"', '"effect":"ignore"'))],
  ["two rules of one name", { ...PLAN, rules: [PLAN.rules[0], PLAN.rules[0]] }],
  ["an allow rule in audit mode", { ...PLAN, rules: [{ ...PLAN.rules[0], audit: true }] }],
  ["a default that allows", { ...PLAN, defaultRule: { ...PLAN.defaultRule, allow: true } }],
  ["a folder with `..`", JSON.parse(JSON.stringify(PLAN).replaceAll('"value":"/a"', '"value":"/a/.."'))],
  ["a zone nobody knows", JSON.parse(JSON.stringify(PLAN).replaceAll("Europe/Madrid", "Europe/Nowhere"))],
  ["a chain of aliases", { ...PLAN, tools: { a: { ...PLAN.tools["a"], aliases: { x: "y", y: "z" } } } }],
  ["an empty list of roles", { ...PLAN, rules: [{ ...PLAN.rules[0], roles: [] }] }],
  ["host bits", JSON.parse(JSON.stringify(PLAN).replaceAll('"address":[10,0,0,0]', '"address":[10,0,0,1]'))],
  ["two words as a program", JSON.parse(JSON.stringify(PLAN).replace('"programs":["git"]', '"programs":["git a"]'))],
  ["an operand as an option", JSON.parse(JSON.stringify(PLAN).replace('"options":["-s"', '"options":["s"'))],
  [
    "operands that are no truth value",
    JSON.parse(JSON.stringify(PLAN).replace('"operands":true', '"operands":"true"')),
  ],
  [
    "an option as a subcommand",
    JSON.parse(JSON.stringify(PLAN).replace('"subcommands":["status"]', '"subcommands":["-c"]')),
  ],
  ["a relative folder", JSON.parse(JSON.stringify(PLAN).replaceAll('"value":"/a"', '"value":"a/b"'))],
  ["more in front of a digest", { ...PLAN, policy: { ...PLAN.policy, sha256: `a${PLAN.policy.sha256}` } }],
  ["more behind a digest", { ...PLAN, policy: { ...PLAN.policy, sha256: `${PLAN.policy.sha256}a` } }],
  ["a digest that is none", { ...PLAN, policy: { ...PLAN.policy, sha256: "z".repeat(64) } }],
  ["two rules of one id", { ...PLAN, rules: [PLAN.rules[0], { ...PLAN.rules[0], name: "other" }] }],
  ["two rules of one name alone", { ...PLAN, rules: [PLAN.rules[0], { ...PLAN.rules[0], id: "other" }] }],
  ["a default rule of another's id", { ...PLAN, defaultRule: { ...PLAN.defaultRule, id: PLAN.rules[0]?.id } }],
  ["a default rule of another's name", { ...PLAN, defaultRule: { ...PLAN.defaultRule, name: PLAN.rules[0]?.name } }],
  ["a rule for no tool", { ...PLAN, rules: [{ ...PLAN.rules[0], tools: [], toolGlobs: [] }] }],
  ["a glob out of range", edited(/"kind":"table","pattern":\d+/, `"kind":"table","pattern":${PLAN.patterns.length}`)],
  ["a deny rule with a limit", { ...PLAN, rules: [{ ...PLAN.rules[0], effect: "deny", data: [] }] }],
  ["a deny rule that lifts a class", { ...PLAN, rules: [{ ...PLAN.rules[0], effect: "deny", rateLimit: null }] }],
  ["a prefix that is a number", edited(/"op":"suffix","operand":\{[^}]*\}/, suffix({ kind: "value", value: 1 }))],
  ["a prefix that is a list", edited(/"op":"suffix","operand":\{[^}]*\}/, suffix({ kind: "list", items: [] }))],
  ["a prefix that is an object", edited(/"op":"suffix","operand":\{[^}]*\}/, suffix({ kind: "object", members: [] }))],
  ["a bound that is a text", edited(/"op":"gt","operand":\{[^}]*\}/, bound({ kind: "value", value: "1" }))],
  [
    "a bound that is a template",
    edited(/"op":"gt","operand":\{[^}]*\}/, bound({ kind: "template", parts: ["", "v", ""] })),
  ],
  ["a template that ends with a variable", edited(SUFFIX, suffix({ kind: "template", parts: ["a", "v", "b", "v"] }))],
  ["a template of a variable without name", edited(SUFFIX, suffix({ kind: "template", parts: ["a", "", "b"] }))],
  ["a member that is no pair", edited(EQUALS, equals([["k", { kind: "value", value: 1 }, 1]]))],
  ["a member with half a pair", edited(EQUALS, equals([["k"]]))],
  ["a member `__proto__`", edited(EQUALS, equals([["__proto__", { kind: "value", value: 1 }]]))],
  ["a prefix of five bytes", edited(/"address":\[10,0,0,0\],"bits":8/, '"address":[10,0,0,0,0],"bits":8')],
  ["a range of three", edited(/"ranges":\[\[480,540\]/, '"ranges":[[480,540,600]')],
  ["a range of one", edited(/"ranges":\[\[480,540\]/, '"ranges":[[480]')],
  ["a range of no time", edited(/"ranges":\[\[480,540\]/, '"ranges":[[480,480]')],
  ["a range beyond the day", edited(/"ranges":\[\[480,540\]/, '"ranges":[[480,1441]')],
  ["a constant without value", edited(EQUALS, '{"kind":"value","other":1}')],
  ["a member under another name", edited(/"otherArgs":/, '"otherArguments":')],
  ["a rule without name", { ...PLAN, rules: [{ ...PLAN.rules[0], name: "" }] }],
  ["nothing", null],
  ["a list", []],
  ["not JSON", { ...PLAN, policy: () => 1 }],
])("refused: %s", (_, data) => {
  expect(() => loadPlan(data)).toThrow(expect.objectContaining({ code: "invalid_policy" }));
});

test.each(["inline", "ref", "sealed", "omitted", null])("a payload may be %s", (payload) => {
  expect(() => loadPlan({ ...PLAN, tools: { a: { ...PLAN.tools["a"], payload } } })).not.toThrow();
});

test("property: junk is refused, always with the same code", () => {
  fc.assert(
    fc.property(fc.constantFrom(...ALL), fc.anything(), (path, junk) => {
      const data = change(path, (holder, key) => {
        holder[key] = junk;
      });
      try {
        // What loads is a plan, which decides without a fault.
        expect(ask(loadPlan(data), "a", { a: 1 }).reason_code).not.toBe("internal_error");
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_policy" });
      }
    }),
    { seed: 4, numRuns: 1500 },
  );
});

test("compiling the same text twice gives the same plan, byte by byte", () => {
  const text = readFileSync(new URL("../fixtures/clinic.yaml", import.meta.url), "utf8");
  const plans = [0, 1].map(() => loadPolicyText(text)).map((result) => (result.ok ? canonicalJson(result.plan) : ""));
  expect(plans[0]).not.toBe("");
  expect(plans[1]).toBe(plans[0]);
  expect(compile({ rules: [] }).ok).toBe(true);
});
