import type { CliIo } from "./cli-io.ts";
import { printable } from "./printable.ts";

/*
 * A store's URL may carry a password, and URLs are mistyped, given to the wrong command or given
 * once too often. Whatever a command then says about its words goes through here, so that a terminal,
 * a CI log or a bug report never holds the password (CWE-532).
 */

const PASSWORD_SETTING = /([?&][a-z_]*(?:password|secret|token)[a-z_]*=)[^&#\s`'"]+/gi;

/** Replaces the userinfo of `words`, wherever it stands in a text, by `…`. */
export type Hide = (text: string) => string;

/** A {@link Hide} for the words of one command line. */
export function hiderOf(words: readonly string[]): Hide {
  const secrets = new Set<string>();
  for (const userinfo of words.flatMap(userinfosOf)) {
    // As it is, as commander's messages are rewritten, and as it is shown.
    for (const form of [userinfo, userinfo.replaceAll("'", "`")]) secrets.add(`${form}@`).add(`${printable(form)}@`);
  }
  // The longest first: one may be the end of another.
  const sorted = [...secrets].sort((a, b) => b.length - a.length);
  return (text) =>
    sorted.reduce((shown, secret) => shown.replaceAll(secret, "…@"), text).replace(PASSWORD_SETTING, "$1…");
}

/** `io` with nothing of that kind on standard error. */
export function hidingErrors(io: CliIo, hide: Hide): CliIo {
  const { stderr } = io;
  return {
    ...io,
    stderr: {
      get isTTY() {
        return stderr.isTTY;
      },
      get columns() {
        return stderr.columns;
      },
      write: (chunk) => stderr.write(typeof chunk === "string" ? hide(chunk) : chunk),
    },
  };
}

/**
 * What stands before the last `@` of an authority: after every `//`, or at the start of a word without
 * one (`postgres:a:secret@host`). A password that holds `/`, `?` or `#` unescaped ends the authority too
 * early; it shows in a port that is no number, and then the last `@` of the word counts.
 */
function userinfosOf(word: string): string[] {
  const starts = [...word.matchAll(/\/\//g)].map(({ index }) => index + 2);
  const found: string[] = [];
  for (const start of starts.length > 0 ? starts : [0]) {
    const rest = word.slice(start);
    const authority = /^[^/?#]*/.exec(rest)?.[0] ?? "";
    // A file may be named `a@b`; without `//` it takes a colon to be userinfo.
    if (starts.length === 0 && !authority.includes(":")) continue;
    const isWhole = authority.includes("@") || !/:(?!\d+$)/.test(authority);
    const end = (isWhole ? authority : rest).lastIndexOf("@");
    if (end > 0) found.push(rest.slice(0, end));
  }
  return found;
}
