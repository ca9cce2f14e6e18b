/**
 * Random patterns and texts, against the engines of others: V8's RegExp text by text, and refa
 * language by language. The number of comparisons grows with `PROCLAW_DEPTH=proof`.
 */
import { ProclawError } from "@proclaw/core";
import { JS, NFA, DFA as RefaDfa } from "refa";
import { describe, expect, it } from "vitest";
import { compileRegex } from "./compile-regex.ts";
import { MAX_CODE_POINT } from "./limits.ts";
import { type AutomatonTable, loadPattern, type PatternTable, runPattern } from "./run.ts";
import { decodeRuns, type Run } from "./runs.ts";

const PROOF = process.env["PROCLAW_DEPTH"] === "proof";
const TEXTS_PER_PATTERN = 20;

/** Mulberry32: small, seeded, good enough to draw test cases. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

/** A random pattern knows how to write itself and how to draw a text that (nearly) matches. */
interface Shape {
  readonly source: string;
  /** Quantifiers within quantifiers: RegExp takes exponential time in it. */
  readonly height: number;
  text(): string;
}

/** Characters with a reason: word characters, line ends, case orbits of two to four, astral, lone surrogates. */
const CHARACTERS = [
  ...Array.from("aaabbbABC01_- z\n\r\u2028"),
  ...Array.from("éÉßẞſsSkK\u212aσςΣiIıİ\u01c4\u01c5\u01c6\u0390\u1fd3ᏸꭰᎠ"),
  ...Array.from("😀😁𝒜𐐀𐐨"),
  "\ud83d",
  "\ude00",
  "\ufeff",
];
const PROPERTIES = ["L", "Lu", "Ll", "N", "Script=Greek", "Emoji", "White_Space", "Cs", "Script_Extensions=Latin"];
const ESCAPES = ["\\d", "\\D", "\\w", "\\W", "\\s", "\\S"];

class Generator {
  readonly #random: Random;
  readonly #v: boolean;

  /** @param v whether classes may use the syntax of the flag `v` */
  constructor(random: Random, v: boolean) {
    this.#random = random;
    this.#v = v;
  }

