import { ruleName } from "./rules-version.ts";
import { SECRET_RULES } from "./secret-rules.ts";
import type { SecretRule } from "./secret-rules.ts";
import type { Recognizer, Span } from "./span.ts";

/** Longest first, so that an alternation finds the longest keyword that stands at a place. */
const KEYWORDS: readonly string[] = [
  ...new Set(SECRET_RULES.flatMap((rule) => rule.keywords).map((k) => k.toLowerCase())),
].sort((a, b) => b.length - a.length);

/** By keyword: the rules to try where it stands, also those of shorter keywords that it starts with. */
const RULES_AT: ReadonlyMap<string, readonly SecretRule[]> = new Map(
  KEYWORDS.map((keyword) => [
    keyword,
    SECRET_RULES.filter((rule) => rule.keywords.some((other) => keyword.startsWith(other.toLowerCase()))),
  ]),
);

/**
 * The prefilter: a plain alternation of literals. At each place V8 compares at most the length of
 * the longest keyword, so it is linear; text without a keyword costs nothing more than this.
 */
const PREFILTER = new RegExp(KEYWORDS.map((k) => k.replace(/[^a-z0-9]/g, "\\$&")).join("|"), "gi");

/** Secrets inside text, after the rules of `secret-rules.ts`. */
export const secretRecognizer: Recognizer = { data_class: "secret", find: findSecrets };

function findSecrets(text: string): readonly Span[] {
  const found: Span[] = [];
  let from = 0;
  PREFILTER.lastIndex = 0;
  for (let hit = PREFILTER.exec(text); hit !== null; hit = PREFILTER.exec(text)) {
    const span = matchAt(text, hit.index, hit[0].toLowerCase(), from);
    if (span === null) PREFILTER.lastIndex = hit.index + 1;
    else {
      found.push(span);
      from = span.end;
      PREFILTER.lastIndex = from;
    }
  }
  return found;
}

function matchAt(text: string, at: number, keyword: string, from: number): Span | null {
  for (const rule of RULES_AT.get(keyword) ?? []) {
    const match = rule.match(text, at, keyword, from);
    if (match !== null && match.end > match.start) return { ...match, rule: ruleName(rule.id) };
  }
  return null;
}
