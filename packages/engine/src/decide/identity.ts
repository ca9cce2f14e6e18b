import type { CallContext } from "@proclaw/core";
import type { PreparedRule } from "./prepare.ts";

/**
 * Whether the caller is one that the rule names. An unknown caller is nobody to an allow rule and
 * anybody to a deny or approval rule.
 */
export function selectsCaller(rule: PreparedRule, context: CallContext): boolean {
  const unknown = !rule.granting;
  if (rule.roles !== null) {
    const roles = context.principal?.roles;
    if (roles === undefined ? !unknown : !hasRole(rule.roles, roles)) return false;
  }
  return (
    selects(rule.agents, context.agent_id, unknown) &&
    selects(rule.principals, context.principal?.sub, unknown) &&
    selects(rule.sessions, context.session_id, unknown)
  );
}

function hasRole(wanted: ReadonlySet<string>, roles: readonly string[]): boolean {
  for (let i = 0; i < roles.length; i++) if (wanted.has(roles[i] as string)) return true;
  return false;
}

function selects(names: ReadonlySet<string> | null, name: string | undefined, unknown: boolean): boolean {
  if (names === null) return true;
  return name === undefined ? unknown : names.has(name);
}
