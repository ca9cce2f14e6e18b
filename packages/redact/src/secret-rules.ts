import { ALNUM, BASE64URL, DIGIT, isIn, runEnd, runStart, TOKEN68, USERINFO, VALUE, WORD } from "./chars.ts";
import { escapeBefore } from "./escapes.ts";

/*
 * What tokens look like, as their issuers document it. Each rule is looked at only where one of
 * its keywords stands.
 *
 * INVARIANT (linear time): whether a rule matches depends on at most WINDOW characters after its
 * keyword, or on a run that no later keyword can start in again; what a match swallows is not
 * looked at again.
 */

/** From where to where, in UTF-16 code units. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

export interface SecretRule {
  readonly id: string;
  /** For the table in the README. */
  readonly what: string;
  /** Matched in any case; a rule that cares checks the case itself. */
  readonly keywords: readonly string[];
  /**
   * @param at where the keyword stands
   * @param keyword the longest of all keywords that stands there, in lower case
   * @param from nothing before it belongs to this match: start of the text, or end of the last match
   */
  match(text: string, at: number, keyword: string, from: number): Match | null;
}

/** Characters of a candidate that are looked at before it is believed. */
const WINDOW = 64;

interface Shape {
  /** Prefixes, in their exact case. */
  readonly prefixes: readonly string[];
  /** Class of the characters that follow. */
  readonly body: number;
  /** How many there are at least. */
  readonly min: number;
  /** Exactly `min`, and then no letter or digit. */
  readonly exact?: true;
  /** One of the first characters is a digit: tells a random token from words joined by hyphens. */
  readonly digit?: true;
}

/** A token that a fixed prefix starts. */
function token(id: string, what: string, shape: Shape): SecretRule {
  const { prefixes, body, min } = shape;
  return {
    id,
    what,
    keywords: prefixes,
    match(text, at, _keyword, from) {
      if (isTouched(text, at, from)) return null;
      for (const prefix of prefixes) {
        if (!text.startsWith(prefix, at)) continue;
        const start = at + prefix.length;
        if (runEnd(text, start, body, start + min) - start < min) continue;
        if (shape.exact === true && isIn(text, start + min, ALNUM)) continue;
        if (shape.digit === true && !hasDigit(text, start, runEnd(text, start, body, start + WINDOW))) continue;
        return { start: at, end: shape.exact === true ? start + min : runEnd(text, start, body) };
      }
      return null;
    },
  };
}

/** Whether the character before is a letter or digit, so that what starts here is the middle of something. */
function isTouched(text: string, at: number, from: number): boolean {
  if (at <= from || !isIn(text, at - 1, ALNUM)) return false;
  const escaped = escapeBefore(text, at, from);
  return escaped === null || isIn(String.fromCharCode(escaped), 0, ALNUM);
}

function hasDigit(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (isIn(text, i, DIGIT)) return true;
  return false;
}

/**
 * RFC 7519: header, payload and signature in base64url, joined by dots; header and payload are JSON
 * objects, which in base64url start with `eyJ`. The keyword is the joint, because no two runs that
 * are looked at around two joints overlap by more than one.
 */
const jsonWebToken: SecretRule = {
  id: "jwt",
  what: "JSON Web Token: header.payload.signature, signed",
  keywords: [".eyJ"],
  match(text, at, _keyword, from) {
    if (!text.startsWith(".eyJ", at)) return null;
    const start = runStart(text, at, BASE64URL, from);
    if (at - start < 10 || !text.slice(start, at).includes("eyJ")) return null;
    const payloadEnd = runEnd(text, at + 1, BASE64URL);
    if (payloadEnd - at < 10 || text.charCodeAt(payloadEnd) !== 0x2e) return null;
    const end = runEnd(text, payloadEnd + 1, BASE64URL);
    return end - payloadEnd > 10 ? { start, end } : null;
  },
};

/** RFC 7468, OpenSSH and OpenPGP armor. Without an end line, everything that follows is taken as the key. */
const privateKeyBlock: SecretRule = {
  id: "private_key_block",
  what: "`-----BEGIN … PRIVATE KEY-----` to its end line, or to the end of the text",
  keywords: ["-----BEGIN "],
  match(text, at, keyword) {
    const label = text.slice(at + keyword.length, at + keyword.length + WINDOW);
    const close = label.indexOf("-----");
    if (!label.slice(0, close < 0 ? undefined : close).includes("PRIVATE KEY")) return null;
    const endLine = text.indexOf("-----END ", at);
    if (endLine < 0) return { start: at, end: text.length };
    const endOfLabel = text.slice(endLine + 9, endLine + 9 + WINDOW).indexOf("-----");
    return { start: at, end: endOfLabel < 0 ? text.length : endLine + 9 + endOfLabel + 5 };
  },
};

