import { complement, singleton } from "./code-point-set.ts";
import { compileNode } from "./compile-node.ts";
import { MAX_SOURCE_LENGTH } from "./limits.ts";
import {
  ANY_CHARACTER,
  ANY_TEXT,
  characterNode,
  EMPTY_NODE,
  choiceNode,
  type PatternNode,
  sequenceNode,
} from "./pattern-node.ts";
import type { PatternTable } from "./pattern-table.ts";
import { Refusal, refusing } from "./refusal.ts";

export interface GlobOptions {
  /** `"/"` for arguments; null for tool names, where only `*` is special. */
  readonly separator: "/" | null;
}

/**
 * Compiles a glob to a table; it always matches the whole text, upper and lower case apart.
 *
 * Without separator: `*` is any run of characters, everything else stands for itself.
 *
 * With separator `/`:
 * - `*` is any run of characters but `/`, `?` one character but `/`;
 * - `**` is any run of characters. As a whole segment it stands for whole segments: `/a/**` is
 *   everything below `/a/`, but neither `/a` nor `/a/`; before a separator it may stand for none,
 *   so that between `/a/` and `/b` it matches `/a/b` and `/a/x/y/b`, and before `/b` also `b`;
 * - a leading dot is an ordinary character; `\` takes the special meaning of the next character;
 * - bracket classes, braces and a leading `!` are refused, since other tools read them specially.
 *
 * @throws {ProclawError} `invalid_policy`, with the index in `source` where there is one
 */
export function compileGlob(source: string, options: GlobOptions): PatternTable {
  return refusing("glob", source, () => {
    if (source.length > MAX_SOURCE_LENGTH) throw new Refusal(`longer than ${MAX_SOURCE_LENGTH} characters`);
    return compileNode(options.separator === null ? nameGlob(source) : pathGlob(source), false);
  });
}

/** `text` as a part of a glob (with separator `/`) that matches just itself. */
export function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?[\]{}!]/gu, "\\$&");
}

function nameGlob(source: string): PatternNode {
  return sequenceNode(
    Array.from(source.replaceAll(/\*+/gu, "*"), (character) => (character === "*" ? ANY_TEXT : literal(character))),
  );
}

const SLASH: PatternNode = characterNode(0x2f);
const IN_SEGMENT: PatternNode = { kind: "set", set: complement(singleton(0x2f)) };
const SEGMENT_TEXT: PatternNode = { kind: "repeat", item: IN_SEGMENT, min: 0, max: Infinity };
const SOME_TEXT: PatternNode = { kind: "repeat", item: ANY_CHARACTER, min: 1, max: Infinity };
/** `**` and a separator: no segment, or any with their separators. */
const SEGMENTS: PatternNode = choiceNode([EMPTY_NODE, sequenceNode([ANY_TEXT, SLASH])]);

const REFUSED: ReadonlyMap<string, string> = new Map([
  ["[", "bracket classes are not supported; write `\\[` for the character itself, or several globs"],
  ["{", "braces are not supported; write `\\{` for the character itself, or several globs"],
]);

function literal(character: string): PatternNode {
  return characterNode(character.codePointAt(0) as number);
}

function pathGlob(source: string): PatternNode {
  const nodes: PatternNode[] = [];
  if (source.startsWith("!"))
    throw new Refusal("a glob cannot be negated; write `not:`, or `\\!` for the character itself", 0);
  for (let at = 0; at < source.length;) {
    const character = String.fromCodePoint(source.codePointAt(at) as number);
    const refused = REFUSED.get(character);
    if (refused !== undefined) throw new Refusal(refused, at);
    const begins = at === 0 || source[at - 1] === "/";
    if (source.startsWith("***", at)) throw new Refusal("write `*` (within a segment) or `**` (across them)", at);
    if (source.startsWith("**/", at) && begins) {
      nodes.push(SEGMENTS);
      at += 3;
    } else if (source.startsWith("**", at)) {
      nodes.push(begins && at > 0 && at + 2 === source.length ? SOME_TEXT : ANY_TEXT);
      at += 2;
    } else if (character === "\\") {
      const escaped = source.codePointAt(at + 1);
      if (escaped === undefined)
        throw new Refusal("a `\\` at the end escapes nothing; write `\\\\` for the character itself", at);
      nodes.push(characterNode(escaped));
      at += escaped > 0xffff ? 3 : 2;
    } else {
      nodes.push(character === "*" ? SEGMENT_TEXT : character === "?" ? IN_SEGMENT : literal(character));
      at += character.length;
    }
  }
  return sequenceNode(nodes);
}
