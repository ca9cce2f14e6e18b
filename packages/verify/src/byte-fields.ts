import { HEX_DIGIT } from "./byte-json.ts";

/*
 * Texts of one form, over bytes: each takes the place of a value and gives the place after it, or -1.
 */

const QUOTE = 0x22;
const ZERO = 0x30;

/** A UUID of version 7, in lower case. */
export function skipUuid(line: Uint8Array, at: number): number {
  if (at < 0 || line[at] !== QUOTE || line[at + 37] !== QUOTE) return -1;
  for (let i = 0; i < 36; i++) {
    const byte = line[at + 1 + i] as number;
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (byte !== 0x2d) return -1;
    } else if (HEX_DIGIT[byte] !== 1) return -1;
  }
  const variant = line[at + 20] as number;
  const isVariant = variant === 0x38 || variant === 0x39 || variant === 0x61 || variant === 0x62;
  return line[at + 15] === 0x37 && isVariant ? at + 38 : -1;
}

/** 64 digits of lower-case hexadecimal. */
export function skipSha256(line: Uint8Array, at: number): number {
  if (at < 0 || line[at] !== QUOTE || line[at + 65] !== QUOTE) return -1;
  for (let i = at + 1; i <= at + 64; i++) if (HEX_DIGIT[line[i] as number] !== 1) return -1;
  return at + 66;
}

/** A whole number of up to 20 digits, as a text. */
export function skipMonotonic(line: Uint8Array, at: number): number {
  if (at < 0 || line[at] !== QUOTE) return -1;
  let i = at + 1;
  while ((line[i] as number) >= ZERO && (line[i] as number) <= 0x39) i++;
  const digits = i - at - 1;
  if (line[i] !== QUOTE || digits === 0 || digits > 20 || (digits > 1 && line[at + 1] === ZERO)) return -1;
  return i + 1;
}
