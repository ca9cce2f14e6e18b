import type { CallContext, Facts, JsonObject, JsonValue } from "@proclaw/core";
import { collectHosts, type FoundHosts } from "./hosts.ts";
import type { PreparedPlan, PreparedTool } from "./prepare.ts";

/** What the conditions of one call see. */
export class Scope {
  readonly prepared: PreparedPlan;
  readonly tool: string;
  readonly preparedTool: PreparedTool | undefined;
  /** With canonical names. */
  readonly args: JsonObject;
  readonly context: CallContext;
  readonly facts: Facts;
  readonly now: number;
  /** The rule in hand is an allow rule. */
  granting = false;
  /** Causes of error of the rule in hand, as bits of `truth.ts`. */
  causes = 0;
  /** A rule in audit mode would test a string beyond the limit by a pattern. */
  auditedTooLarge = false;
  /** In words of the policy, why there was an error; collected only for a reason or an explanation. */
  notes: Set<string> | null = null;
  #hosts: FoundHosts | undefined = undefined;

  constructor(
    prepared: PreparedPlan,
    tool: string,
    preparedTool: PreparedTool | undefined,
    args: JsonObject,
    context: CallContext,
    facts: Facts,
    now: number,
  ) {
    this.prepared = prepared;
    this.tool = tool;
    this.preparedTool = preparedTool;
    this.args = args;
    this.context = context;
    this.facts = facts;
    this.now = now;
  }

  /** Value of a variable, own members only; undefined if it is not known. */
  variable(name: string): JsonValue | undefined {
    const variables = this.context.variables;
    return variables !== undefined && Object.hasOwn(variables, name) ? variables[name] : undefined;
  }

  /** Where a path argument leads, as the enforcement point found it. */
  resolvedPath(value: string): string | undefined {
    const paths = this.facts.paths;
    const found: unknown = paths !== undefined && Object.hasOwn(paths, value) ? paths[value] : undefined;
    return typeof found === "string" ? found : undefined;
  }

  hosts(): FoundHosts {
    this.#hosts ??= collectHosts(this.args, this.preparedTool?.plan.hosts ?? []);
    return this.#hosts;
  }
}
