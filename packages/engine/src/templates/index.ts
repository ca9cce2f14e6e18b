import type { PolicyDocument } from "../policy.ts";
import { OPENCLAW_PERSONAL } from "./openclaw-personal.ts";

const TEMPLATES: Readonly<Record<string, PolicyDocument>> = { "openclaw-personal": OPENCLAW_PERSONAL };

/** Built-in policies that a policy may extend, as `template:<name>`. */
export function templateNames(): readonly string[] {
  return Object.keys(TEMPLATES);
}

export function templatePolicy(name: string): PolicyDocument | undefined {
  return Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name] : undefined;
}
