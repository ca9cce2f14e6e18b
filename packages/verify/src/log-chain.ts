import type { AuditRecord } from "@proclaw/core";
import type { BoundClaims } from "./bound-claims.ts";
import { fromHex, isHexAt, isHexOf, toHex } from "./bytes.ts";
import { DecisionPairing, pairingFields, type PairingFields } from "./decision-pairing.ts";
import type { DamageKind, Place } from "./finding.ts";
import type { FindingList } from "./finding-list.ts";
import { leafHash, type Hasher } from "./hasher.ts";
import { KeyHistory } from "./key-history.ts";
import { checkpointLogKeyId, logOrigin } from "./layout.ts";
import { MerkleAccumulator } from "./merkle.ts";
import { isPredecessor, type Predecessor } from "./predecessor.ts";
import { readLine } from "./record.ts";
import { RecordScanner, type UsualRecord } from "./record-scanner.ts";
import type { ScannedLine } from "./scanned-lines.ts";
import { noticeRecovery } from "./recovery-notices.ts";
import { counted, keyLabel } from "./wording.ts";
import type { ChainSnapshot } from "./verify-state.ts";
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from "./verifier-key.ts";

/** A chain link that does not fit: either the record before or the record itself was changed. */
interface Suspicion {
  readonly before: Place;
  readonly here: Place;
}

/**
 * Follows one log line by line: leaf hash, tree, chain, and what records say of each other. Memory
 * does not grow with the log. Never throws for what a line holds.
 */
export class LogChain {
  #tree: MerkleAccumulator;
  readonly #log: string;
  readonly #hasher: Hasher;
  readonly #strict: boolean;
  readonly #findings: FindingList;
  readonly #pairing: DecisionPairing;
  readonly keys: KeyHistory;
  /** Of a log of checkpoints, the id of its key; null: it is an ordinary log. */
  readonly #checkpointKeyId: string | null;
  readonly #claims: BoundClaims | null;
  /** Null: every line goes the slow way. */
  readonly #scanner: RecordScanner | null;
  /** What records call the log. A log of checkpoints tells it in record 0. */
  #id: string | null;

  /** What the next record's `seq` should be: the count of lines, unless a gap was reported and skipped. Never goes back. */
  #expectedSeq = 0;
  #lastLeaf: Uint8Array | null = null;
  #lastPlace: Place | null = null;
  /** The last line was reported, so a link to it that does not fit is no news. */
  #lastWasBad = false;
  #suspicion: Suspicion | null = null;
  #writerEpoch = 0;
  #closed = false;
  /** Timestamp of the last record as two numbers, `YYYYMMDD` and `hhmmssmmm`. */
  #lastDate = 0;
  #lastTime = 0;
  #stepsBack = 0;
  #firstStepBack: Place | null = null;

  /**
   * @param log as the store names it
   * @param options `claims`: where a log of checkpoints puts what it says of other logs
   */
  constructor(
    log: string,
    options: {
      readonly hasher: Hasher;
      readonly strict: boolean;
      readonly findings: FindingList;
      readonly claims: BoundClaims | null;
    },
  ) {
    this.#log = log;
    this.#checkpointKeyId = checkpointLogKeyId(log);
    this.#id = this.#checkpointKeyId === null ? log : null;
    this.#hasher = options.hasher;
    this.#strict = options.strict;
    this.#findings = options.findings;
    this.#claims = options.claims;
    this.keys = new KeyHistory(options.hasher);
    this.#tree = new MerkleAccumulator(options.hasher);
    this.#pairing = new DecisionPairing(options.hasher);
    this.#scanner = this.#checkpointKeyId !== null ? null : new RecordScanner(log, options.strict);
  }

  get tree(): MerkleAccumulator {
    return this.#tree;
  }

