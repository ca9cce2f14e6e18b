import type { Manner } from "./manner.ts";
import { matchesWildcard } from "./wildcard.ts";

/** What a request says, by lower-case name of the condition key; a key that it does not have is missing. */
export type ConditionValues = Readonly<Record<string, string | undefined>>;

type Comparison = (actual: string, expected: string) => boolean;

const numeric =
  (compare: (a: number, b: number) => boolean): Comparison =>
  (actual, expected) =>
    compare(Number(actual), Number(expected));
const date =
  (compare: (a: number, b: number) => boolean): Comparison =>
  (actual, expected) =>
    compare(Date.parse(actual), Date.parse(expected));

const OPERATORS: Readonly<Record<string, Comparison>> = {
  StringEquals: (actual, expected) => actual === expected,
  StringLike: (actual, expected) => matchesWildcard(expected, actual),
  NumericEquals: numeric((a, b) => a === b),
  NumericLessThan: numeric((a, b) => a < b),
  NumericLessThanEquals: numeric((a, b) => a <= b),
  NumericGreaterThan: numeric((a, b) => a > b),
  NumericGreaterThanEquals: numeric((a, b) => a >= b),
  DateLessThan: date((a, b) => a < b),
  DateGreaterThan: date((a, b) => a > b),
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
};
/** True where no value matches. */
const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: "StringEquals",
  StringNotLike: "StringLike",
  NumericNotEquals: "NumericEquals",
};

export function isKnownOperator(name: string): boolean {
  const base = name.replace(/IfExists$/, "");
  return name === "Null" || Object.hasOwn(OPERATORS, base) || Object.hasOwn(NEGATED, base);
}

/**
 * Whether one condition holds. Values are alternatives. A missing key fails, except with `IfExists`
 * and (on AWS) for negated operators:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function holds(
  operator: string,
  actual: string | undefined,
  expected: readonly string[],
  manner: Manner,
): boolean {
  if (operator === "Null") return expected.some((value) => (value.toLowerCase() === "true") === (actual === undefined));
  const base = operator.replace(/IfExists$/, "");
  const positive = NEGATED[base];
  if (actual === undefined) return base !== operator || (positive !== undefined && manner.negationHoldsForMissing);
  if (positive !== undefined) return !expected.some((value) => OPERATORS[positive]?.(actual, value) ?? false);
  return expected.some((value) => OPERATORS[base]?.(actual, value) ?? false);
}
