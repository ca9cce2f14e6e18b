/*
 * Text inside text: tools return JSON whose strings hold JSON, and URLs. There a line break, a space
 * or a quote is written as an escape that ends in a letter or digit (`\n`, `\u00a0`, `%20`), which
 * must not pass for a part of what follows it.
 */

/** A character that is written as an escape. */
export interface Escape {
  /** Of the escape, exclusive. */
  readonly end: number;
  /** Code unit (JSON) or octet (URL) that it stands for. */
  readonly code: number;
}

/** Back-slashes before `u`: JSON in JSON doubles them, four levels deep. */
const MAX_BACKSLASHES = 16;

/** The `\uXXXX` (RFC 8259 section 7) or `%XX` (RFC 3986 section 2.1) that starts at `index`; null if none does. */
export function escapeAt(text: string, index: number): Escape | null {
  const first = text.charCodeAt(index);
  if (first === PERCENT) return hexEscape(text, index + 1, 2);
  if (first !== BACKSLASH) return null;
  let at = index + 1;
  while (at < index + MAX_BACKSLASHES && text.charCodeAt(at) === BACKSLASH) at++;
  return text.charCodeAt(at) === LOWER_U ? hexEscape(text, at + 1, 4) : null;
}

/** What the escape stands for that ends before `index` and starts at `from` or later; null if none does. */
export function escapeBefore(text: string, index: number, from: number): number | null {
  if (index - 2 >= from && text.charCodeAt(index - 2) === BACKSLASH && "nrtbf".includes(text.charAt(index - 1))) {
    return LINE_FEED;
  }
  for (const length of [3, 6]) {
    const escape = index - length >= from ? escapeAt(text, index - length) : null;
    if (escape?.end === index) return escape.code;
  }
  return null;
}

/** Where the escape ends into which the run of digits at `start` begins (`%20` before `4111`); null if into none. */
export function escapeInto(text: string, start: number, end: number): number | null {
  for (let back = 1; back <= 5 && back <= start; back++) {
    const escape = escapeAt(text, start - back);
    if (escape !== null && escape.end > start && escape.end < end) return escape.end;
  }
  return null;
}

const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const LINE_FEED = 0x0a;

function hexEscape(text: string, start: number, digits: number): Escape | null {
  const hex = text.slice(start, start + digits);
  return hex.length === digits && /^[0-9a-f]+$/i.test(hex)
    ? { end: start + digits, code: Number.parseInt(hex, 16) }
    : null;
}
