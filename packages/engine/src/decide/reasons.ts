import type { ReasonCode } from "@proclaw/core";
import type { Verdict } from "./decide.ts";

/** What people and the model are told. Names of the policy only, no value of the call. */
export function reasonOf(
  made: Verdict,
  reasoned: Verdict,
  rule: { readonly name: string; readonly reason: string | null } | null,
): string {
  if (made.code === "audit_mode") return `audit mode lets it pass; enforced: ${text(reasoned, rule)}`;
  return text(made, rule);
}

function text(made: Verdict, rule: { readonly name: string; readonly reason: string | null } | null): string {
  const said = GENERAL[made.code] ?? "refused";
  switch (made.code) {
    case "allowed_by_rule":
      return rule === null ? "allowed" : `allowed by rule \`${rule.name}\``;
    case "denied_by_rule":
      return rule?.reason ?? (rule === null ? "denied" : `denied by rule \`${rule.name}\``);
    case "approval_required":
      if (rule === null) return "the tool's effect cannot be undone, so somebody has to approve";
      return rule.reason ?? `rule \`${rule.name}\` asks for approval`;
    case "no_matching_rule":
      return rule?.reason ?? said;
    case "data_class_denied":
      return `${said}: ${made.dataClasses.join(", ")}`;
    case "unlisted_argument":
      return rule === null ? said : `rule \`${rule.name}\` does not list every argument of the call`;
    case "evaluation_error":
    case "unknown_variable":
    case "missing_fact":
      return rule === null || made.why === null ? said : `rule \`${rule.name}\` cannot be evaluated: ${made.why}`;
    default:
      return said;
  }
}

const GENERAL: Partial<Readonly<Record<ReasonCode, string>>> = {
  no_matching_rule: "no rule allows this call",
  data_class_denied: "the arguments hold data that no rule lets pass",
  unlisted_argument: "an argument of the call is not listed",
  evaluation_error: "a rule could not be evaluated",
  unknown_variable: "a variable that a rule needs is not known",
  missing_fact: "a fact that a rule needs is missing",
  argument_too_large: "the call, or an argument that a pattern tests, is too large",
  invalid_call: "the call or its context is not of the form that is decided",
  policy_unavailable: "there is no valid policy",
  internal_error: "deciding failed",
};
