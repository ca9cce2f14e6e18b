import { MAX_JSON_DEPTH } from "@proclaw/core";

/*
 * JSON (RFC 8259) over UTF-8 bytes, without white space: finds where a value ends, and refuses what
 * `JSON.parse` or a strict UTF-8 decoder would refuse. Places are byte offsets; -1 is a refusal.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** The bytes of a text of ASCII. */
export function bytesOfAscii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** 1 for lower-case hexadecimal digits. */
export const HEX_DIGIT: Uint8Array = new Uint8Array(256);
for (const byte of bytesOfAscii("0123456789abcdef")) HEX_DIGIT[byte] = 1;

/** 1 for bytes that a string goes on with: no quote, no backslash, no control character, ASCII. */
const PLAIN = new Uint8Array(256);
PLAIN.fill(1, 0x20, 0x80);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

const ESCAPED = new Set(bytesOfAscii('"\\/bfnrt'));

/** Letters of the short escapes that canonical JSON writes (RFC 8785 section 3.2.2.2). */
const CANONICAL_ESCAPED = new Set(bytesOfAscii('"\\bfnrt'));

/**
 * The place after the string that begins at `at`, or -1.
 *
 * @param canonical refuse also what RFC 8785 spells in another way
 */
export function skipString(line: Uint8Array, at: number, canonical: boolean): number {
  if (line[at] !== QUOTE) return -1;
  for (let i = at + 1; ;) {
    // Beyond the end there is undefined, which ends the loop too.
    while (PLAIN[line[i] as number] === 1) i++;
    const byte = line[i];
    if (byte === QUOTE) return i + 1;
    const length =
      byte !== BACKSLASH ? sequenceLength(line, i) : canonical ? canonicalEscapeLength(line, i) : escapeLength(line, i);
    if (length === 0) return -1;
    i += length;
  }
}

/** Length of the escape at `at`; 0: it is none. */
function escapeLength(line: Uint8Array, at: number): number {
  const letter = line[at + 1];
  if (letter === undefined) return 0;
  if (ESCAPED.has(letter)) return 2;
  if (letter !== 0x75) return 0;
  for (let i = at + 2; i < at + 6; i++) if (!isHexDigit(line[i])) return 0;
  return 6;
}

/** Length of the escape at `at`, if canonical JSON spells its letter so; 0: it does not. */
function canonicalEscapeLength(line: Uint8Array, at: number): number {
  const letter = line[at + 1];
  if (letter === undefined) return 0;
  if (CANONICAL_ESCAPED.has(letter)) return 2;
  if (letter !== 0x75 || line[at + 2] !== 0x30 || line[at + 3] !== 0x30) return 0;
  const [high = 0, low = 0] = line.subarray(at + 4, at + 6);
  if ((high !== 0x30 && high !== 0x31) || HEX_DIGIT[low] !== 1) return 0;
  // U+0008, 0009, 000A, 000C and 000D have short escapes.
  return high === 0x30 && SHORT_ESCAPES.has(low) ? 0 : 6;
}

const SHORT_ESCAPES = new Set(bytesOfAscii("89acd"));

function isHexDigit(byte: number | undefined): boolean {
  return byte !== undefined && (HEX_DIGIT[byte] === 1 || (byte >= 0x41 && byte <= 0x46));
}

/** Length of the UTF-8 sequence of more than one byte at `at` (RFC 3629 section 4); 0: there is none. */
function sequenceLength(line: Uint8Array, at: number): number {
  const first = line[at] ?? 0;
  const second = line[at + 1] ?? 0;
  if (first >= 0xc2 && first <= 0xdf) return isTail(second) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const low = first === 0xe0 ? 0xa0 : 0x80;
    const high = first === 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && isTail(line[at + 2] ?? 0) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const low = first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high && isTail(line[at + 2] ?? 0) && isTail(line[at + 3] ?? 0) ? 4 : 0;
  }
  return 0;
}

function isTail(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf;
}

/**
 * The place after the value that begins at `at`, or -1.
 *
 * @param depth of the value in the whole text
 * @param canonical refuse also what is not, or may not be, canonical JSON (RFC 8785)
 */
export function skipValue(line: Uint8Array, at: number, depth: number, canonical: boolean): number {
  switch (line[at]) {
    case QUOTE:
      return skipString(line, at, canonical);
    case 0x7b:
      return depth >= MAX_JSON_DEPTH ? -1 : skipObject(line, at, depth, canonical);
    case 0x5b:
      return depth >= MAX_JSON_DEPTH ? -1 : skipArray(line, at, depth, canonical);
    case 0x74:
      return skipWord(line, at, TRUE);
    case 0x66:
      return skipWord(line, at, FALSE);
    case 0x6e:
      return skipWord(line, at, NULL);
    default:
      return skipNumber(line, at, canonical);
  }
}

