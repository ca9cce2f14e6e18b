import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ask, NOON, planOf } from "../fixtures/support.ts";
import type { PolicyDocument, RuleDocument } from "../policy.ts";

const CARD = "4111 1111 1111 1111";
const SECRET = `ghp_${"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8".slice(0, 36)}`;
const allow: RuleDocument = { name: "allow", tool: "t" };
const deny: RuleDocument = { name: "deny", tool: "t", effect: "deny" };
const approval: RuleDocument = { name: "approval", tool: "t", effect: "require_approval" };
const broken: RuleDocument = { name: "broken", tool: "t", constraints: { x: "${v}" }, other_args: "allow" };
const never: RuleDocument = { name: "never", tool: "t", constraints: { x: "never" } };

function decided(rules: readonly RuleDocument[], args = {}, policy: Partial<PolicyDocument> = {}, tools = {}) {
  const decision = ask(planOf({ ...policy, rules }, tools), "t", args);
  return `${decision.effect} ${decision.reason_code} ${decision.rule_name}`;
}

describe("steps 1 to 6", () => {
  test.each([
    ["1: an error denies, even beside a deny rule", [deny, broken, allow], { x: "a" }, "deny unknown_variable broken"],
    ["2: deny beats approval and allow", [allow, approval, deny], { x: "a" }, "deny denied_by_rule deny"],
    ["2: deny comes before data", [allow, deny], { x: CARD }, "deny denied_by_rule deny"],
    ["3: data denies before approval", [approval], { x: CARD }, "deny data_class_denied approval"],
    ["3: data denies where nothing grants", [], { x: CARD }, "deny data_class_denied null"],
    ["3: secrets too", [allow], { x: SECRET }, "deny data_class_denied allow"],
    ["4: approval beats allow", [allow, approval], {}, "require_approval approval_required approval"],
    ["5: allow", [never, allow], {}, "allow allowed_by_rule allow"],
    ["6: otherwise deny", [never], { x: "b" }, "deny no_matching_rule null"],
    [
      "6: an argument that an allow rule does not list",
      [{ ...never, constraints: { x: "b" } }],
      { x: "b", y: 1 },
      "deny unlisted_argument never",
    ],
    ["6: not if another condition is false too", [never], { x: "b", y: 1 }, "deny no_matching_rule null"],
    [
      "5: another allow rule matches",
      [{ ...never, constraints: { x: "b" } }, allow],
      { x: "b", y: 1 },
      "allow allowed_by_rule allow",
    ],
  ] as const)("%s", (_, rules, args, expected) => {
    expect(decided(rules, args)).toBe(expected);
  });

  test("the default rule gives its name to calls that no rule matches", () => {
    const last: RuleDocument = { name: "everything else", default: true, allow: false, reason: "not on my list" };
    const decision = ask(planOf({ rules: [never, last] }), "other", {});
    expect(decision).toMatchObject({
      effect: "deny",
      reason_code: "no_matching_rule",
      rule_name: "everything else",
      rule_id: "everything else",
      reason: "not on my list",
      determining_rules: [],
    });
  });

  test("the first determining rule in file order names the decision", () => {
    const decision = ask(
      planOf({ rules: [allow, { ...deny, name: "b" }, { ...deny, name: "a", reason: "because" }] }),
      "t",
      {},
    );
    expect(decision).toMatchObject({ rule_name: "b", determining_rules: ["b", "a"], reason: "denied by rule `b`" });
  });
});

describe("causes of errors", () => {
  const path: RuleDocument = {
    name: "path",
    tool: "t",
    constraints: { x: { path: { within: "/a" } } },
    other_args: "allow",
  };
  test("one cause has its own code, several have the general one", () => {
    expect(decided([broken], { x: "a" })).toBe("deny unknown_variable broken");
    expect(decided([path], { x: "/a/b" })).toBe("deny missing_fact path");
    expect(decided([path, broken], { x: "/a/b" })).toBe("deny evaluation_error path");
    expect(decided([broken, path], { x: "/a/b" })).toBe("deny evaluation_error broken");
    expect(
      decided([{ ...broken, constraints: { x: "${v}", y: { path: { within: "/a" } } } }], { x: "a", y: "/a" }),
    ).toBe("deny evaluation_error broken");
  });
});

