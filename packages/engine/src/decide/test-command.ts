import type { JsonValue } from "@proclaw/core";
import type { TestPlan } from "../plan/types.ts";
import { isNamesake, isPlainOption, isWrapper, plainWords } from "../plain-command.ts";
import { and, FALSE, MISTYPED, TRUE, truth, type Truth } from "./truth.ts";

/**
 * INVARIANT (what a command does not plainly say goes against the call): an opaque command, a
 * wrapper, a program of the same name at another place, and an option where the subcommand is
 * expected are MISTYPED, false in an allow rule and true in a deny rule.
 *
 * INVARIANT (an allow rule lets pass only words that it lists): `git log --output=.git/config` writes a
 * file, `git diff /dev/null /etc/passwd` reads one. Under `not` too, hence MISTYPED and not FALSE.
 */
export function testCommand(test: Extract<TestPlan, { op: "command" }>, value: JsonValue, granting: boolean): Truth {
  const { programs, subcommands } = test;
  const words = typeof value === "string" ? plainWords(value) : null;
  if (words === null) return MISTYPED;
  const [program = "", first] = words;
  const named = testProgram(programs, program);
  if (named !== TRUE && isWrapper(program)) return MISTYPED;
  const rest = words.slice(subcommands === null ? 1 : 2);
  if (granting && !rest.every((word) => isListed(word, test))) return MISTYPED;
  return subcommands === null ? named : and(named, testSubcommand(subcommands, first), granting);
}

function isListed(word: string, { options, operands }: Extract<TestPlan, { op: "command" }>): boolean {
  if (!isPlainOption(word)) return operands;
  return (
    options !== null && options.some((option) => word === option || (option.endsWith("=") && word.startsWith(option)))
  );
}

function testProgram(programs: readonly string[], program: string): Truth {
  if (programs.includes(program)) return TRUE;
  return programs.some((one) => isNamesake(program, one)) ? MISTYPED : FALSE;
}

/** Directly behind the program: an option in front may change what the subcommand does, or take it as its value. */
function testSubcommand(subcommands: readonly string[], first: string | undefined): Truth {
  if (first === undefined) return FALSE;
  return /^[-+]/.test(first) ? MISTYPED : truth(subcommands.includes(first));
}
