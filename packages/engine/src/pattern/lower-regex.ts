/** From the syntax tree of an ECMAScript regular expression to a {@link PatternNode}; refuses what is not regular. */
import type { AST } from "@eslint-community/regexpp";
import {
  ANY_CODE_POINT,
  type CodePointSet,
  complement,
  difference,
  intersection,
  singleton,
  union,
} from "./code-point-set.ts";
import { WORD_SET } from "./dfa.ts";
import { MAX_PROPERTIES, MAX_REPEAT } from "./limits.ts";
import { choiceNode, type PatternNode, sequenceNode } from "./pattern-node.ts";
import { Refusal, tooComplex } from "./refusal.ts";
import { closeOverCase, isCaseClosed, propertySet } from "./unicode.ts";

const DIGITS: CodePointSet = [0x30, 0x39];

type SetElement =
  | AST.CharacterSet
  | AST.CharacterClass
  | AST.CharacterClassElement
  | AST.ExpressionCharacterClass
  | AST.ClassSetOperand
  | AST.ClassIntersection
  | AST.ClassSubtraction;

export function lowerRegex(pattern: AST.Pattern, ignoreCase: boolean): PatternNode {
  const properties = new Set<string>();
  return lowerAlternatives(pattern.alternatives, ignoreCase);

  function lowerAlternatives(alternatives: readonly AST.Alternative[], folded: boolean): PatternNode {
    return choiceNode(
      alternatives.map(({ elements }) => sequenceNode(elements.map((element) => lower(element, folded)))),
    );
  }

  function lower(element: AST.Element, folded: boolean): PatternNode {
    switch (element.type) {
      case "Character":
      case "CharacterSet":
      case "CharacterClass":
      case "ExpressionCharacterClass":
        return { kind: "set", set: setOf(element, folded) };
      case "CapturingGroup":
        return lowerAlternatives(element.alternatives, folded);
      case "Group":
        return lowerAlternatives(element.alternatives, foldedIn(element, folded));
      case "Quantifier":
        return lowerQuantifier(element, folded);
      case "Assertion":
        return lowerAssertion(element, folded);
      default:
        throw new Refusal(
          `the back-reference \`${element.raw}\` is not supported (it cannot be decided in linear time); repeat the part itself`,
          element.start,
        );
    }
  }

  function foldedIn({ modifiers }: AST.Group, folded: boolean): boolean {
    if (modifiers === null) return folded;
    for (const flags of [modifiers.add, modifiers.remove]) {
      if (flags?.dotAll || flags?.multiline) {
        throw new Refusal(
          "only the flag `i` can be set inside a pattern; `.` matches line breaks too (write `[^\\n]` for the rest of a line), `^` and `$` are the ends of the text",
          modifiers.start,
        );
      }
    }
    if (modifiers.add?.ignoreCase) return true;
    return modifiers.remove?.ignoreCase ? false : folded;
  }

  function lowerQuantifier(quantifier: AST.Quantifier, folded: boolean): PatternNode {
    const { min, max } = quantifier;
    if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) {
      throw new Refusal(`a repeat count is at most ${MAX_REPEAT}`, quantifier.start);
    }
    return { kind: "repeat", item: lower(quantifier.element, folded), min, max };
  }

  function lowerAssertion(assertion: AST.Assertion, folded: boolean): PatternNode {
    switch (assertion.kind) {
      case "start":
      case "end":
        return { kind: "assertion", assertion: assertion.kind };
      case "word":
        if (folded)
          return { kind: "assertion", assertion: assertion.negate ? "no_folded_boundary" : "folded_boundary" };
        return { kind: "assertion", assertion: assertion.negate ? "no_boundary" : "boundary" };
      default:
        throw new Refusal(
          `look-around such as \`${assertion.raw}\` is not supported; write a second condition (\`regex\` under \`not\` for a negative one)`,
          assertion.start,
        );
    }
  }

  /**
   * The code points that one element or class matches. Where case is ignored every leaf is closed
   * over case; unions, intersections and complements of closed sets are closed again, which makes
   * the flags `u` and `v` mean the same.
   */
  function setOf(member: SetElement, folded: boolean): CodePointSet {
    const fold = folded ? closeOverCase : (set: CodePointSet): CodePointSet => set;
    switch (member.type) {
      case "Character":
        return fold(singleton(member.value));
      case "CharacterClassRange":
        return fold([member.min.value, member.max.value]);
      case "CharacterSet":
        return member.kind === "any" ? ANY_CODE_POINT : escapeSet(member, folded);
      case "CharacterClass": {
        if (!member.unicodeSets) refuseDoublePunctuation(member);
        const set = union(...member.elements.map((element) => setOf(element, folded)));
        return member.negate ? complement(set) : set;
      }
      case "ExpressionCharacterClass": {
        const set = setOf(member.expression, folded);
        return member.negate ? complement(set) : set;
      }
      case "ClassIntersection":
        return intersection(setOf(member.left, folded), setOf(member.right, folded));
      case "ClassSubtraction":
        return difference(setOf(member.left, folded), setOf(member.right, folded));
      default:
        throw new Refusal("`\\q{…}` is not supported; write a group, `(?:…|…)`", member.start);
    }
  }

  function escapeSet(escape: AST.EscapeCharacterSet | AST.UnicodePropertyCharacterSet, folded: boolean): CodePointSet {
    let set = escape.kind === "property" ? lowerProperty(escape) : escape.kind === "digit" ? DIGITS : WORD_SET;
    if (escape.kind === "space") set = spaceSet();
    if (folded && escape.kind === "property" && escape.negate && !isCaseClosed(set)) {
      throw new Refusal(
        `\`${escape.raw}\` has no clear meaning where case is ignored; write \`[^${escape.raw.replace("P", "p")}]\``,
        escape.start,
      );
    }
    if (folded) set = closeOverCase(set);
    return escape.negate ? complement(set) : set;
  }

  function lowerProperty(property: AST.UnicodePropertyCharacterSet): CodePointSet {
    if (property.strings) {
      throw new Refusal(
        `\`${property.raw}\` is a property of strings, not of characters, and not supported`,
        property.start,
      );
    }
    const name = property.value === null ? property.key : `${property.key}=${property.value}`;
    properties.add(name);
    if (properties.size > MAX_PROPERTIES) throw tooComplex(`it uses more than ${MAX_PROPERTIES} Unicode properties`);
    try {
      return propertySet(name);
    } catch {
      throw new Refusal(`this version of Node does not know \`${property.raw}\``, property.start);
    }
  }
}

/** ECMA-262 WhiteSpace and LineTerminator. */
function spaceSet(): CodePointSet {
  return union([0x09, 0x0d], singleton(0xfeff), [0x2028, 0x2029], propertySet("Zs"));
}

/** `[a&&b]` and `[+--]` are sets of characters under the flag `u`, but set operations under `v`. */
function refuseDoublePunctuation(set: AST.CharacterClass): void {
  const [operator] = /&&|--/.exec(set.raw.replaceAll(/\\./gsu, "")) ?? [];
  if (operator === undefined) return;
  const character = operator === "--" ? "\\-" : "&";
  throw new Refusal(
    `\`${operator}\` in the class \`${set.raw}\` can be read in two ways; write \`${character}\` once for the character, or both operands in brackets for the set operation`,
    set.start,
  );
}
