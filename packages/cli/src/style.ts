// By its default export: a named one that an old Node lacks would fail before we can say which Node is needed.
import util from "node:util";
import type { CliIo, CliOutput } from "./cli-io.ts";

export type Tone = "good" | "bad" | "warn" | "dim" | "strong" | "plain";

const FORMATS = { good: "green", bad: "red", warn: "yellow", dim: "dim", strong: "bold" } as const;

export type Paint = (tone: Tone, text: string) => string;

/**
 * Whether to color `output`: FORCE_COLOR decides first (0 and false switch off), then NO_COLOR
 * (https://no-color.org: any value but the empty one), then whether somebody looks at a terminal.
 */
export function wantsColor(output: CliOutput, env: CliIo["env"]): boolean {
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  return output.isTTY && env["TERM"] !== "dumb";
}

export function painter(output: CliOutput, env: CliIo["env"]): Paint {
  if (!wantsColor(output, env)) return (_tone, text) => text;
  return (tone, text) => (tone === "plain" ? text : util.styleText(FORMATS[tone], text, { validateStream: false }));
}
