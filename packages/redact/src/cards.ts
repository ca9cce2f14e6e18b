import { escapeAt, escapeBefore, escapeInto } from "./escapes.ts";
import { ISSUER_RANGES } from "./issuers.ts";
import { CARD_RULE } from "./rules-version.ts";
import type { Recognizer, Span } from "./span.ts";

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;

/** Whether these decimal digits are a card number: a known issuer's range and length, and Luhn. */
export function isCardNumber(digits: string): boolean {
  return digits.length >= MIN_DIGITS && digits.length <= MAX_DIGITS && hasIssuer(digits) && passesLuhn(digits);
}

function hasIssuer(digits: string): boolean {
  return ISSUER_RANGES.some(({ from, to, lengths }) => {
    const leading = digits.slice(0, from.length);
    return leading >= from && leading <= to && lengths.includes(digits.length);
  });
}

/** ISO/IEC 7812-1 annex B: every second digit from the right doubled, the sum a multiple of ten. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    sum += i % 2 === 0 ? digit : digit < 5 ? digit * 2 : digit * 2 - 9;
  }
  return sum % 10 === 0;
}

/** Whether a JSON number, as it prints, is a card number; the sign does not matter. */
export function isCardValue(value: number): boolean {
  const size = Math.abs(value);
  return size >= 1e12 && size < 1e19 && Number.isInteger(size) && isCardNumber(String(size));
}

/** Cards inside text: whole groups of digits, joined by single separators, touched by no letter or digit. */
export const cardRecognizer: Recognizer = { data_class: "payment_card", find: findCards };

interface Group {
  readonly start: number;
  readonly end: number;
}

function findCards(text: string): readonly Span[] {
  const found: Span[] = [];
  if (text.length < MIN_DIGITS) return found;
  let at = 0;
  while (at < text.length) {
    if (!isDigit(text, at)) {
      at++;
      continue;
    }
    const groups: Group[] = [];
    // Digits are taken as far as single separators join them, then searched.
    for (;;) {
      const start = at;
      while (isDigit(text, at)) at++;
      groups.push({ start, end: at });
      const next = separatorEnd(text, at);
      if (next === at || !isDigit(text, next)) break;
      at = next;
    }
    // Most digits are no card's: dates, amounts, line numbers.
    if (groups.reduce((count, { start, end }) => count + end - start, 0) >= MIN_DIGITS)
      searchGroups(text, groups, found);
  }
  return found;
}

/** At each group the longest card that starts there; a card is at most 19 groups, so this is linear. */
function searchGroups(text: string, groups: readonly Group[], found: Span[]): void {
  let first = 0;
  while (first < groups.length) {
    const { start, end } = groups[first] as Group;
    const last = longestCard(text, groups, first, start);
    if (last >= 0) {
      found.push({ start, end: (groups[last] as Group).end, rule: CARD_RULE });
      first = last + 1;
      continue;
    }
    // The first digits may belong to an escape.
    const inner = end - start < 3 ? null : escapeInto(text, start, end);
    const innerLast = inner === null ? -1 : longestCard(text, groups, first, inner);
    if (inner !== null && innerLast >= 0) {
      found.push({ start: inner, end: (groups[innerLast] as Group).end, rule: CARD_RULE });
      first = innerLast + 1;
    } else first++;
  }
}

/** Index of the group that ends the longest card from `start`, inside the group `first`; -1 if there is none. */
function longestCard(text: string, groups: readonly Group[], first: number, start: number): number {
  if (touchedBefore(text, start)) return -1;
  let digits = "";
  let best = -1;
  for (let i = first; i < groups.length; i++) {
    const { start: groupStart, end } = groups[i] as Group;
    const from = i === first ? start : groupStart;
    if (digits.length + end - from > MAX_DIGITS) break;
    digits += text.slice(from, end);
    if (isCardNumber(digits) && !touchedAfter(text, end)) best = i;
  }
  return best;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}

/** End of the one separator that starts at `index`, escaped or not; `index` itself if none does. */
function separatorEnd(text: string, index: number): number {
  if (isSeparator(text.charCodeAt(index))) return index + 1;
  const escape = escapeAt(text, index);
  return escape !== null && isSeparator(escape.code) ? escape.end : index;
}

/** Space and hyphen, and what word processors make of them: no-break spaces, no-break hyphen, dashes. */
function isSeparator(code: number): boolean {
  return (
    code === 0x20 ||
    code === 0x2d ||
    code === 0xa0 ||
    code === 0x202f ||
    code === 0x2007 ||
    (code >= 0x2010 && code <= 0x2013)
  );
}

const LETTER_OR_DIGIT = /^[\p{L}\p{N}]$/u;

function touchedAfter(text: string, end: number): boolean {
  if (end >= text.length) return false;
  return LETTER_OR_DIGIT.test(String.fromCodePoint(text.codePointAt(end) as number));
}

function touchedBefore(text: string, start: number): boolean {
  if (start === 0) return false;
  const escaped = escapeBefore(text, start, 0);
  if (escaped !== null) return LETTER_OR_DIGIT.test(String.fromCharCode(escaped));
  const unit = text.charCodeAt(start - 1);
  const pair = unit >= 0xdc00 && unit <= 0xdfff && start >= 2 ? text.codePointAt(start - 2) : unit;
  return LETTER_OR_DIGIT.test(String.fromCodePoint(pair !== undefined && pair > 0xffff ? pair : unit));
}