/** RFC 3986 section 3.2.1. A run of user information holds no `/`, so no two keywords share one. */
const urlCredentials: SecretRule = {
  id: "url_credentials",
  what: "`user:password@` in a URL, both parts",
  keywords: ["://"],
  match(text, at) {
    const start = at + 3;
    const run = text.slice(start, runEnd(text, start, USERINFO));
    const end = run.lastIndexOf("@");
    const colon = run.indexOf(":");
    if (end < 0 || colon < 0 || colon >= end - 1) return null;
    return isPlaceholder(run.slice(colon + 1, end)) ? null : { start, end: start + end };
  },
};

/** RFC 6750 section 2.1: `Bearer` and a token, wherever it stands. */
const bearerToken: SecretRule = {
  id: "bearer_token",
  what: "`Bearer` and a token of 16 or more characters with a digit in it (RFC 6750)",
  keywords: ["bearer "],
  match(text, at, keyword, from) {
    if (isTouched(text, at, from)) return null;
    const start = at + keyword.length;
    const seen = runEnd(text, start, TOKEN68, start + WINDOW);
    if (seen - start < 16 || !hasDigit(text, start, seen)) return null;
    return { start, end: runEnd(text, start, TOKEN68) };
  },
};

const SCHEMES = new Set(["basic", "bearer", "bot", "token", "apikey", "key", "negotiate", "ntlm"]);

/** RFC 9110 section 11.6.2: the whole value of the header, its scheme included. */
const authorizationHeader: SecretRule = {
  id: "authorization_header",
  what: "`Authorization:` with a known scheme and credentials of 8 or more characters",
  keywords: ["authorization"],
  match(text, at, keyword) {
    const start = assigned(text, at + keyword.length)?.start;
    if (start === undefined) return null;
    const scheme = runEnd(text, start, ALNUM, start + 16);
    if (!SCHEMES.has(text.slice(start, scheme).toLowerCase()) || text.charCodeAt(scheme) !== SPACE) return null;
    const seen = runEnd(text, scheme + 1, TOKEN68, scheme + 1 + WINDOW);
    return seen - scheme - 1 < 8 ? null : { start, end: runEnd(text, scheme + 1, TOKEN68) };
  },
};

const NAMES = [
  ["password"],
  ["passwd"],
  ["passphrase"],
  ["secret"],
  ["token"],
  ["api", "key"],
  ["access", "key"],
  ["account", "key"],
  ["secret", "key"],
  ["private", "key"],
];

/** `password=…`, `"api_key": "…"`, `SECRET_KEY: …`, `--token …`; a name and a value without such a sign are prose. */
const assignment: SecretRule = {
  id: "assignment",
  what: "a name that ends in a keyword, a sign of assignment, and a value that is no word and no reference (see below)",
  keywords: NAMES.flatMap((words) => (words.length === 1 ? words : ["", "_", "-"].map((joint) => words.join(joint)))),
  match(text, at, keyword, from) {
    const place = assigned(text, at + keyword.length) ?? optionValue(text, at, at + keyword.length, from);
    if (place === null) return null;
    const { start, quoted, tight } = place;
    const seen = quoted ? quotedEnd(text, start, start + WINDOW) : runEnd(text, start, VALUE, start + WINDOW);
    const value = text.slice(start, seen);
    if (!isRandom(value, quoted || tight) || isPlaceholder(value)) return null;
    // A call in source code: `token = readToken2(file)`.
    if (!quoted && text.charCodeAt(seen) === OPENING_PARENTHESIS) return null;
    return { start, end: quoted ? quotedEnd(text, start, text.length) : runEnd(text, start, VALUE) };
  },
};

const SPACE = 0x20;
const OPENING_PARENTHESIS = 0x28;
/** A quote and the 15 back-slashes that four levels of JSON in JSON put before it, and a `]`. */
const MAX_QUOTE = 17;

interface Assigned {
  /** Where the value starts, after its quote. */
  readonly start: number;
  readonly quoted: boolean;
  /** Joined by `=` alone, as in `.env` files and query strings: source code seldom is. */
  readonly tight: boolean;
}

/** What `name = value`, `"name": "value"`, `name := value`, `['name'] => value` assigns; back-slashes are JSON inside JSON. */
function assigned(text: string, afterName: number): Assigned | null {
  const closed = skip(text, afterName, "\\\"'`]", MAX_QUOTE);
  const sign = skip(text, closed, " \t", 4);
  const afterSign = skip(text, sign, ":=>", 2);
  if (afterSign === sign) return null;
  const gap = skip(text, afterSign, " \t", 4);
  const start = skip(text, gap, "\\\"'`", MAX_QUOTE);
  return { start, quoted: start > gap, tight: gap - afterName === 1 && text.charAt(afterName) === "=" };
}

/** `--api-key value` on a command line. */
function optionValue(text: string, at: number, afterName: number, from: number): Assigned | null {
  const start = runStart(text, at, BASE64URL, Math.max(from, at - 32));
  if (!text.startsWith("--", start) || text.charCodeAt(afterName) !== SPACE) return null;
  const value = skip(text, afterName + 1, "\\\"'`", MAX_QUOTE);
  return { start: value, quoted: value > afterName + 1, tight: false };
}

