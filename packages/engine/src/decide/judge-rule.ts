import { judgeCondition } from "./evaluate.ts";
import { selectsCaller } from "./identity.ts";
import { firstUnlisted } from "./listing.ts";
import type { PreparedRule } from "./prepare.ts";
import type { Scope } from "./scope.ts";
import { testZone } from "./test-network.ts";
import { isOpen } from "./test-time.ts";
import { ERROR, FALSE, settle, TRUE } from "./truth.ts";

/** An allow rule that is false for nothing but an argument it does not list. */
export const UNLISTED = 4;
export type RuleTruth = typeof FALSE | typeof TRUE | typeof ERROR | typeof UNLISTED;

/**
 * Whether a rule whose tool selector names the tool is true: false as soon as one condition is,
 * whatever the order; else in error if one is, with the causes in `scope.causes`; else true.
 */
export function judgeRule(rule: PreparedRule, scope: Scope): RuleTruth {
  if (!selectsCaller(rule, scope.context)) return FALSE;
  const { windows, network } = rule.plan;
  for (let i = 0; i < windows.length; i++) if (!isOpen(windows[i] as (typeof windows)[number], scope)) return FALSE;
  scope.granting = rule.granting;
  scope.causes = 0;
  let result: typeof TRUE | typeof ERROR = TRUE;
  for (let i = 0; i < rule.conditions.length; i++) {
    const one = judgeCondition(rule.conditions[i] as (typeof rule.conditions)[number], scope);
    if (one === FALSE) return FALSE;
    if (one === ERROR) result = ERROR;
  }
  if (network !== null) {
    const one = settle(testZone(network, scope), rule.granting);
    if (one === FALSE) return FALSE;
    if (one === ERROR) result = ERROR;
  }
  if (rule.listing !== null && firstUnlisted(scope.args, rule.listing, scope.preparedTool?.harmless) !== undefined) {
    return result === TRUE ? UNLISTED : FALSE;
  }
  return result;
}
