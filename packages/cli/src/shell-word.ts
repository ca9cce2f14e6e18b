import { printable } from "./printable.ts";

/** A word that a user can paste into a POSIX shell; control characters are shown, not passed on. */
export function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${printable(text).replaceAll("'", String.raw`'\''`)}'`;
}
