import { MAX_RECORD_BYTES, type Effect, type ExecutionStatus, type PolicyMode, type RecordKind } from "@proclaw/core";
import { skipMonotonic, skipSha256, skipUuid } from "./byte-fields.ts";
import { bytesOfAscii, isCanonicalNumber, skipString, skipValue } from "./byte-json.ts";
import * as words from "./record-words.ts";

/*
 * Reads the usual record at the speed of its bytes, without making an object of it.
 *
 * INVARIANT (the scanner never decides alone): it accepts a line only if `readLine(line, canonical)`
 * accepts it with the same values; a property test holds the two against each other. Whatever is
 * not spelled in the usual way (members in canonical order, no white space, a kind that means
 * nothing for the log itself) is left to the slow reader, which also finds the words for damage.
 */

const QUOTE = 0x22;
const ZERO = 0x30;
const BRACKET = 0x5d;
const COMMA = 0x2c;
const MAX_LISTED = 32;
/** Longer ids are unusual. */
const MAX_CALL_ID = 256;
/** More digits could go beyond 2^53 - 1. */
const MAX_COUNT_DIGITS = 15;
/** Longest days that exist in every year. */
const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What is known of a usual record. */
export interface UsualRecord {
  readonly kind: RecordKind;
  readonly status: ExecutionStatus | null;
  readonly effect: Effect | null;
  readonly mode: PolicyMode | null;
  readonly keyEpoch: number;
  readonly writerEpoch: number;
  readonly seq: number;
  /** Where the 64 digits of `prev` begin. */
  readonly prevAt: number;
  /** The timestamp as two numbers that compare like its text: `YYYYMMDD` and `hhmmssmmm`. */
  readonly date: number;
  readonly time: number;
  /** `call_id`, if it is not null; it holds no escapes. */
  readonly callId: string | null;
}

/**
 * Scans one line after the other. After {@link scan} said true, the fields hold what the line says,
 * until the next call.
 */
export class RecordScanner implements UsualRecord {
  kind: RecordKind = "heartbeat";
  status: ExecutionStatus | null = null;
  effect: Effect | null = null;
  mode: PolicyMode | null = null;
  keyEpoch = 0;
  writerEpoch = 0;
  seq = 0;
  prevAt = 0;
  date = 0;
  time = 0;
  /** Of `call_id`, between its quotes; -1: null. */
  callStart = -1;
  callEnd = -1;
  readonly #log: Uint8Array;
  readonly #canonical: boolean;
  #line: Uint8Array = new Uint8Array(0);

  /**
   * @param log the id that every record must name
   * @param canonical take only lines that are canonical JSON too
   */
  constructor(log: string, canonical: boolean) {
    this.#log = bytesOfAscii(log);
    this.#canonical = canonical;
  }

  get callId(): string | null {
    return this.callStart < 0
      ? null
      : String.fromCharCode.apply(null, this.#line.subarray(this.callStart, this.callEnd) as unknown as number[]);
  }

  /** Whether the line is a usual record of this log with a `prev`; false says nothing about it. */
  scan(line: Uint8Array): boolean {
    if (line.length > MAX_RECORD_BYTES) return false;
    this.#line = line;
    this.effect = null;
    this.mode = null;
    let at = this.#textOrNull(this.#word(0, words.AGENT_ID));
    at = this.#bodyOrNull(this.#word(at, words.BODY));
    at = this.#filledText(this.#word(at, words.BOOT_ID));
    at = this.#callIdOrNull(this.#word(at, words.CALL_ID));
    at = this.#amountOrNull(this.#word(at, words.DURATION));
    at = this.#errorOrNull(this.#word(at, words.ERROR));
    at = skipUuid(this.#line, this.#word(at, words.EVENT_ID));
    at = this.#statusOrNull(this.#word(at, words.STATUS));
    at = this.#chain(this.#word(at, words.CHAIN));
    at = this.#payloadOrNull(this.#word(at, words.INPUT));
    at = this.#kind(this.#word(at, words.KIND));
    at = skipMonotonic(this.#line, this.#word(at, words.MONO));
    at = this.#payloadOrNull(this.#word(at, words.OUTPUT));
    at = this.#textOrNull(this.#word(at, words.PARENT));
    at = this.#decisionOrNull(this.#word(at, words.DECISION));
    at = this.#principalOrNull(this.#word(at, words.PRINCIPAL));
    at = this.#textOrNull(this.#word(at, words.SESSION));
    at = this.#textOrNull(this.#word(at, words.SPAN));
    at = this.#timestamp(this.#word(at, words.TIMESTAMP));
    at = this.#textOrNull(this.#word(at, words.TOOL));
    at = this.#sha256OrNull(this.#word(at, words.SCHEMA));
    at = this.#textOrNull(this.#word(at, words.TRACE));
    return this.#word(at, words.END) === line.length && this.#fitsKind();
  }

  /** What a kind demands besides. */
  #fitsKind(): boolean {
    if (this.kind === "decision") {
      const isKnown = this.status === "pending" || this.status === "not_executed";
      return this.callStart >= 0 && this.effect !== null && isKnown;
    }
    return this.kind !== "outcome" || (this.callStart >= 0 && this.status !== null);
  }

  // Each of these takes the place of a value and gives the place after it, or -1. -1 is passed on.

  #word(at: number, word: Uint8Array): number {
    if (at < 0) return -1;
    const line = this.#line;
    for (let i = 0; i < word.length; i++) if (line[at + i] !== word[i]) return -1;
    return at + word.length;
  }

  #isNull(at: number): boolean {
    return this.#line[at] === words.NULL[0] && this.#word(at, words.NULL) >= 0;
  }

