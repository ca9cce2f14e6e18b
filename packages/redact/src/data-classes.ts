import type { JsonValue } from "@proclaw/core";
import { cardRecognizer } from "./cards.ts";
import { secretRecognizer } from "./secrets.ts";
import type { Recognizer } from "./span.ts";
import { redactValue } from "./walk.ts";

/** Something the policy's data-class step asks about: what it is and where, never the data. */
export interface DataClassFinding {
  readonly data_class: "payment_card" | "secret";
  /** Name and version of the rule, such as `jwt@1`. */
  readonly rule: string;
  /** JSON Pointer into the sanitized value (a member name may itself hold the data). */
  readonly at: string;
}

export const BUILT_IN: readonly Recognizer[] = [secretRecognizer, cardRecognizer];

/** How many findings of one class are listed. */
const MAX_PER_CLASS = 32;

/**
 * Payment cards and secrets in a value, member names included, in document order. At most 32 of
 * each class are listed, so that neither can crowd out the other. Never throws on JSON.
 */
export function findDataClasses(value: JsonValue): DataClassFinding[] {
  const findings: DataClassFinding[] = [];
  const counts = { payment_card: 0, secret: 0 };
  redactValue(value, BUILT_IN, (dataClass, rule, pointer) => {
    const data_class = dataClass as keyof typeof counts;
    if (++counts[data_class] <= MAX_PER_CLASS) findings.push({ data_class, rule, at: pointer() });
  });
  return findings;
}
