import type { JsonValue } from "@proclaw/core";
import { baseName, isWrapper, plainWords } from "../plain-command.ts";
import { and, FALSE, MISTYPED, TRUE, truth, type Truth } from "./truth.ts";

/**
 * INVARIANT (what a command does not plainly say goes against the call): an opaque command, a
 * wrapper, a program of the same name at another place, and an option where the subcommand is
 * expected are MISTYPED, false in an allow rule and true in a deny rule.
 */
export function testCommand(
  programs: readonly string[],
  subcommands: readonly string[] | null,
  value: JsonValue,
  granting: boolean,
): Truth {
  const words = typeof value === "string" ? plainWords(value) : null;
  if (words === null) return MISTYPED;
  const [program = "", first] = words;
  const named = testProgram(programs, program);
  if (named !== TRUE && isWrapper(program)) return MISTYPED;
  return subcommands === null ? named : and(named, testSubcommand(subcommands, first), granting);
}

function testProgram(programs: readonly string[], program: string): Truth {
  if (programs.includes(program)) return TRUE;
  const name = baseName(program);
  return programs.some((one) => baseName(one) === name) ? MISTYPED : FALSE;
}

/** Directly behind the program: an option in front may change what the subcommand does, or take it as its value. */
function testSubcommand(subcommands: readonly string[], first: string | undefined): Truth {
  if (first === undefined) return FALSE;
  return /^[-+]/.test(first) ? MISTYPED : truth(subcommands.includes(first));
}