  #text(at: number): number {
    return at < 0 ? -1 : skipString(this.#line, at, this.#canonical);
  }

  #filledText(at: number): number {
    return at >= 0 && this.#line[at + 1] === QUOTE ? -1 : this.#text(at);
  }

  #textOrNull(at: number): number {
    return at >= 0 && this.#isNull(at) ? at + 4 : this.#text(at);
  }

  #bodyOrNull(at: number): number {
    if (at < 0) return -1;
    if (this.#isNull(at)) return at + 4;
    return this.#line[at] === 0x7b ? skipValue(this.#line, at, 1, this.#canonical) : -1;
  }

  /** A text of printable ASCII without escapes: its bytes are its characters. */
  #callIdOrNull(at: number): number {
    if (at < 0) return -1;
    this.callStart = -1;
    if (this.#isNull(at)) return at + 4;
    const line = this.#line;
    if (line[at] !== QUOTE) return -1;
    for (let i = at + 1; i <= at + 1 + MAX_CALL_ID && i < line.length; i++) {
      const byte = line[i] as number;
      if (byte === QUOTE) {
        this.callStart = at + 1;
        this.callEnd = i;
        return i + 1;
      }
      if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return -1;
    }
    return -1;
  }

  #count(at: number): number {
    if (at < 0) return -1;
    const line = this.#line;
    let end = at;
    let value = 0;
    for (let digit = (line[end] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (line[end] ?? 0) - ZERO) {
      value = 10 * value + digit;
      end++;
    }
    this.#counted = value;
    const digits = end - at;
    return digits === 0 || digits > MAX_COUNT_DIGITS || (digits > 1 && line[at] === ZERO) ? -1 : end;
  }
  /** The number that `#count` read last. */
  #counted = 0;

  /** A number from 0, without exponent. */
  #amount(at: number): number {
    const end = this.#count(at);
    if (end < 0 || this.#line[end] !== 0x2e) return end;
    const line = this.#line;
    let i = end + 1;
    while ((line[i] as number) >= ZERO && (line[i] as number) <= 0x39) i++;
    if (i === end + 1) return -1;
    return this.#canonical && !isCanonicalNumber(line, at, i) ? -1 : i;
  }

  #amountOrNull(at: number): number {
    return at >= 0 && this.#isNull(at) ? at + 4 : this.#amount(at);
  }

  #errorOrNull(at: number): number {
    if (at >= 0 && this.#isNull(at)) return at + 4;
    const end = this.#text(this.#word(this.#text(this.#word(at, words.MESSAGE)), words.TYPE));
    return end >= 0 && this.#line[end] === 0x7d ? end + 1 : -1;
  }

  #sha256OrNull(at: number): number {
    return at >= 0 && this.#isNull(at) ? at + 4 : skipSha256(this.#line, at);
  }

  #statusOrNull(at: number): number {
    if (at < 0) return -1;
    this.status = null;
    if (this.#isNull(at)) return at + 4;
    const end = this.#text(at);
    const status = words.STATUSES.find(this.#line, at, end);
    if (status === null) return -1;
    this.status = status;
    return end;
  }

  #kind(at: number): number {
    const end = this.#text(at);
    const kind = words.KINDS.find(this.#line, at, end);
    if (kind === null) return -1;
    this.kind = kind;
    return end;
  }

  #chain(at: number): number {
    let end = this.#count(at);
    this.keyEpoch = this.#counted;
    end = this.#word(end, words.LOG);
    if (end < 0 || this.#line[end] !== QUOTE || this.#line[end + 37] !== QUOTE) return -1;
    if (this.#word(end + 1, this.#log) < 0) return -1;
    end = this.#word(end + 38, words.PREV);
    this.prevAt = end + 1;
    end = this.#count(this.#word(skipSha256(this.#line, end), words.SEQ));
    this.seq = this.#counted;
    end = this.#filledText(this.#word(end, words.WRITER));
    end = this.#count(this.#word(end, words.WRITER_EPOCH));
    this.writerEpoch = this.#counted;
    return end;
  }

  #payloadOrNull(at: number): number {
    if (at < 0) return -1;
    if (this.#isNull(at)) return at + 4;
    const inline = this.#word(at, words.INLINE);
    if (inline < 0) return this.#detached(at);
    let end = this.#count(inline);
    const total = this.#counted;
    end = this.#word(end, words.REDACTIONS);
    let listed = 0;
    if (end >= 0 && this.#line[end] !== BRACKET) {
      for (;;) {
        end = this.#redaction(end);
        listed++;
        if (end < 0 || this.#line[end] !== COMMA) break;
        end++;
      }
    }
    if (end < 0 || this.#line[end] !== BRACKET || listed > MAX_LISTED || listed > total) return -1;
    end = this.#word(end + 1, words.VALUE);
    if (end >= 0) end = skipValue(this.#line, end, 2, this.#canonical);
    return end >= 0 && this.#line[end] === 0x7d ? end + 1 : -1;
  }

  #redaction(at: number): number {
    let end = this.#text(this.#word(at, words.REDACTION_AT));
    end = this.#filledText(this.#word(end, words.REDACTION_CLASS));
    end = this.#filledText(this.#word(end, words.REDACTION_RULE));
    return end >= 0 && this.#line[end] === 0x7d ? end + 1 : -1;
  }

  /** A payload that is not in the record as it was. */
  #detached(at: number): number {
    const blob = this.#word(at, words.REF);
    if (blob >= 0) {
      const bytes = this.#count(this.#word(this.#filledText(blob), words.REF_BYTES));
      return this.#word(this.#filledText(this.#word(bytes, words.COMMITMENT)), words.REF_END);
    }
    const sealed = this.#word(at, words.SEALED);
    if (sealed >= 0) {
      const nonce = this.#filledText(this.#word(this.#text(sealed), words.NONCE));
      return this.#word(this.#filledText(this.#word(nonce, words.SUBJECT_KEY)), words.OBJECT_END);
    }
    const same = this.#word(at, words.SAME_AS);
    return same >= 0 ? this.#word(skipUuid(this.#line, same), words.SAME_AS_END) : this.#omitted(at);
  }

  #omitted(at: number): number {
    const bytes = this.#word(at, words.OMITTED);
    if (bytes < 0) return -1;
    const end = this.#text(this.#word(this.#isNull(bytes) ? bytes + 4 : this.#count(bytes), words.OMITTED_TYPE));
    return end >= 0 && this.#line[end] === 0x7d ? end + 1 : -1;
  }

  #decisionOrNull(at: number): number {
    if (at < 0) return -1;
    if (this.#isNull(at)) return at + 4;
    let end = this.#count(this.#word(this.#textOrNull(this.#word(at, words.APPROVER)), words.RULE_COUNT));
    const total = this.#counted;
    end = this.#texts(this.#word(end, words.RULES));
    if (end < 0 || this.#listed > MAX_LISTED || this.#listed > total) return -1;
    let from = this.#word(end, words.EFFECT);
    end = this.#text(from);
    this.effect = words.EFFECTS.find(this.#line, from, end);
    from = this.#word(this.#amount(this.#word(end, words.EVAL)), words.MODE);
    end = this.#text(from);
    this.mode = words.MODES.find(this.#line, from, end);
    end = skipSha256(this.#line, this.#word(end, words.PLAN));
    end = this.#textOrNull(this.#word(end, words.POLICY_ID));
    end = skipSha256(this.#line, this.#word(end, words.POLICY));
    end = this.#count(this.#word(end, words.POLICY_VERSION));
    end = this.#text(this.#word(end, words.REASON));
    from = this.#word(end, words.REASON_CODE);
    end = this.#text(from);
    if (this.effect === null || this.mode === null || words.REASONS.find(this.#line, from, end) === null) return -1;
    end = this.#textOrNull(this.#word(end, words.RULE_ID));
    end = this.#textOrNull(this.#word(end, words.RULE_NAME));
    return this.#wouldHave(this.#word(end, words.WOULD_HAVE));
  }

  #wouldHave(at: number): number {
    if (at >= 0 && this.#isNull(at)) return this.#word(at + 4, words.OBJECT_END);
    const effect = this.#word(at, words.WOULD_EFFECT);
    const effectEnd = this.#text(effect);
    const reason = this.#word(effectEnd, words.REASON_CODE);
    const end = this.#text(reason);
    if (words.EFFECTS.find(this.#line, effect, effectEnd) === null) return -1;
    return words.REASONS.find(this.#line, reason, end) === null ? -1 : this.#word(end, words.WOULD_END);
  }

  /** The rest of a list of texts, after its bracket. */
  #texts(at: number): number {
    this.#listed = 0;
    if (at < 0) return -1;
    if (this.#line[at] === BRACKET) return at + 1;
    for (let end = at; ; end++) {
      end = this.#text(end);
      this.#listed++;
      if (end < 0) return -1;
      if (this.#line[end] === BRACKET) return end + 1;
      if (this.#line[end] !== COMMA) return -1;
    }
  }
  /** How many `#texts` found. */
  #listed = 0;

  #principalOrNull(at: number): number {
    if (at < 0) return -1;
    if (this.#isNull(at)) return at + 4;
    const roles = this.#word(at, words.ROLES);
    if (roles < 0) return -1;
    const isNull = this.#isNull(roles);
    if (!isNull && this.#line[roles] !== 0x5b) return -1;
    const end = this.#textOrNull(this.#word(isNull ? roles + 4 : this.#texts(roles + 1), words.SUB));
    return end >= 0 && this.#line[end] === 0x7d ? end + 1 : -1;
  }

  /** `YYYY-MM-DDThh:mm:ss.sssZ`; the last days of February are left to the calendar. */
  #timestamp(at: number): number {
    const line = this.#line;
    if (at < 0 || line[at] !== QUOTE || line[at + 24] !== 0x5a || line[at + 25] !== QUOTE) return -1;
    if (line[at + 5] !== 0x2d || line[at + 8] !== 0x2d || line[at + 11] !== 0x54) return -1;
    if (line[at + 14] !== 0x3a || line[at + 17] !== 0x3a || line[at + 20] !== 0x2e) return -1;
    const year = 100 * this.#pair(at + 1) + this.#pair(at + 3);
    const month = this.#pair(at + 6);
    const day = this.#pair(at + 9);
    const hour = this.#pair(at + 12);
    const minute = this.#pair(at + 15);
    const second = this.#pair(at + 18);
    const millisecond = 10 * this.#pair(at + 21) + (this.#pair(at + 22) % 10);
    // A pair that is none is NaN, and no comparison with NaN holds.
    const isDay = year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= (DAYS[month] as number);
    const isTime = hour <= 23 && minute <= 59 && second <= 59 && millisecond >= 0;
    if (!isDay || !isTime) return -1;
    this.date = 10_000 * year + 100 * month + day;
    this.time = 10_000_000 * hour + 100_000 * minute + 1_000 * second + millisecond;
    return at + 26;
  }

  #pair(at: number): number {
    const tens = (this.#line[at] as number) - ZERO;
    const ones = (this.#line[at + 1] as number) - ZERO;
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN;
  }
}
