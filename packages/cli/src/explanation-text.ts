import type { Check, Explanation, RuleExplanation, SmallestChange } from "@proclaw/engine";
import { printable } from "./printable.ts";
import type { Paint, Tone } from "./style.ts";

type Result = Check["result"];

const MARKS: Readonly<Record<Result, readonly [Tone, string]>> = {
  true: ["good", "yes"],
  false: ["bad", "no"],
  error: ["warn", "error"],
};

/** An explanation for people: each rule considered, each thing it asks for, the smallest change. */
export function explanationText({ rules, other_rules, change }: Explanation, paint: Paint): string {
  const lines = [`considered ${count(rules.length, "rule")}, ${count(other_rules, "rule")} for other tools`];
  for (const rule of rules) lines.push(...ruleLines(rule, paint));
  if (change !== null) lines.push(...changeLines(change));
  return `${lines.join("\n")}\n`;
}

function ruleLines(rule: RuleExplanation, paint: Paint): string[] {
  const audit = rule.audit ? ", in audit mode" : "";
  return [
    `  ${mark(rule.result, paint)} ${printable(rule.name)} (${rule.effect}${audit})`,
    ...rule.checks.map((check) => {
      const cause = check.cause === undefined ? "" : `: ${printable(check.cause)}`;
      return `      ${mark(check.result, paint)} ${demand(check)}${cause}`;
    }),
  ];
}

function changeLines({ rule_name, steps, avoids, confirmed }: SmallestChange): string[] {
  const proof = confirmed ? "tried: it is not denied" : "undecided: necessary, but perhaps not enough";
  const denials = avoids.map((rule) => printable(rule.rule_name)).join(", ");
  const inTheWay = confirmed ? "and it keeps clear of" : "no change was found that keeps clear of";
  return [
    `smallest change, for rule ${printable(rule_name)} (${proof}):`,
    ...steps.map((step) => {
      if (step.remove === true) return `  without argument ${printable(step.key)}`;
      const value = step.value === undefined ? "" : `, for example ${printable(JSON.stringify(step.value))}`;
      return `  ${demand(step)}${value}`;
    }),
    ...(denials === "" ? [] : [`  ${inTheWay} the deny rule${avoids.length === 1 ? "" : "s"} ${denials}`]),
  ];
}

function demand({ kind, key, must }: Pick<Check, "kind" | "key" | "must">): string {
  if (kind !== "listing") return `${printable(key)} must ${printable(must)}`;
  return key === "" ? "all arguments are listed" : `argument ${printable(key)} must be listed`;
}

function mark(result: Result, paint: Paint): string {
  const [tone, text] = MARKS[result];
  return paint(tone, text.padEnd(5));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
