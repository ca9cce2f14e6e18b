import { type AST, RegExpParser, RegExpSyntaxError } from "@eslint-community/regexpp";
import { compileNode } from "./compile-node.ts";
import { MAX_GROUPS, MAX_SOURCE_LENGTH } from "./limits.ts";
import { lowerRegex } from "./lower-regex.ts";
import type { PatternTable } from "./pattern-table.ts";
import { Refusal, refusing, tooComplex } from "./refusal.ts";

export interface RegexOptions {
  /** Whether a match anywhere in the text will do; else the whole text must match. */
  readonly search: boolean;
  /** Simple case folding, as JavaScript's flags `iu`. */
  readonly ignoreCase?: boolean;
}

/**
 * Compiles a regular expression to a table that runs in linear time.
 *
 * The syntax is ECMAScript's with the flag `u`, or, where that refuses the source, with the flag `v`
 * (nested classes, `--`, `&&`). `.` matches every character, line breaks too; `^` and `$` are the
 * ends of the text. Refused: look-around, back-references, inline flags other than `i`, properties
 * of strings, `\q{…}`, and what passes the caps of `limits.ts`.
 *
 * @throws {ProclawError} `invalid_policy`, with the index in `source` where there is one
 */
export function compileRegex(source: string, options: RegexOptions): PatternTable {
  return refusing("regex", source, () =>
    compileNode(lowerRegex(parse(source), options.ignoreCase ?? false), options.search),
  );
}

function parse(source: string): AST.Pattern {
  if (source.length > MAX_SOURCE_LENGTH) throw new Refusal(`longer than ${MAX_SOURCE_LENGTH} characters`);
  // Counted before parsing: the parser recurses once per level.
  const openings = source.replaceAll(/\\./gsu, "");
  for (const opening of ["(", "["]) {
    if (openings.split(opening).length - 1 > MAX_GROUPS)
      throw tooComplex(`it has more than ${MAX_GROUPS} \`${opening}\``);
  }
  const first = tryParse(source, false);
  if (!(first instanceof RegExpSyntaxError)) return first;
  const second = tryParse(source, true);
  if (!(second instanceof RegExpSyntaxError)) return second;
  // Blame the reading that was likelier meant.
  throw syntaxRefusal(/--|&&|\\q/u.test(source) ? second : first);
}

function tryParse(source: string, unicodeSets: boolean): AST.Pattern | RegExpSyntaxError {
  try {
    const parser = new RegExpParser({ ecmaVersion: 2025 });
    return parser.parsePattern(source, 0, source.length, { unicode: !unicodeSets, unicodeSets });
  } catch (error) {
    if (error instanceof RegExpSyntaxError) return error;
    throw error;
  }
}

/** The parser's complaints that people meet most, with what to write instead. */
const ADVICE: readonly (readonly [complaint: string, advice: string])[] = [
  ["invalid escape", "only `^$\\.*+?()[]{}|/` may be escaped, and `-` in a class; write other characters as they are"],
  ["invalid group", "groups are `(…)`, `(?:…)`, `(?<name>…)` and `(?i:…)`"],
  ["nothing to repeat", "write `\\*`, `\\+` or `\\?` for the character itself"],
  ["lone quantifier brackets", "write `\\{` and `\\}` for the characters themselves"],
];

function syntaxRefusal(error: RegExpSyntaxError): Refusal {
  const complaint = error.message.slice(error.message.lastIndexOf(": ") + 2);
  const text = complaint.charAt(0).toLowerCase() + complaint.slice(1);
  const advice = ADVICE.find(([known]) => known === text)?.[1];
  return new Refusal(advice === undefined ? text : `${text}; ${advice}`, error.index);
}
