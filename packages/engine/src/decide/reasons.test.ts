import { describe, expect, test } from "vitest";
import type { Verdict } from "./decide.ts";
import { reasonOf } from "./reasons.ts";

const verdict = (code: Verdict["code"], more: Partial<Verdict> = {}): Verdict => ({
  effect: "deny",
  code,
  determining: [],
  dataClasses: [],
  irreversible: false,
  why: null,
  ...more,
});
const said = (made: Verdict, rule: { name: string; reason: string | null } | null = null, reasoned = made): string =>
  reasonOf(made, reasoned, rule);
const named = { name: "a rule", reason: null };
const spoken = { name: "a rule", reason: "because" };

describe("what is told", () => {
  test.each<[code: Verdict["code"], nobody: string, byName: string, byReason: string]>([
    ["allowed_by_rule", "allowed", "allowed by rule `a rule`", "allowed by rule `a rule`"],
    ["denied_by_rule", "denied", "denied by rule `a rule`", "because"],
    [
      "approval_required",
      "the tool's effect cannot be undone, so somebody has to approve",
      "rule `a rule` asks for approval",
      "because",
    ],
    ["no_matching_rule", "no rule allows this call", "no rule allows this call", "because"],
    [
      "unlisted_argument",
      "an argument of the call is not listed",
      "rule `a rule` does not list every argument of the call",
      "rule `a rule` does not list every argument of the call",
    ],
    ...(
      [
        ["evaluation_error", "a rule could not be evaluated"],
        ["unknown_variable", "a variable that a rule needs is not known"],
        ["missing_fact", "a fact that a rule needs is missing"],
        ["argument_too_large", "the call, or an argument that a pattern tests, is too large"],
        ["invalid_call", "the call or its context is not of the form that is decided"],
        ["policy_unavailable", "there is no valid policy"],
        ["internal_error", "deciding failed"],
        ["quarantined", "refused"],
      ] as const
    ).map(([code, text]): [Verdict["code"], string, string, string] => [code, text, text, text]),
  ])("%s", (code, nobody, byName, byReason) => {
    expect(said(verdict(code))).toBe(nobody);
    expect(said(verdict(code), named)).toBe(byName);
    expect(said(verdict(code), spoken)).toBe(byReason);
  });

  test("data classes are named", () => {
    expect(said(verdict("data_class_denied", { dataClasses: ["payment_card", "secret"] }))).toBe(
      "the arguments hold data that no rule lets pass: payment_card, secret",
    );
  });

  test("audit mode says what it waived", () => {
    expect(said(verdict("audit_mode"), named, verdict("denied_by_rule"))).toBe(
      "audit mode lets it pass; enforced: denied by rule `a rule`",
    );
  });

  test.each(["evaluation_error", "unknown_variable", "missing_fact"] as const)(
    "%s says why, where it is known",
    (code) => {
      const why = { why: "something is missing" } as Partial<Verdict>;
      expect(said(verdict(code, why))).toBe(said(verdict(code)));
      expect(said(verdict(code, why), named)).toBe("rule `a rule` cannot be evaluated: something is missing");
    },
  );
});