function skip(text: string, at: number, chars: string, most: number): number {
  let end = at;
  while (end < text.length && end - at < most && chars.includes(text.charAt(end))) end++;
  return end;
}

/** End of a quoted value: a quote, a back-slash (JSON inside JSON) or the end of the line. */
function quotedEnd(text: string, start: number, limit: number): number {
  let end = start;
  while (end < limit && end < text.length && !"\"'`\\\r\n".includes(text.charAt(end))) end++;
  return end;
}

/** No word of a language, no name in source code: a digit among other characters, or long where code is unlikely. */
function isRandom(value: string, noCode: boolean): boolean {
  if (value.length < 6 || value.includes(" ")) return false;
  return (/[0-9]/.test(value) && /[^0-9.,:/-]/.test(value)) || (noCode && value.length >= 20);
}

/** A reference to a value, not the value: `$NAME`, `${NAME}`, `$(…)`, `{{ … }}`, `%NAME%`, `<name>`, `****`. */
function isPlaceholder(value: string): boolean {
  return (
    /^\$[A-Za-z_][A-Za-z0-9_]*$/.test(value) ||
    /^[$#]?[{(]/.test(value) ||
    /^%[A-Za-z0-9_]+%$/.test(value) ||
    /^<[^>]*>?$/.test(value) ||
    /^[*.xX]+$/.test(value)
  );
}

export const SECRET_RULES: readonly SecretRule[] = [
  token("aws_access_key_id", "AWS access key id, long-term, temporary or of a service", {
    prefixes: ["AKIA", "ASIA", "ABIA", "ACCA"],
    body: ALNUM,
    min: 16,
    exact: true,
  }),
  token("github_token", "GitHub token: personal, OAuth, user, server, refresh, fine-grained", {
    prefixes: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    body: WORD,
    min: 36,
  }),
  token("gitlab_token", "GitLab token: personal, deploy, runner, trigger, CI, feed, mail, agent, SCIM", {
    prefixes: ["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-", "glimt-", "glagent-", "glsoat-"],
    body: BASE64URL,
    min: 20,
  }),
  token("slack_token", "Slack token: bot, user, app, refresh, session", {
    prefixes: ["xoxb-", "xoxp-", "xoxa-", "xoxo-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xoxc-", "xoxd-", "xapp-"],
    body: TOKEN68,
    min: 10,
    digit: true,
  }),
  token("slack_webhook", "Slack incoming web hook", {
    prefixes: ["hooks.slack.com/services/"],
    body: TOKEN68,
    min: 24,
  }),
  token("stripe_key", "Stripe secret or restricted key, web hook secret", {
    prefixes: ["sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"],
    body: ALNUM,
    min: 16,
  }),
  token("google_api_key", "Google API key", { prefixes: ["AIza"], body: BASE64URL, min: 35 }),
  token("google_oauth", "Google OAuth access token, client secret", {
    prefixes: ["ya29.", "GOCSPX-"],
    body: BASE64URL,
    min: 20,
  }),
  token("anthropic_key", "Anthropic key", { prefixes: ["sk-ant-"], body: BASE64URL, min: 16 }),
  token("openai_key", "OpenAI key, and the many services that copy its form", {
    prefixes: ["sk-"],
    body: BASE64URL,
    min: 20,
    digit: true,
  }),
  token("model_service_key", "key of Hugging Face, Groq, Perplexity, xAI, Replicate", {
    prefixes: ["hf_", "gsk_", "pplx-", "xai-", "r8_"],
    body: ALNUM,
    min: 30,
  }),
  token("npm_token", "npm access token", { prefixes: ["npm_"], body: ALNUM, min: 36 }),
  token("pypi_token", "PyPI API token", { prefixes: ["pypi-AgE"], body: BASE64URL, min: 40 }),
  token("cloud_token", "token of DigitalOcean, HashiCorp Vault, Docker Hub, Databricks, Supabase, Grafana", {
    prefixes: ["dop_v1_", "doo_v1_", "dor_v1_", "hvs.", "hvb.", "dckr_pat_", "dapi", "sbp_", "glsa_", "glc_"],
    body: WORD,
    min: 24,
    digit: true,
  }),
  token("service_token", "token of SendGrid, Shopify, Linear, Notion, Postman, PlanetScale, age", {
    prefixes: ["SG.", "shpat_", "shpss_", "shpca_", "lin_api_", "ntn_", "PMAK-", "pscale_tkn_", "AGE-SECRET-KEY-1"],
    body: BASE64URL,
    min: 22,
    digit: true,
  }),
  jsonWebToken,
  privateKeyBlock,
  urlCredentials,
  authorizationHeader,
  bearerToken,
  assignment,
];
