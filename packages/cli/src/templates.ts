import { CliError } from "./cli-error.ts";
import { CLINIC } from "./templates/clinic.ts";
import { MINIMAL } from "./templates/minimal.ts";
import { OPENCLAW } from "./templates/openclaw.ts";

const TEMPLATES = { minimal: MINIMAL, clinic: CLINIC, openclaw: OPENCLAW } as const;

/** Names that `proclaw init --template` takes. */
export const TEMPLATE_NAMES: readonly string[] = Object.keys(TEMPLATES);

/** Text of a starter policy. */
export function templateText(name: string): string {
  if (!Object.hasOwn(TEMPLATES, name)) {
    throw new CliError("invalid_option", `no template is called \`${name}\``, {
      hint: `known are ${TEMPLATE_NAMES.join(", ")}`,
    });
  }
  return TEMPLATES[name as keyof typeof TEMPLATES];
}
