import { holds, isKnownOperator } from "./policy-condition.ts";
import type { ConditionValues } from "./policy-condition.ts";
import type { Manner } from "./manner.ts";
import { isKnownKey, namesAnAction } from "./policy-names.ts";
import { S3Error } from "./s3-error.ts";
import { matchesWildcard } from "./wildcard.ts";

interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly principals: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Operator → key → values; all must hold. */
  readonly conditions: readonly (readonly [operator: string, key: string, values: readonly string[]])[];
}

/** A bucket policy: its text as it was put, and its statements. */
export interface Policy {
  readonly text: string;
  readonly statements: readonly Statement[];
}

const STATEMENT_FIELDS = new Set(["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]);

/**
 * Reads a bucket policy. Only what is evaluated here is accepted (no `NotAction`, `NotResource`,
 * `NotPrincipal`, no unknown operator): a policy that is half understood would make a test pass
 * that AWS fails.
 * @throws S3Error
 */
export function parsePolicy(text: string, manner: Manner): Policy {
  const bad = (why: string): S3Error => new S3Error(manner.badPolicy, `the policy is not understood: ${why}`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw bad("no JSON");
  }
  if (!isObject(document)) throw bad("no object");
  const list = Array.isArray(document["Statement"]) ? (document["Statement"] as unknown[]) : [document["Statement"]];
  return {
    text,
    statements: list.map((entry) => {
      if (!isObject(entry)) throw bad("a statement is no object");
      const unknown = Object.keys(entry).find((field) => !STATEMENT_FIELDS.has(field));
      if (unknown !== undefined) throw bad(`field \`${unknown}\``);
      const effect = entry["Effect"];
      if (effect !== "Allow" && effect !== "Deny") throw bad("an effect is neither Allow nor Deny");
      const principal = isObject(entry["Principal"]) ? entry["Principal"]["AWS"] : entry["Principal"];
      const statement = {
        effect,
        principals: strings(principal),
        actions: strings(entry["Action"]),
        resources: strings(entry["Resource"]),
        conditions: conditions(entry["Condition"]),
      } as const;
      const { principals, actions, resources } = statement;
      if (principals.length === 0 || actions.length === 0 || resources.length === 0) {
        throw bad("a statement lacks its principal, action or resource");
      }
      const operator = statement.conditions.find(([name]) => !isKnownOperator(name))?.[0];
      if (operator !== undefined) throw bad(`operator \`${operator}\``);
      const action = actions.find((pattern) => !namesAnAction(pattern));
      if (action !== undefined) throw bad(`action \`${action}\``);
      const key = statement.conditions.find(([, name]) => !isKnownKey(name))?.[1];
      if (key !== undefined && manner.strictConditionKeys) throw bad(`condition key \`${key}\``);
      return statement;
    }),
  };
}

export interface PolicyQuestion {
  /** ARN, or null for nobody. */
  readonly principal: string | null;
  readonly action: string;
  readonly resource: string;
  readonly values: ConditionValues;
}

/** An explicit Deny wins over every Allow; null where no statement applies. */
export function evaluatePolicy(policy: Policy, question: PolicyQuestion, manner: Manner): "Allow" | "Deny" | null {
  const matching = policy.statements.filter(
    (statement) =>
      statement.principals.some((pattern) => pattern === "*" || pattern === question.principal) &&
      statement.actions.some((pattern) => matchesWildcard(pattern.toLowerCase(), question.action.toLowerCase())) &&
      statement.resources.some((pattern) => matchesWildcard(pattern, question.resource)) &&
      statement.conditions.every(([operator, key, values]) => holds(operator, question.values[key], values, manner)),
  );
  if (matching.some((statement) => statement.effect === "Deny")) return "Deny";
  return matching.length > 0 ? "Allow" : null;
}

function conditions(value: unknown): [string, string, string[]][] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([operator, keys]) =>
    Object.entries(isObject(keys) ? keys : {}).map(([key, values]): [string, string, string[]] => [
      operator,
      // Names of keys are not case-sensitive.
      key.toLowerCase(),
      strings(values),
    ]),
  );
}

function strings(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => ["string", "number", "boolean"].includes(typeof item)).map(String);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
