/*
 * Character classes of tokens. All rules are built from runs of one class, so that matching is a
 * single forward loop and nothing can backtrack.
 */

/** `0-9` */
export const DIGIT = 1;
/** `A-Z a-z 0-9` */
export const ALNUM = 2;
/** ALNUM and `_` */
export const WORD = 4;
/** WORD and `-`: the alphabet of base64url (RFC 4648 section 5) */
export const BASE64URL = 8;
/** ALNUM and `-._~+/=`: the alphabet of token68 (RFC 9110 section 11.2) */
export const TOKEN68 = 16;
/** What an unquoted value in an assignment or a query string may hold. */
export const VALUE = 32;
/** What user information in a URL may hold, `@` included: all but white space, quotes and `/?#<>\`. */
export const USERINFO = 64;

const TABLE = new Uint8Array(128);
for (let code = 0x21; code < 0x7f; code++) {
  const char = String.fromCharCode(code);
  let mask = 0;
  if (char >= "0" && char <= "9") mask |= DIGIT;
  if ((char >= "0" && char <= "9") || (char >= "A" && char <= "Z") || (char >= "a" && char <= "z")) mask |= ALNUM;
  if ((mask & ALNUM) !== 0 || char === "_") mask |= WORD;
  if ((mask & WORD) !== 0 || char === "-") mask |= BASE64URL;
  if ((mask & ALNUM) !== 0 || "-._~+/=".includes(char)) mask |= TOKEN68;
  if (!"\"'`\\(){}[]<>,;&|".includes(char)) mask |= VALUE;
  if (!"\"'`\\/?#<>".includes(char)) mask |= USERINFO;
  TABLE[code] = mask;
}

/** Whether the character at `index` is in the class; a character outside ASCII only in VALUE and USERINFO. */
export function isIn(text: string, index: number, charClass: number): boolean {
  const code = text.charCodeAt(index);
  return code < 128
    ? ((TABLE[code] as number) & charClass) !== 0
    : code >= 128 && (charClass & (VALUE | USERINFO)) !== 0;
}

/** End of the run of the class that starts at `index`, looking no further than `limit`. */
export function runEnd(text: string, index: number, charClass: number, limit: number = text.length): number {
  let end = index;
  while (end < limit && isIn(text, end, charClass)) end++;
  return end;
}

/** Start of the run of the class that ends before `index`, looking no further back than `limit`. */
export function runStart(text: string, index: number, charClass: number, limit: number): number {
  let start = index;
  while (start > limit && isIn(text, start - 1, charClass)) start--;
  return start;
}
