/**
 * Unicode properties and case folding, asked of the JavaScript engine that compiles the pattern:
 * its tables are the definition of what `\p{…}` and ignoring case mean, so none are copied here.
 * A table thus holds the Unicode version of the compiling process; it is plain data afterwards and
 * does not change with the process that runs it.
 */
import {
  type CodePointSet,
  equalSets,
  fromRanges,
  intersection,
  onlyMember,
  rangesOf,
  union,
} from "./code-point-set.ts";
import { MAX_CODE_POINT } from "./limits.ts";

/** Divides the code space so that the surrogates are a block of their own. */
const BLOCK = 0x800;
const SURROGATES = 0xd800;

interface Block {
  readonly first: number;
  /** UTF-16 code units of each code point. */
  readonly width: 1 | 2;
  readonly text: string;
}

let blocks: readonly Block[] | undefined;

/** All code points but the surrogates, which would pair up. */
function allBlocks(): readonly Block[] {
  if (blocks !== undefined) return blocks;
  const made: Block[] = [];
  for (let first = 0; first <= MAX_CODE_POINT; first += BLOCK) {
    if (first === SURROGATES) continue;
    const members = Array.from({ length: BLOCK }, (_, index) => first + index);
    made.push({ first, width: first < 0x10000 ? 1 : 2, text: String.fromCodePoint(...members) });
  }
  return (blocks = made);
}

/** The code points that `body` (an escape or a class) matches under the `u` flag; takes 20 to 50 ms. */
function scan(body: string): CodePointSet {
  const ranges: [number, number][] = [];
  const one = new RegExp(`^${body}$`, "u");
  for (let codePoint = SURROGATES; codePoint < SURROGATES + BLOCK; codePoint++) {
    if (one.test(String.fromCodePoint(codePoint))) ranges.push([codePoint, codePoint]);
  }
  const runs = new RegExp(`${body}+`, "gu");
  for (const { first, width, text } of allBlocks()) {
    for (const match of text.matchAll(runs)) {
      const lo = first + match.index / width;
      ranges.push([lo, lo + match[0].length / width - 1]);
    }
  }
  return fromRanges(ranges);
}

const properties = new Map<string, CodePointSet>();

/** @param name what stands in `\p{…}`, already checked to be a property of code points */
export function propertySet(name: string): CodePointSet {
  let set = properties.get(name);
  if (set === undefined) properties.set(name, (set = scan(`\\p{${name}}`)));
  return set;
}

/** Every code point that differs from another one only by case is among these. */
let casedSet: CodePointSet | undefined;
let casedText: string | undefined;
const foldedCharacters = new Map<number, CodePointSet>();

/**
 * `set` and all code points that equal one of it when case is ignored: simple case folding
 * (ECMA-262 §22.2.2.7.3 Canonicalize under the `u` flag).
 */
export function closeOverCase(set: CodePointSet): CodePointSet {
  casedSet ??= scan("[\\p{CWCF}\\p{CWL}\\p{CWU}\\p{CWT}]");
  if (intersection(set, casedSet).length === 0) return set;
  const character = onlyMember(set);
  const known = character === null ? undefined : foldedCharacters.get(character);
  if (known !== undefined) return known;
  casedText ??= rangesOf(casedSet)
    .flatMap(([lo, hi]) => Array.from({ length: hi - lo + 1 }, (_, i) => String.fromCodePoint(lo + i)))
    .join("");
  const source = rangesOf(set).map(([lo, hi]) => `\\u{${lo.toString(16)}}-\\u{${hi.toString(16)}}`);
  const equal = [...casedText.matchAll(new RegExp(`[${source.join("")}]`, "giu"))].map((match) => {
    const codePoint = match[0].codePointAt(0) as number;
    return [codePoint, codePoint] as const;
  });
  const closed = union(set, fromRanges(equal));
  if (character !== null) foldedCharacters.set(character, closed);
  return closed;
}

export function isCaseClosed(set: CodePointSet): boolean {
  return equalSets(closeOverCase(set), set);
}