describe("data classes", () => {
  const lifting = (rule: RuleDocument, data: readonly ("payment_card" | "secret")[]): RuleDocument => ({
    ...rule,
    name: `${rule.name} lifting`,
    data,
  });
  test.each([
    ["one that lifts", [lifting(allow, ["payment_card"])], { x: CARD }, "allow"],
    ["one that lifts, one that does not", [lifting(allow, ["payment_card"]), approval], { x: CARD }, "deny"],
    [
      "both lift",
      [lifting(allow, ["payment_card"]), lifting(approval, ["payment_card"])],
      { x: CARD },
      "require_approval",
    ],
    ["another class", [lifting(allow, ["secret"])], { x: CARD }, "deny"],
    ["both classes, one lifted", [lifting(allow, ["secret"])], { x: CARD, y: SECRET }, "deny"],
    ["both classes, both lifted", [lifting(allow, ["secret", "payment_card"])], { x: CARD, y: SECRET }, "allow"],
    ["a rule that does not match does not count", [lifting(allow, ["payment_card"]), never], { x: CARD }, "allow"],
    ["in a key", [allow], { [CARD]: 1 }, "deny"],
    ["as a number", [allow], { x: 4111111111111111 }, "deny"],
    ["deep inside", [allow], { x: [{ y: `card ${CARD}.` }] }, "deny"],
  ] as const)("%s", (_, rules, args, effect) => {
    expect(decided(rules, args).split(" ")[0]).toBe(effect);
  });

  test("the decision names the class and not the data", () => {
    const decision = ask(planOf({ rules: [allow] }), "t", { x: CARD });
    expect(decision.detail).toEqual({ data_classes: ["payment_card"] });
    expect(JSON.stringify(decision)).not.toContain("1111");
  });
});

describe("irreversible tools", () => {
  test.each([
    ["asks for approval of what is allowed", { reversible: false }, [allow], "require_approval approval_required null"],
    ["grants nothing", { reversible: false }, [never], "deny no_matching_rule null"],
    ["an undo lifts it", { reversible: false, undo: "untransfer" }, [allow], "allow allowed_by_rule allow"],
    ["reversible", { reversible: true }, [allow], "allow allowed_by_rule allow"],
    [
      "beside an approval rule",
      { reversible: false },
      [allow, approval],
      "require_approval approval_required approval",
    ],
  ] as const)("%s", (_, tool, rules, expected) => {
    expect(decided(rules, {}, {}, { t: tool })).toBe(expected);
  });

  test("its approval is an obligation of nobody's rule", () => {
    const plan = planOf({ rules: [allow, { ...approval, reason: "please look" }] }, { t: { reversible: false } });
    expect(ask(plan, "t", {}).obligations).toEqual([
      { type: "approval", rule_id: "approval", reason: "please look" },
      { type: "approval", rule_id: null, reason: expect.any(String) },
    ]);
  });
});

describe("obligations", () => {
  const limit = (limit: number, by?: "agent" | "session" | "principal" | "tool") => ({
    limit,
    per: "1m",
    ...(by === undefined ? {} : { by }),
  });
  test("limits of all matching granting rules, in order of rule ids, then the tool's own", () => {
    const plan = planOf(
      {
        rules: [
          { ...allow, name: "z", rate_limit: limit(1) },
          { ...approval, name: "m", rate_limit: { ...limit(2, "agent"), algorithm: "sliding_window" } },
          { ...never, name: "n", rate_limit: limit(3) },
          { ...allow, name: "a", rate_limit: limit(4, "tool") },
        ],
      },
      { t: { timeout: "5s", sandbox: "strict", output: { max_bytes: 10, keep_fields: ["id"] } } },
    );
    expect(ask(plan, "t", {}, { context: { agent_id: "me" } }).obligations).toEqual([
      { type: "approval", rule_id: "m", reason: null },
      {
        type: "rate_limit",
        rule_id: "a",
        key: '["a","tool","t"]',
        limit: 4,
        per_ms: 60_000,
        algorithm: "token_bucket",
      },
      {
        type: "rate_limit",
        rule_id: "m",
        key: '["m","agent","me"]',
        limit: 2,
        per_ms: 60_000,
        algorithm: "sliding_window",
      },
      { type: "rate_limit", rule_id: "z", key: '["z"]', limit: 1, per_ms: 60_000, algorithm: "token_bucket" },
      { type: "time_limit", timeout_ms: 5000 },
      { type: "sandbox", profile: "strict" },
      { type: "output", max_bytes: 10, keep_fields: ["id"] },
    ]);
  });

  test("unknown callers share one bucket, which no known caller can have", () => {
    const plan = planOf({ rules: [{ ...allow, rate_limit: limit(1, "principal") }] });
    const key = (context: object) => (ask(plan, "t", {}, { context }).obligations[0] as { readonly key: string }).key;
    expect(key({})).toBe(key({ principal: { roles: [] } }));
    expect(new Set([key({}), key({ principal: { sub: "null" } }), key({ principal: { sub: "" } })]).size).toBe(3);
  });

  test("a denial has none", () => {
    expect(ask(planOf({ rules: [deny] }, { t: { timeout: "5s" } }), "t", {}).obligations).toEqual([]);
  });
});

