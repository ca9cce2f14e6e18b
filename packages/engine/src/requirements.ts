import type { FactRequirements, JsonObject, JsonValue, ToolCall } from "@proclaw/core";
import { candidatesOf, type PreparedPlan } from "./decide/prepare.ts";
import { escapeToken } from "./decide/listing.ts";
import { preparedPlan } from "./plan/load.ts";
import type { Plan, TestPlan } from "./plan/types.ts";

const NOTHING: FactRequirements = Object.freeze({ paths: Object.freeze([]) });

/** Facts that deciding calls of a tool needs: selectors of the arguments that hold paths, under all their names. */
export function requirements(plan: Plan, tool: string): FactRequirements {
  const prepared = preparedPlan(plan);
  return prepared === undefined ? NOTHING : requirementsOf(prepared, tool);
}

export function requirementsOf(prepared: PreparedPlan, tool: string): FactRequirements {
  const paths = new Set<string>();
  const aliases = [...(prepared.tools.get(tool)?.aliases ?? [])];
  for (const rule of candidatesOf(prepared, tool).all) {
    for (const { path, test } of rule.conditions) {
      const inside = pathSuffixes(test);
      if (inside.length === 0) continue;
      const [first, ...rest] = path as readonly [string, ...string[]];
      const names = [first, ...aliases.filter(([, canonical]) => canonical === first).map(([alias]) => alias)];
      for (const name of names) {
        for (const suffix of inside)
          paths.add([name, ...rest].map((step) => `/${escapeToken(step)}`).join("") + suffix);
      }
    }
  }
  return paths.size === 0 ? NOTHING : { paths: [...paths].sort() };
}

/** Where inside the tested value paths are judged: `""` for the value itself, `/*` for its elements. */
function pathSuffixes(test: TestPlan): readonly string[] {
  switch (test.op) {
    case "path_within":
    case "path_not_within":
    case "path_extensions":
      return [""];
    case "all":
      return test.tests.flatMap(pathSuffixes);
    case "not":
      return pathSuffixes(test.test);
    case "every":
    case "some":
      return pathSuffixes(test.test).map((suffix) => `/*${suffix}`);
    default:
      return [];
  }
}

/** The strings of a call that must be keys of `facts.paths`, each once. */
export function pathsToResolve(plan: Plan, call: ToolCall): readonly string[] {
  const found = new Set<string>();
  for (const selector of requirements(plan, call.tool).paths) {
    const steps = selector
      .slice(1)
      .split("/")
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    collect(call.args, steps, 0, found);
  }
  return [...found];
}

function collect(value: JsonValue | undefined, steps: readonly string[], at: number, found: Set<string>): void {
  if (value === undefined) return;
  if (at === steps.length) {
    if (typeof value === "string") found.add(value);
    return;
  }
  const step = steps[at] as string;
  if (Array.isArray(value)) {
    const items = value as readonly JsonValue[];
    if (step === "*") for (const item of items) collect(item, steps, at + 1, found);
    else if (/^(?:0|[1-9][0-9]{0,9})$/.test(step)) collect(items[Number(step)], steps, at + 1, found);
  } else if (typeof value === "object" && value !== null && Object.hasOwn(value, step)) {
    collect((value as JsonObject)[step], steps, at + 1, found);
  }
}
