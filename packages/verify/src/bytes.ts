import { ProclawError } from "@proclaw/core";

/*
 * Encodings that a verifier must read strictly: a lenient decoder maps several texts to one value,
 * and then two verifiers can disagree about the same evidence. `atob` and `Buffer` are lenient.
 */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i] as number];
  return text;
}

/** Reads lower-case hexadecimal, and nothing else. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new ProclawError("unreadable_evidence", "expected lower-case hexadecimal digits in pairs");
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SEXTETS: ReadonlyMap<string, number> = new Map(Array.from(ALPHABET, (letter, value) => [letter, value] as const));

/** Standard Base 64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    text += left > 1 ? ALPHABET.charAt((group >> 6) & 63) : "=";
    text += left > 2 ? ALPHABET.charAt(group & 63) : "=";
  }
  return text;
}

/** Reads exactly what {@link toBase64} writes: padding present, unused bits zero (RFC 4648 section 3.5), no white space. */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array(Math.max(0, (text.length / 4) * 3 - padding) | 0);
  let at = 0;
  let group = 0;
  for (let i = 0; i < text.length - padding; i++) {
    const sextet = SEXTETS.get(text.charAt(i));
    if (sextet === undefined) throw notBase64();
    group = (group << 6) | sextet;
    const phase = i % 4;
    if (phase === 1) bytes[at++] = (group >> 4) & 255;
    else if (phase === 2) bytes[at++] = (group >> 2) & 255;
    else if (phase === 3) {
      bytes[at++] = group & 255;
      group = 0;
    }
  }
  if (text.length % 4 !== 0 || toBase64(bytes) !== text) throw notBase64();
  return bytes;
}

function notBase64(): ProclawError {
  return new ProclawError("unreadable_evidence", "expected canonical base64 with padding");
}

/** Not constant-time: everything a verifier compares is public. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const ENCODER = new TextEncoder();
// `ignoreBOM: true` keeps a byte order mark in the text, where it can be seen and refused.
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of a text; the text must not hold lone surrogates (they would become U+FFFD). */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new ProclawError("unreadable_evidence", "a text with a lone surrogate has no UTF-8");
  return ENCODER.encode(text);
}

/** The text of UTF-8 bytes, byte order mark included; throws `unreadable_evidence` for anything that is not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new ProclawError("unreadable_evidence", "the bytes are not UTF-8");
  }
}

/** Whether `text` is the lower-case hexadecimal of `bytes`; spares making a text for each record. */
export function isHexOf(text: string | null, bytes: Uint8Array): boolean {
  if (text === null || text.length !== 2 * bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (text.charCodeAt(2 * i) !== HEX_CODES[byte >> 4] || text.charCodeAt(2 * i + 1) !== HEX_CODES[byte & 15]) {
      return false;
    }
  }
  return true;
}

const HEX_CODES = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** Whether the lower-case hexadecimal of `bytes` stands in `line` from `at` on. */
export function isHexAt(line: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (line[at + 2 * i] !== HEX_CODES[byte >> 4] || line[at + 2 * i + 1] !== HEX_CODES[byte & 15]) return false;
  }
  return true;
}