describe("audit mode of a rule", () => {
  const audit = (rule: RuleDocument): RuleDocument => ({ ...rule, name: `${rule.name} on trial`, mode: "audit" });
  test.each([
    ["a deny rule", [allow, audit(deny)], {}, "allow", { effect: "deny", reason_code: "denied_by_rule" }],
    [
      "an approval rule",
      [allow, audit(approval)],
      {},
      "allow",
      { effect: "require_approval", reason_code: "approval_required" },
    ],
    [
      "an approval rule grants nothing",
      [audit(approval)],
      {},
      "deny",
      { effect: "require_approval", reason_code: "approval_required" },
    ],
    [
      "its error denies nothing",
      [allow, audit({ ...broken, effect: "deny" })],
      { x: "a" },
      "allow",
      { effect: "deny", reason_code: "unknown_variable" },
    ],
    ["false: nothing to say", [allow, audit({ ...never, effect: "deny" })], { x: "b" }, "allow", undefined],
    ["same verdict: nothing to say", [deny, audit(deny)], {}, "deny", undefined],
  ] as const)("%s", (_, rules, args, effect, wouldHave) => {
    const decision = ask(planOf({ rules }), "t", args);
    expect([decision.effect, decision.would_have]).toEqual([effect, wouldHave]);
  });

  test("it does not keep other rules from lifting a data class", () => {
    expect(decided([{ ...allow, data: ["payment_card"] }, audit(approval)], { x: CARD })).toContain(
      "allow allowed_by_rule",
    );
  });
});

describe("audit mode of the policy", () => {
  const policy = { mode: "audit" } as const;
  test.each([
    ["error", [broken], { x: "a" }, { effect: "deny", reason_code: "unknown_variable" }],
    ["deny", [deny], {}, { effect: "deny", reason_code: "denied_by_rule" }],
    ["data", [allow], { x: CARD }, { effect: "deny", reason_code: "data_class_denied" }],
    ["approval", [approval], {}, { effect: "require_approval", reason_code: "approval_required" }],
    ["allow", [allow], {}, { effect: "allow", reason_code: "allowed_by_rule" }],
    ["nothing matches", [], {}, { effect: "deny", reason_code: "no_matching_rule" }],
    [
      "default allow",
      [{ name: "all", default: true, allow: true }],
      {},
      { effect: "allow", reason_code: "allowed_by_rule" },
    ],
  ] as const)("%s is waived", (_, rules, args, wouldHave) => {
    const decision = ask(planOf({ ...policy, rules }), "t", args);
    expect(decision).toMatchObject({
      effect: "allow",
      reason_code: "audit_mode",
      would_have: wouldHave,
      mode: "audit",
    });
  });

  test("limits and approvals are waived, time limit, sandbox and output are not", () => {
    const tools = { t: { reversible: false, timeout: "1s", sandbox: "s" } };
    const decision = ask(
      planOf({ ...policy, rules: [{ ...allow, rate_limit: { limit: 1, per: "1s" } }, approval] }, tools),
      "t",
      {},
    );
    expect(decision.obligations.map(({ type }) => type)).toEqual(["time_limit", "sandbox"]);
  });

  test("bad calls and sizes are never waived", () => {
    const plan = planOf({ ...policy, rules: [{ ...allow, constraints: { x: "^a*$" } }] });
    expect(ask(plan, "", {}).reason_code).toBe("invalid_call");
    expect(ask(plan, "t", { x: "a".repeat(65_537) })).toMatchObject({
      effect: "deny",
      reason_code: "argument_too_large",
    });
  });
});

