import { describe, expect, test } from "vitest";
import { ask, NOON, planOf } from "../fixtures/support.ts";
import type { RuleDocument } from "../policy.ts";
import { decide } from "./decide.ts";
import { preparedPlan } from "../plan/load.ts";

const CARD = "4111 1111 1111 1111";
const SECRET = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

describe("the whole decision", () => {
  const plan = planOf({
    rules: [
      { name: "one rule", id: "r1", tool: "t", constraints: { x: "a" } },
      { name: "rest", default: true, allow: false },
    ],
  });
  const hashes = { policy_sha256: plan.policy.sha256, plan_sha256: preparedPlan(plan)?.sha256, mode: "enforce" };

  test("of a call that a rule allows", () => {
    expect(ask(plan, "t", { x: "a" })).toEqual({
      effect: "allow",
      reason_code: "allowed_by_rule",
      reason: "allowed by rule `one rule`",
      rule_id: "r1",
      rule_name: "one rule",
      determining_rules: ["r1"],
      obligations: [],
      ...hashes,
    });
  });

  test("of a call that none allows", () => {
    expect(ask(plan, "t", { x: "b" })).toEqual({
      effect: "deny",
      reason_code: "no_matching_rule",
      reason: "no rule allows this call",
      rule_id: "rest",
      rule_name: "rest",
      determining_rules: [],
      obligations: [],
      ...hashes,
    });
  });

  test("of what is no call", () => {
    expect(decide(plan, {} as never, {}, {}, NOON)).toEqual({
      effect: "deny",
      reason_code: "invalid_call",
      reason: "the call or its context is not of the form that is decided",
      rule_id: null,
      rule_name: null,
      determining_rules: [],
      obligations: [],
      ...hashes,
    });
  });

  test("without a plan", () => {
    expect(decide({ ...plan }, { tool: "t", args: {} }, {}, {}, NOON)).toEqual({
      effect: "deny",
      reason_code: "policy_unavailable",
      reason: "there is no valid policy",
      rule_id: null,
      rule_name: null,
      determining_rules: [],
      obligations: [],
      policy_sha256: "",
      plan_sha256: "",
      mode: "enforce",
    });
  });
});

describe("data classes", () => {
  const rules: readonly RuleDocument[] = [
    { name: "cards", tool: "t", data: ["payment_card"] },
    { name: "nothing", tool: "t" },
    { name: "all", tool: "t", data: ["payment_card", "secret"] },
  ];

  test("every rule that does not lift one of the refused classes determines", () => {
    const decision = ask(planOf({ rules }), "t", { x: SECRET, y: CARD });
    expect(decision).toMatchObject({
      reason_code: "data_class_denied",
      rule_name: "cards",
      determining_rules: ["cards", "nothing"],
      detail: { data_classes: ["payment_card", "secret"] },
    });
    expect(decision.reason).toBe("the arguments hold data that no rule lets pass: payment_card, secret");
  });

  test("only the refused ones are named", () => {
    const both = ask(planOf({ rules: [rules[0] as RuleDocument, rules[2] as RuleDocument] }), "t", {
      x: SECRET,
      y: CARD,
    });
    expect(both).toMatchObject({ determining_rules: ["cards"], detail: { data_classes: ["secret"] } });
    const lifted = ask(planOf({ rules: [rules[2] as RuleDocument] }), "t", { x: SECRET, y: CARD });
    expect(lifted.effect).toBe("allow");
    expect(lifted.detail).toBeUndefined();
  });

  test("where nothing grants, all are refused", () => {
    expect(ask(planOf({ rules: [{ name: "r", tool: "other" }] }), "t", { x: SECRET, y: CARD })).toMatchObject({
      reason_code: "data_class_denied",
      determining_rules: [],
      detail: { data_classes: ["payment_card", "secret"] },
    });
  });

  test("an approval rule that does not lift refuses too", () => {
    const mixed = planOf({ rules: [{ name: "ask", tool: "t", effect: "require_approval" }, rules[2] as RuleDocument] });
    expect(ask(mixed, "t", { x: CARD })).toMatchObject({
      reason_code: "data_class_denied",
      determining_rules: ["ask"],
    });
  });
});

describe("determining rules come in file order, whatever way they were found", () => {
  // Rules on a constant are found after the others.
  const constraints = { x: "a" };
  test.each<[effect: "allow" | "deny" | "require_approval"]>([["allow"], ["deny"], ["require_approval"]])(
    "%s",
    (effect) => {
      const plan = planOf({
        rules: [
          { name: "r0", tool: "t", effect, constraints },
          { name: "r1", tool: "*", effect },
          { name: "r2", tool: "t", effect, constraints },
          { name: "r3", tool: "t", effect },
          { name: "r4", tool: "t", effect, constraints: { y: 1 } },
          { name: "r5", tool: "t*", effect },
        ],
      });
      const decision = ask(plan, "t", { x: "a" });
      expect(decision.determining_rules).toEqual(["r0", "r1", "r2", "r3", "r5"]);
      expect(decision.rule_name).toBe("r0");
    },
  );

  test("two of them", () => {
    const rules: RuleDocument[] = [
      { name: "r0", tool: "t", constraints },
      ...["u", "v", "w"].map((x) => ({ name: x, tool: "t", constraints: { x } })),
      { name: "r4", tool: "t" },
    ];
    expect(ask(planOf({ rules }), "t", { x: "a" }).determining_rules).toEqual(["r0", "r4"]);
  });

  test("errors and unlisted arguments too", () => {
    const rules: RuleDocument[] = [
      { name: "r0", tool: "t", constraints: { x: "a", y: { equals: "${v}" } } },
      ...["u", "v", "w"].map((x) => ({ name: x, tool: "t", constraints: { x } })),
      { name: "r4", tool: "t", constraints: { y: { equals: "${v}" } } },
    ];
    const plan = planOf({ rules });
    expect(ask(plan, "t", { x: "a", y: "b" }).determining_rules).toEqual(["r0"]);
    expect(ask(plan, "t", { x: "a", y: "b", z: 1 }, { context: { variables: { v: "b" } } })).toMatchObject({
      reason_code: "unlisted_argument",
      determining_rules: ["r0", "r4"],
    });
  });
});