const TRUE = bytesOfAscii("true");
const FALSE = bytesOfAscii("false");
const NULL = bytesOfAscii("null");

function skipWord(line: Uint8Array, at: number, word: Uint8Array): number {
  for (let i = 0; i < word.length; i++) if (line[at + i] !== word[i]) return -1;
  return at + word.length;
}

function skipArray(line: Uint8Array, at: number, depth: number, canonical: boolean): number {
  let i = at + 1;
  if (line[i] === 0x5d) return i + 1;
  for (;;) {
    i = skipValue(line, i, depth + 1, canonical);
    if (i < 0) return -1;
    if (line[i] === 0x5d) return i + 1;
    if (line[i] !== COMMA) return -1;
    i++;
  }
}

function skipObject(line: Uint8Array, at: number, depth: number, canonical: boolean): number {
  let i = at + 1;
  if (line[i] === 0x7d) return i + 1;
  for (let before = -1; ; i++) {
    const name = i;
    i = skipString(line, i, canonical);
    if (i < 0 || line[i] !== 0x3a) return -1;
    if (canonical) {
      if (!isSortable(line, name, i) || (before >= 0 && !isAfter(line, name, before))) return -1;
      before = name;
    }
    i = skipValue(line, i + 1, depth + 1, canonical);
    if (i < 0) return -1;
    if (line[i] === 0x7d) return i + 1;
    if (line[i] !== COMMA) return -1;
  }
}

/**
 * Whether bytes sort the name like its UTF-16 code units (RFC 8785 section 3.2.3): it has no escape,
 * and nothing from U+E000 on, where the two orders part.
 */
function isSortable(line: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = line[i] as number;
    if (byte === BACKSLASH || byte >= 0xee) return false;
  }
  return true;
}

/** Whether the name at `at` sorts after the one at `before`: not the same one either. */
function isAfter(line: Uint8Array, at: number, before: number): boolean {
  for (let i = 1; ; i++) {
    const a = line[at + i] as number;
    const b = line[before + i] as number;
    // The quote ends a name; a shorter name sorts first, although some bytes are less than a quote.
    if (b === QUOTE) return a !== QUOTE;
    if (a === QUOTE) return false;
    if (a !== b) return a > b;
  }
}

function skipNumber(line: Uint8Array, at: number, canonical: boolean): number {
  let i = line[at] === 0x2d ? at + 1 : at;
  const whole = skipDigits(line, i);
  if (whole === i || (line[i] === 0x30 && whole > i + 1)) return -1;
  i = whole;
  if (line[i] === 0x2e) {
    const fraction = skipDigits(line, i + 1);
    if (fraction === i + 1) return -1;
    i = fraction;
  }
  if (line[i] === 0x65 || line[i] === 0x45) {
    const sign = line[i + 1] === 0x2b || line[i + 1] === 0x2d ? i + 2 : i + 1;
    const exponent = skipDigits(line, sign);
    if (exponent === sign) return -1;
    i = exponent;
  }
  return canonical && !isCanonicalNumber(line, at, i) ? -1 : i;
}

/** Whether the number, which stands from `from` to `to`, is what ECMAScript prints for its value. */
export function isCanonicalNumber(line: Uint8Array, from: number, to: number): boolean {
  // Whole numbers of up to 15 digits are exact. (A zero may be the negative one.)
  if (to - from <= 15 && line[from] !== 0x2d && skipDigits(line, from) === to) return true;
  const text = String.fromCharCode.apply(null, line.subarray(from, to) as unknown as number[]);
  return String(Number(text)) === text;
}

function skipDigits(line: Uint8Array, at: number): number {
  let i = at;
  while ((line[i] as number) >= 0x30 && (line[i] as number) <= 0x39) i++;
  return i;
}

/** A closed set of words of ASCII, looked up by their bytes. */
export class ByteWords<T extends string> {
  readonly #byLength: { readonly word: T; readonly bytes: Uint8Array }[][] = [];

  constructor(words: readonly T[]) {
    for (const word of words) (this.#byLength[word.length] ??= []).push({ word, bytes: bytesOfAscii(word) });
  }

  /** The word that stands between quotes from `at` to `end`; null: it is none of them. */
  find(line: Uint8Array, at: number, end: number): T | null {
    if (at < 0 || end < 0) return null;
    const candidates = this.#byLength[end - at - 2];
    if (candidates === undefined) return null;
    for (const { word, bytes } of candidates) if (skipWord(line, at + 1, bytes) >= 0) return word;
    return null;
  }
}