const ruleArbitrary: fc.Arbitrary<RuleDocument> = fc
  .record({
    effect: fc.constantFrom("allow", "deny", "require_approval"),
    tool: fc.constantFrom<string | string[]>("t", "*", "t*", ["t", "u"], "u"),
    x: fc.constantFrom<unknown>(
      undefined,
      "a",
      { not: "a" },
      ["a", "b"],
      "${v}",
      { gt: 1 },
      { absent: true },
      { prefix: "a" },
      5,
      "b",
    ),
    y: fc.constantFrom<unknown>(undefined, 1, { present: true }, "${w}"),
    audit: fc.boolean(),
    other: fc.constantFrom("allow", "deny"),
    data: fc.constantFrom<string[] | undefined>(undefined, ["payment_card"]),
    roles: fc.constantFrom<string[] | undefined>(undefined, ["r"]),
  })
  .map(({ effect, tool, x, y, audit, other, data, roles }) => ({
    name: "",
    tool,
    effect,
    constraints: Object.fromEntries(Object.entries({ x, y }).filter(([, value]) => value !== undefined)),
    other_args: other,
    ...(audit && effect !== "allow" ? { mode: "audit" } : {}),
    ...(data !== undefined && effect !== "deny" ? { data } : {}),
    ...(roles === undefined ? {} : { roles }),
  })) as unknown as fc.Arbitrary<RuleDocument>;

test("property: the order of rules has no effect", () => {
  fc.assert(
    fc.property(
      fc
        .array(ruleArbitrary, { maxLength: 12 })
        .map((rules) => rules.map((rule, index) => ({ ...rule, name: `r${index}` }))),
      fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
      fc.dictionary(
        fc.constantFrom("x", "y", "z"),
        fc.constantFrom("a" as never, "b" as never, 5 as never, 1 as never, null as never, [] as never, CARD as never),
      ),
      fc.constantFrom<object>(
        {},
        { variables: { v: "a" } },
        { variables: { v: "a", w: 1 }, principal: { roles: ["r"] } },
        { principal: { roles: [] } },
      ),
      (rules, keys, args, context) => {
        const shuffled = rules
          .map((rule, index) => ({ rule, key: keys[index] as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ rule }) => rule);
        const [one, two] = [rules, shuffled].map((list) => {
          const decision = ask(planOf({ rules: list }), "t", args, { context });
          return {
            ...decision,
            rule_id: null,
            rule_name: null,
            reason: null,
            plan_sha256: null,
            policy_sha256: null,
            determining_rules: [...decision.determining_rules].sort(),
          };
        });
        expect(two).toEqual(one);
      },
    ),
    { seed: 1, numRuns: 400 },
  );
});

test("property: the second level of the index changes nothing", () => {
  // Rules for one tool with constants on `x` are indexed from four on; padded with rules that never match, they are.
  const padding = Array.from({ length: 4 }, (_, i): RuleDocument => ({
    name: `p${i}`,
    tool: "t",
    constraints: { x: `padding ${i}` },
  }));
  fc.assert(
    fc.property(
      fc
        .array(ruleArbitrary, { maxLength: 3 })
        .map((rules) => rules.map((rule, index) => ({ ...rule, name: `r${index}` }))),
      fc.dictionary(
        fc.constantFrom("x", "y"),
        fc.constantFrom("a" as never, "b" as never, 5 as never, -0 as never, null as never, [] as never, {} as never),
      ),
      (rules, args) => {
        const plain = ask(planOf({ rules }), "t", args, { now: NOON });
        const indexed = ask(planOf({ rules: [...rules, ...padding] }), "t", args, { now: NOON });
        expect({ ...indexed, plan_sha256: "", policy_sha256: "" }).toEqual({
          ...plain,
          plan_sha256: "",
          policy_sha256: "",
        });
      },
    ),
    { seed: 2, numRuns: 400 },
  );
});
