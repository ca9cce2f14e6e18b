import { CliError } from "./cli-error.ts";
import { CLINIC } from "./templates/clinic.ts";
import { MINIMAL } from "./templates/minimal.ts";
import { OPENCLAW } from "./templates/openclaw.ts";

const TEMPLATES = {
  minimal: { text: MINIMAL, call: { tool: "read_file", args: { path: "/srv/notes/today.md" } } },
  clinic: { text: CLINIC, call: { tool: "search_drug_info", args: { query: "ibuprofen 400" } } },
  openclaw: { text: OPENCLAW, call: { tool: "exec", args: { command: "id" } } },
} as const;

export interface Template {
  readonly text: string;
  /** A call to try it with. */
  readonly call: { readonly tool: string; readonly args: object };
}

/** Names that `proclaw init --template` takes. */
export const TEMPLATE_NAMES: readonly string[] = Object.keys(TEMPLATES);

/** A starter policy. */
export function templateOf(name: string): Template {
  if (!Object.hasOwn(TEMPLATES, name)) {
    throw new CliError("invalid_option", `no template is called \`${name}\``, {
      hint: `known are ${TEMPLATE_NAMES.join(", ")}`,
    });
  }
  return TEMPLATES[name as keyof typeof TEMPLATES];
}