  /** What it takes to go on from here; null where something was wrong. */
  snapshot(): ChainSnapshot | null {
    if (this.#lastLeaf === null || this.#expectedSeq !== this.size || this.#suspicion !== null) return null;
    return {
      size: this.size,
      frontier: this.#tree.frontier().map((hash) => (hash === null ? null : toHex(hash))),
      head: toHex(this.#lastLeaf),
      closed: this.#closed,
      writer_epoch: this.#writerEpoch,
      date: this.#lastDate,
      time: this.#lastTime,
      epochs: this.keys.epochs.map(({ key, rotation }) => ({
        key: key === null ? "" : formatVerifierKey(key),
        rotation,
      })),
      pairing: this.#pairing.snapshot(),
    };
  }

  /** Goes on from a snapshot; its tree was proved to be that of a trusted checkpoint. */
  restore(from: ChainSnapshot, tree: MerkleAccumulator): void {
    this.#tree = tree;
    this.#expectedSeq = from.size;
    this.#lastLeaf = fromHex(from.head);
    this.#lastPlace = { log: this.#log, seq: from.size - 1, file: null, line: null };
    this.#closed = from.closed;
    this.#writerEpoch = from.writer_epoch;
    this.#lastDate = from.date;
    this.#lastTime = from.time;
    this.keys.restore(from.epochs.map(({ key, rotation }) => ({ key: parseVerifierKey(this.#hasher, key), rotation })));
    this.#pairing.restore(from.pairing);
  }

  /** Whole lines so far. */
  get size(): number {
    return this.#tree.size;
  }

  get expectedSeq(): number {
    return this.#expectedSeq;
  }

  /** Leaf of the last record, hex. */
  get head(): string | null {
    return this.#lastLeaf === null ? null : toHex(this.#lastLeaf);
  }

  get lastPlace(): Place | null {
    return this.#lastPlace;
  }

  /** Whether `log.close` stands at the end. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Origin of its checkpoints; null: a log of checkpoints that does not say which it is. */
  get origin(): string | null {
    return this.#id === null ? null : logOrigin(this.#id);
  }

  /** What records call the log; null: a log of checkpoints that does not say it. */
  get id(): string | null {
    return this.#id;
  }

  /** The key that must sign checkpoints at this size, as the log declares it; null: it declares none. */
  get declaredKey(): VerifierKey | null {
    return this.keys.current.key;
  }

  /**
   * Goes on at another number after a hole or an overlap that was reported, so that it is reported once.
   */
  resumeAt(seq: number): void {
    this.#expectedSeq = Math.max(this.#expectedSeq, seq);
    this.#lastWasBad = true;
  }

  /**
   * Takes the next line, without its LF.
   *
   * @param scanned what was scanned of it already, with the id and strictness of this log; null: nothing
   */
  take(line: Uint8Array, file: string, lineNumber: number, scanned: ScannedLine | null): void {
    const place: Place = { log: this.#log, seq: this.#expectedSeq, file, line: lineNumber };
    const usual = scanned === null ? this.#scan(line) : scanned.usual;
    const bad = usual !== null && this.#takeUsual(usual, line, place) ? false : this.#takeSlowly(line, place);
    const leaf = scanned === null ? leafHash(this.#hasher, line) : scanned.leaf;
    this.#tree.append(leaf);
    this.#lastLeaf = leaf;
    this.#lastPlace = place;
    this.#lastWasBad = bad;
  }

  /**
   * Takes a usual record that hangs rightly in its log, in the scanner's quick way. Everything else,
   * damage above all, is for {@link #takeSlowly}, which this must agree with.
   */
  #takeUsual(usual: UsualRecord, line: Uint8Array, place: Place): boolean {
    if (this.#lastLeaf === null || this.#suspicion !== null || this.#closed) return false;
    // Its body may tell of what nobody signed in time.
    if (usual.kind === "recovery") return false;
    if (usual.seq !== this.#expectedSeq || !isHexAt(line, usual.prevAt, this.#lastLeaf)) return false;
    if (usual.writerEpoch !== this.#writerEpoch || !this.keys.isCurrent(usual.keyEpoch)) return false;
    const { date, time } = usual;
    if (date < this.#lastDate || (date === this.#lastDate && time < this.#lastTime)) return false;
    const { kind, callId: call_id, status: execution_status, effect, mode, seq } = usual;
    this.#pair({ kind, call_id, execution_status, effect, mode, seq }, place);
    this.#expectedSeq++;
    this.#lastDate = date;
    this.#lastTime = time;
    return true;
  }

  #scan(line: Uint8Array): UsualRecord | null {
    return this.#scanner?.scan(line) === true ? this.#scanner : null;
  }

  /** Takes any line; true if something was wrong with it. */
  #takeSlowly(line: Uint8Array, place: Place): boolean {
    const read = readLine(line, this.#strict);
    if (read.ok) {
      const isBad = this.#link(read.record, place);
      this.#meaning(read.record, place);
      return isBad;
    }
    this.#settle(true);
    this.#findings.damage(read.damage, place, read.message);
    this.#expectedSeq++;
    return true;
  }

  /** Says what can only be said at the end of the log. */
  finish(): void {
    this.#settle(true);
    for (const { seq, call } of this.#pairing.open()) {
      this.#findings.notice(
        "open_decision",
        { log: this.#log, seq, file: null, line: null },
        `record ${seq} allowed call \`${call}\`, which has no outcome (yet)`,
      );
    }
    if (this.#firstStepBack !== null) {
      this.#findings.notice(
        "clock_step_back",
        this.#firstStepBack,
        `the timestamp steps back ${counted(this.#stepsBack, "time")} in this log without a clock.step record`,
      );
    }
  }

  /** Checks how a record hangs in the log; true if something was wrong with it. */
  #link(record: AuditRecord, place: Place): boolean {
    const chain = record.hash_chain;
    const before = this.#findings.counts.damage;
    const report = (kind: DamageKind, message: string): void => this.#findings.damage(kind, place, message);

    this.#id ??= chain.log;
    const isOurs = chain.log === this.#id;
    if (!isOurs) report("wrong_log", "the record says that it belongs to another log");
    const expected = this.#expectedSeq;
    if (chain.seq > expected) report("seq_gap", missing(expected, chain.seq));
    if (chain.seq < expected) {
      report("seq_repeated", `the record says number ${chain.seq} where ${expected} is expected`);
    }
    // Count on from what the record says, so that one missing record is one finding; never back,
    // so that places of findings keep their order.
    else this.#expectedSeq = chain.seq + 1;

    const fits = this.#lastLeaf === null ? chain.prev === null : isHexOf(chain.prev, this.#lastLeaf);
    const wasSuspected = this.#settle(fits);
    const misplaced = chain.seq !== expected || !isOurs;
    if (!fits && !misplaced && !wasSuspected && !this.#lastWasBad) {
      if (this.#lastPlace === null || chain.prev === null) {
        report("chain_broken", "the record does not name the one before it");
      } else this.#suspicion = { before: this.#lastPlace, here: place };
    }

    if (chain.writer_epoch < this.#writerEpoch) report("writer_epoch_decreased", "the writer epoch went back");
    this.#writerEpoch = Math.max(this.#writerEpoch, chain.writer_epoch);
    if (!this.keys.take(chain.key_epoch)) {
      report("key_epoch_unknown", "the record is not of the key epoch that the records before it introduced");
    }
    if (this.#closed) report("record_after_close", "a record follows log.close");
    if (this.#lastLeaf === null) {
      const wrong = this.#open(record);
      if (wrong !== null) report("bad_log_open", wrong);
      const { current } = this.keys;
      if (current.key !== null) {
        current.hold(
          "untrusted_key",
          place,
          `the log declares the key \`${keyLabel(current.key)}\`, which is not trusted`,
        );
      }
    } else if (record.kind === "log.open") report("misplaced_log_open", "log.open is not the first record");
    this.#takeKind(record, place, report);
    return this.#findings.counts.damage > before;
  }

  /** What kinds mean for the log itself, and which of them it may hold. */
  #takeKind(record: AuditRecord, place: Place, report: (kind: DamageKind, message: string) => void): void {
    const { kind, body } = record;
    if (kind === "recovery" && body !== null) noticeRecovery(body, place, this.#findings);
    if (this.#checkpointKeyId !== null) {
      if (kind === "checkpoint") this.#bind(body as unknown as Predecessor, place);
      else if (kind !== "log.open" && kind !== "recovery") {
        report("misplaced_kind", `a log of checkpoints holds no \`${kind}\``);
      }
      return;
    }
    if (kind === "checkpoint") report("misplaced_kind", "only a log of checkpoints holds `checkpoint`");
    if (kind === "log.close") this.#closed = true;
    if (kind === "key.rotate") {
      const wrong = this.keys.rotate(record, this.#log, this.size + 1, place);
      if (wrong !== null) report("bad_key_rotate", wrong);
    }
  }

  /** The shape of the body was checked with the record. */
  #bind({ log, size, root }: Predecessor, place: Place): void {
    this.#claims?.add(this.#log, place.seq ?? 0, { log, size, root: fromHex(root) });
  }

  /** Checks what a record says in the light of those before it. */
  #meaning(record: AuditRecord, place: Place): void {
    this.#pair(pairingFields(record), place);
    const [date, time] = timestampNumbers(record.timestamp);
    const isBack = date < this.#lastDate || (date === this.#lastDate && time < this.#lastTime);
    if (isBack && record.kind !== "clock.step") {
      this.#stepsBack++;
      this.#firstStepBack ??= place;
    }
    this.#lastDate = date;
    this.#lastTime = time;
  }

  #pair(fields: PairingFields, place: Place): void {
    const problem = this.#pairing.take(fields);
    if (problem !== null) this.#findings.damage(problem.kind, place, problem.message);
  }

  /**
   * A record before this one did not fit to its predecessor: the record after it tells which of
   * the two was changed. If it confirms the suspected one, that one stands as it was written.
   *
   * @param fits whether the current record fits the suspected one; true also where there is no
   *   current record to ask: then the older of the two is named, because everything before it stands
   * @returns whether there was a suspicion
   */
  #settle(fits: boolean): boolean {
    const suspicion = this.#suspicion;
    if (suspicion === null) return false;
    this.#suspicion = null;
    this.#findings.damage(
      "chain_broken",
      fits ? suspicion.before : suspicion.here,
      fits
        ? "the record was changed: the next one names another hash for it"
        : "the record was changed: neither the one before nor the one after fits it",
    );
    return true;
  }

  /** Takes record 0; says what is wrong with it. */
  #open(record: AuditRecord): string | null {
    const body = record.body;
    if (record.kind !== "log.open" || body === null) return "the first record is not log.open";
    if (body["origin"] !== this.origin) return "log.open does not bind the origin of this log";
    const key = this.keys.open(body);
    if (key === null) return "log.open does not bind an Ed25519 key in `body.public_key`";
    if (this.#checkpointKeyId !== null && key.id !== this.#checkpointKeyId) {
      return "log.open declares another key than the name of this log of checkpoints says";
    }
    return isPredecessor(body["predecessor"]) ? null : "log.open has a malformed `body.predecessor`";
  }
}

/** Two numbers that compare like the text of a timestamp: `YYYYMMDD` and `hhmmssmmm`. */
function timestampNumbers(text: string): readonly [date: number, time: number] {
  const digits = text.replaceAll(/[^0-9]/g, "");
  return [Number(digits.slice(0, 8)), Number(digits.slice(8))];
}

/** Says which records are not there, where one numbered `found` stands in the place of `expected`. */
function missing(expected: number, found: number): string {
  const last = found - 1;
  return expected === last
    ? `record ${expected} is missing (removed, or moved): number ${found} stands in its place`
    : `records ${expected} to ${last} are missing (removed, or moved): number ${found} stands in their place`;
}

/** Same name, type and public key (and so the same id). */
export function isSameKey(a: VerifierKey, b: VerifierKey | null): boolean {
  return b !== null && a.name === b.name && a.type === b.type && toHex(a.publicKey) === toHex(b.publicKey);
}
