import { EXECUTION_STATUSES, MAX_RECORD_BYTES, type Effect, type PolicyMode, type RecordKind } from "@proclaw/core";
import { leafHash, type Hasher } from "./hasher.ts";
import { RecordScanner, type UsualRecord } from "./record-scanner.ts";
import { PLAIN_KINDS } from "./record-words.ts";

/*
 * What can be said of lines without knowing those before them, as plain numbers: it can be found
 * out in another thread, many lines at once. It is the larger part of the work.
 */

const LF = 0x0a;
const HASH_BYTES = 32;
const EFFECTS: readonly Effect[] = ["allow", "deny", "require_approval"];
const MODES: readonly PolicyMode[] = ["enforce", "audit"];

// Places of the numbers of a line.
const END = 0;
const KIND = 1;
const STATUS = 2;
const EFFECT = 3;
const MODE = 4;
const KEY_EPOCH = 5;
const WRITER_EPOCH = 6;
const SEQ = 7;
const PREV_AT = 8;
const DATE = 9;
const TIME = 10;
const CALL_START = 11;
const CALL_END = 12;
const NUMBERS = 13;

/** Of a run of whole lines. Can be sent to another thread. */
export interface ScannedLines {
  /** Leaf hashes, one after the other. */
  readonly leaves: Uint8Array<ArrayBuffer>;
  /** For each line the same count of numbers; its kind is -1 if it is not a usual record. */
  readonly numbers: Float64Array<ArrayBuffer>;
}

/** Scans runs of lines of one log. */
export class LinesScanner {
  readonly #hasher: Hasher;
  readonly #scanner: RecordScanner;
  #leaves = new Uint8Array(1_024 * HASH_BYTES);
  #numbers = new Float64Array(1_024 * NUMBERS);

  constructor(log: string, options: { readonly hasher: Hasher; readonly strict: boolean }) {
    this.#hasher = options.hasher;
    this.#scanner = new RecordScanner(log, options.strict);
  }

  /** @param window whole lines, the last one with its LF too */
  scan(window: Uint8Array): ScannedLines {
    let lines = 0;
    for (let at = 0; at < window.length; lines++) {
      const end = window.indexOf(LF, at);
      if ((lines + 1) * HASH_BYTES > this.#leaves.length) this.#grow();
      const line = lineOf(window, at, end);
      this.#leaves.set(leafHash(this.#hasher, line), lines * HASH_BYTES);
      this.#note(line, lines * NUMBERS);
      this.#numbers[lines * NUMBERS + END] = end;
      at = end + 1;
    }
    return { leaves: this.#leaves.slice(0, lines * HASH_BYTES), numbers: this.#numbers.slice(0, lines * NUMBERS) };
  }

  #note(line: Uint8Array, at: number): void {
    const numbers = this.#numbers;
    const scanned = this.#scanner;
    if (!scanned.scan(line)) {
      numbers[at + KIND] = -1;
      return;
    }
    numbers[at + KIND] = PLAIN_KINDS.indexOf(scanned.kind);
    numbers[at + STATUS] = scanned.status === null ? -1 : EXECUTION_STATUSES.indexOf(scanned.status);
    numbers[at + EFFECT] = scanned.effect === null ? -1 : EFFECTS.indexOf(scanned.effect);
    numbers[at + MODE] = scanned.mode === null ? -1 : MODES.indexOf(scanned.mode);
    numbers[at + KEY_EPOCH] = scanned.keyEpoch;
    numbers[at + WRITER_EPOCH] = scanned.writerEpoch;
    numbers[at + SEQ] = scanned.seq;
    numbers[at + PREV_AT] = scanned.prevAt;
    numbers[at + DATE] = scanned.date;
    numbers[at + TIME] = scanned.time;
    numbers[at + CALL_START] = scanned.callStart;
    numbers[at + CALL_END] = scanned.callEnd;
  }

  #grow(): void {
    const leaves = new Uint8Array(2 * this.#leaves.length);
    leaves.set(this.#leaves);
    const numbers = new Float64Array(2 * this.#numbers.length);
    numbers.set(this.#numbers);
    this.#leaves = leaves;
    this.#numbers = numbers;
  }
}

/** INVARIANT (one reading of long lines): cut like those of a `LineSplitter`. */
function lineOf(window: Uint8Array, from: number, to: number): Uint8Array {
  return window.subarray(from, Math.min(to, from + MAX_RECORD_BYTES + 1));
}

/** A run of lines, one after the other, with what was scanned of each; valid until the next one. */
export class ScannedLine implements UsualRecord {
  readonly #window: Uint8Array;
  readonly #scanned: ScannedLines;
  readonly #count: number;
  #index = -1;
  #start = 0;
  #at = 0;

  constructor(window: Uint8Array, scanned: ScannedLines) {
    this.#window = window;
    this.#scanned = scanned;
    this.#count = scanned.numbers.length / NUMBERS;
  }

  /** Goes to the next line and gives it without its LF; null: there is none. */
  next(): Uint8Array | null {
    if (this.#index + 1 >= this.#count) return null;
    this.#start = this.#index < 0 ? 0 : this.#number(END) + 1;
    this.#index++;
    this.#at = this.#index * NUMBERS;
    return lineOf(this.#window, this.#start, this.#number(END));
  }

  get leaf(): Uint8Array {
    return this.#scanned.leaves.subarray(this.#index * HASH_BYTES, (this.#index + 1) * HASH_BYTES);
  }

  /** The line, if it is a usual record; null: only its leaf is known. */
  get usual(): UsualRecord | null {
    return this.#number(KIND) < 0 ? null : this;
  }

  get kind(): RecordKind {
    return PLAIN_KINDS[this.#number(KIND)] as RecordKind;
  }

  get status(): UsualRecord["status"] {
    return EXECUTION_STATUSES[this.#number(STATUS)] ?? null;
  }

  get effect(): Effect | null {
    return EFFECTS[this.#number(EFFECT)] ?? null;
  }

  get mode(): PolicyMode | null {
    return MODES[this.#number(MODE)] ?? null;
  }

  get keyEpoch(): number {
    return this.#number(KEY_EPOCH);
  }

  get writerEpoch(): number {
    return this.#number(WRITER_EPOCH);
  }

  get seq(): number {
    return this.#number(SEQ);
  }

  get prevAt(): number {
    return this.#number(PREV_AT);
  }

  get date(): number {
    return this.#number(DATE);
  }

  get time(): number {
    return this.#number(TIME);
  }

  get callId(): string | null {
    const from = this.#number(CALL_START);
    if (from < 0) return null;
    const bytes = this.#window.subarray(this.#start + from, this.#start + this.#number(CALL_END));
    return String.fromCharCode.apply(null, bytes as unknown as number[]);
  }

  #number(place: number): number {
    return this.#scanned.numbers[this.#at + place] as number;
  }
}