  #character(): string {
    return this.#random.pick(CHARACTERS);
  }

  #write(character: string): string {
    const codePoint = character.codePointAt(0) as number;
    if (this.#random.chance(6) || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return `\\u{${codePoint.toString(16)}}`;
    if (character === "-") return "\\x2d";
    return /[\n\r\u2028]/u.test(character) ? `\\u{${codePoint.toString(16)}}` : character;
  }

  #escape(): string {
    const random = this.#random;
    if (random.chance(3)) return `\\${random.chance(3) ? "P" : "p"}{${random.pick(PROPERTIES)}}`;
    return random.pick(ESCAPES);
  }

  #anyText(): string {
    return this.#character();
  }

  #classMember(depth: number): Shape {
    const random = this.#random;
    if (this.#v && depth > 0 && random.chance(3)) return this.#class(depth - 1);
    if (random.chance(4)) return { source: this.#escape(), height: 0, text: () => this.#anyText() };
    const first = this.#character();
    if (random.chance(3)) {
      const [low, high] = [first, this.#character()].sort(
        (a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number),
      ) as [string, string];
      return {
        source: `${this.#write(low)}-${this.#write(high)}`,
        height: 0,
        text: () => random.pick([low, high, this.#anyText()]),
      };
    }
    return { source: this.#write(first), height: 0, text: () => first };
  }

  #class(depth: number): Shape {
    const random = this.#random;
    const negated = random.chance(4) ? "^" : "";
    if (this.#v && depth > 0 && random.chance(3)) {
      const [left, right] = [this.#class(depth - 1), this.#class(depth - 1)];
      const operator = random.pick(["--", "&&"]);
      return { source: `[${negated}${left.source}${operator}${right.source}]`, height: 0, text: () => left.text() };
    }
    const members = Array.from({ length: random.below(4) }, () => this.#classMember(depth));
    return {
      source: `[${negated}${members.map(({ source }) => source).join("")}]`,
      height: 0,
      text: () => (members.length === 0 || random.chance(4) ? this.#anyText() : random.pick(members).text()),
    };
  }

  #atom(depth: number): Shape {
    const random = this.#random;
    const kind = random.below(depth > 0 ? 12 : 9);
    if (kind < 4) {
      const character = this.#character();
      return { source: this.#write(character), height: 0, text: () => character };
    }
    if (kind === 4) return { source: ".", height: 0, text: () => this.#anyText() };
    if (kind === 5) return { source: this.#escape(), height: 0, text: () => this.#anyText() };
    if (kind < 8) return this.#class(2);
    if (kind === 8) return { source: random.pick(["^", "$", "\\b", "\\B"]), height: 0, text: () => "" };
    const inner = this.shape(depth - 1);
    const opening = random.pick(["(", "(?:"]);
    return { source: `${opening}${inner.source})`, height: inner.height, text: () => inner.text() };
  }

  #quantified(depth: number): Shape {
    const random = this.#random;
    const atom = this.#atom(depth);
    if (atom.height > 1 || !random.chance(3) || /^(?:\^|\$|\\b|\\B)$/iu.test(atom.source)) return atom;
    const min = random.below(3);
    const max = min + random.below(4);
    const quantifier = random.pick(["*", "+", "?", `{${min}}`, `{${min},}`, `{${min},${max}}`]);
    return {
      source: `${atom.source}${quantifier}${random.chance(4) ? "?" : ""}`,
      height: atom.height + 1,
      text: () => Array.from({ length: random.below(5) }, () => atom.text()).join(""),
    };
  }

  shape(depth: number): Shape {
    const random = this.#random;
    const alternatives = Array.from({ length: random.chance(3) ? 1 + random.below(3) : 1 }, () => {
      const parts = Array.from({ length: random.below(5) }, () => this.#quantified(depth));
      return {
        source: parts.map(({ source }) => source).join(""),
        height: Math.max(0, ...parts.map(({ height }) => height)),
        text: () => parts.map((part) => part.text()).join(""),
      };
    });
    return {
      source: alternatives.map(({ source }) => source).join("|"),
      height: Math.max(...alternatives.map(({ height }) => height)),
      text: () => random.pick(alternatives).text(),
    };
  }

  /** A text drawn from the shape, more often than not damaged or put among other characters. */
  text(shape: Shape): string {
    const random = this.#random;
    // RegExp may need time exponential in the text for repeats within repeats.
    let text = shape.text().slice(0, shape.height > 1 ? 6 : 12);
    for (let changes = random.below(3); changes > 0; changes--) {
      const at = random.below(text.length + 1);
      // By code units, so that characters are cut in two as well.
      const insert = random.chance(2) ? this.#character() : "";
      const cut = random.below(2);
      text = text.slice(0, at) + insert + text.slice(at + cut);
    }
    if (random.chance(4)) text = random.chance(2) ? text.toUpperCase() : text.toLowerCase();
    if (random.chance(4)) text = this.#character() + text;
    if (random.chance(4)) text += this.#character();
    return text;
  }
}

/**
 * `source` under the flags with which V8 reads it as we do: `u`, or `v` where that refuses it. A search
 * is spelled out, since V8 13.6 looks for a match in the middle of a character too: `/\B/u` finds
 * one in "a😀b".
 */
function reference(source: string, search: boolean, ignoreCase: boolean): RegExp {
  const whole = search ? `^[^]*?(?:${source})` : `^(?:${source})$`;
  const flags = ignoreCase ? "si" : "s";
  try {
    // The source alone must parse, not only together with what is around it.
    void new RegExp(source, `${flags}u`);
  } catch {
    return new RegExp(whole, `${flags}v`);
  }
  return new RegExp(whole, `${flags}u`);
}

/** Compiled, through JSON; null if refused for one of the reasons that may meet a valid pattern. */
function compiled(source: string, search: boolean, ignoreCase: boolean): PatternTable | null {
  try {
    return JSON.parse(JSON.stringify(compileRegex(source, { search, ignoreCase }))) as PatternTable;
  } catch (error) {
    if (ProclawError.is(error, "invalid_policy") && /no clear meaning|two ways|too complex/u.test(error.message))
      return null;
    throw error;
  }
}

describe("against V8's RegExp", () => {
  it.each([
    { flag: "u", v: false, seed: 1 },
    { flag: "v", v: true, seed: 2 },
  ])(
    "gives the same verdict on random patterns with the syntax of the flag $flag",
    { timeout: 3_600_000 },
    ({ v, seed }) => {
      const random = new Random(seed);
      const generator = new Generator(random, v);
      const patterns = PROOF ? 105_000 : 2_100;
      const differences: string[] = [];
      let compared = 0;
      let matched = 0;
      for (let i = 0; i < patterns; i++) {
        const shape = generator.shape(3);
        const search = random.chance(2);
        const ignoreCase = random.chance(3);
        const table = compiled(shape.source, search, ignoreCase);
        if (table === null) continue;
        const pattern = loadPattern(table);
        const regexp = reference(shape.source, search, ignoreCase);
        for (let n = 0; n < TEXTS_PER_PATTERN; n++) {
          const text = generator.text(shape);
          const expected = regexp.test(text);
          compared++;
          if (expected) matched++;
          if (runPattern(pattern, text) !== expected) {
            differences.push(`${String(regexp)} on ${JSON.stringify(text)}: RegExp says ${expected}`);
          }
        }
      }
      expect(differences).toEqual([]);
      // The comparison means something only if few patterns are left out and both verdicts are common.
      expect(compared).toBeGreaterThan(0.95 * patterns * TEXTS_PER_PATTERN);
      expect(matched / compared).toBeGreaterThan(0.2);
      expect(matched / compared).toBeLessThan(0.8);
    },
  );

  // V8 13.6 is no oracle for inline flags, which leak to what follows (`/^(?-i:)\W$/iu` matches "S"), so the
  // parts are compared, each without such flags.
  it("gives the same verdict on two alternatives of which one ignores case", { timeout: 3_600_000 }, () => {
    const random = new Random(3);
    const generator = new Generator(random, false);
    const differences: string[] = [];
    let compared = 0;
    for (let i = 0; i < (PROOF ? 40_000 : 800); i++) {
      const [one, two] = [generator.shape(1), generator.shape(1)];
      const search = random.chance(2);
      const ignoreCase = random.chance(2);
      const source = ignoreCase ? `(?-i:${one.source})|${two.source}` : `${one.source}|(?i:${two.source})`;
      const table = compiled(source, search, ignoreCase);
      if (table === null) continue;
      const pattern = loadPattern(table);
      const [exact, folded] = [reference(one.source, search, false), reference(two.source, search, true)];
      for (let n = 0; n < TEXTS_PER_PATTERN; n++) {
        const text = generator.text(random.pick([one, two]));
        compared++;
        if (runPattern(pattern, text) !== (exact.test(text) || folded.test(text))) {
          differences.push(`${source} on ${JSON.stringify(text)}`);
        }
      }
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(PROOF ? 760_000 : 15_000);
  });
});

describe("against refa", () => {
  it("accepts the same language, decided on the automata", () => {
    const random = new Random(4);
    const generator = new Generator(random, true);
    const differences: string[] = [];
    let compared = 0;
    for (let i = 0; i < (PROOF ? 20_000 : 1_000); i++) {
      const { source } = generator.shape(2);
      // refa's automata have no assertions, and its properties and case folding are those of an older Unicode.
      if (/\\[bBpP]|\^|\$/u.test(source.replaceAll("[^", "["))) continue;
      const table = compiled(source, false, false);
      // The short forms have no automaton; the comparison with RegExp covers them.
      if (table?.kind !== "automaton") continue;
      compared++;
      if (!sameLanguage(table, refaAutomaton(source))) differences.push(source);
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(PROOF ? 5_000 : 100);
  });
});

function refaAutomaton(source: string): RefaDfa {
  const { flags } = reference(source, true, false);
  const { expression } = JS.Parser.fromLiteral({ source, flags }).parse();
  // refa 0.12 gives its parser 16 bits under the flag `v`, though its sets have all code points.
  const dfa = RefaDfa.fromFA(NFA.fromRegex(expression, { maxCharacter: MAX_CODE_POINT }));
  dfa.minimize();
  return dfa;
}

/** Walks both automata together, over all pairs of states that one text leads to. */
function sameLanguage(table: AutomatonTable, dfa: RefaDfa): boolean {
  const expand = (runs: readonly Run[]): number[] =>
    runs.flatMap(([value, length]) => Array.from({ length }, () => value));
  const accepting = expand(decodeRuns(table.accepting, 2, table.states));
  const transitions = expand(decodeRuns(table.transitions, table.states, table.states * table.classes));
  const classOf = new Map<number, number>();
  let start = 0;
  for (const [value, length] of decodeRuns(table.alphabet, table.classes, MAX_CODE_POINT + 1)) {
    classOf.set(start, value);
    start += length;
  }
  const ourStarts = [...classOf.keys()];
  const seen = new Map<number, Set<RefaDfa.Node | undefined>>();
  const open: [number, RefaDfa.Node | undefined][] = [[table.start, dfa.initial]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [state, node] = pair;
    const met = seen.get(state) ?? new Set();
    if (met.has(node)) continue;
    seen.set(state, met.add(node));
    if ((accepting[state] === 1) !== (node !== undefined && dfa.finals.has(node))) return false;
    const theirStarts = node === undefined ? [] : [...node.out].flatMap(([{ min, max }]) => [min, max + 1]);
    const starts = [...new Set([...ourStarts, ...theirStarts])]
      .filter((cut) => cut <= MAX_CODE_POINT)
      .sort((x, y) => x - y);
    let symbol = 0;
    for (const codePoint of starts) {
      symbol = classOf.get(codePoint) ?? symbol;
      open.push([transitions[state * table.classes + symbol] as number, node?.out.get(codePoint)]);
    }
  }
  return true;
}
