/** Version of all rules of this package. Any change of what a rule finds raises it. */
export const RULES_VERSION = 1;

/** Name of a rule as it stands in redactions. */
export function ruleName(id: string): string {
  return `${id}@${RULES_VERSION}`;
}

export const CARD_RULE: string = ruleName("payment_card");
