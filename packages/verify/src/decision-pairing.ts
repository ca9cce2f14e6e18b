import type { AuditRecord, Effect, ExecutionStatus, PolicyMode, RecordKind } from "@proclaw/core";
import { toHex, utf8 } from "./bytes.ts";
import type { DamageKind } from "./finding.ts";
import type { Hasher } from "./hasher.ts";

/** Decisions that may wait for their outcome at once; an agent has a handful. */
export const MAX_OPEN_DECISIONS = 65_536;
/** Refused decisions that are remembered, in case something ran after all. */
const MAX_REFUSED_DECISIONS = 65_536;
/** Longer call ids are remembered by their hash, so that memory is bounded. */
const MAX_KEPT_CALL_ID = 64;

export interface OpenDecision {
  readonly seq: number;
  /** Id of the call; of a long one its hash. */
  readonly call: string;
}

/** What pairing remembers. Plain JSON. */
export interface PairingSnapshot {
  /** By number. */
  readonly open: readonly (readonly [seq: number, call: string])[];
  readonly refused: readonly string[];
}

export interface PairingProblem {
  readonly kind: DamageKind;
  readonly message: string;
}

/** What pairing looks at. */
export interface PairingFields {
  readonly kind: RecordKind;
  readonly call_id: string | null;
  readonly execution_status: ExecutionStatus | null;
  readonly effect: Effect | null;
  readonly mode: PolicyMode | null;
  readonly seq: number;
}

/** What pairing looks at, of a whole record. */
export function pairingFields(record: AuditRecord): PairingFields {
  const { kind, call_id, execution_status, policy_decision, hash_chain } = record;
  return {
    kind,
    call_id,
    execution_status,
    effect: policy_decision?.effect ?? null,
    mode: policy_decision?.mode ?? null,
    seq: hash_chain.seq,
  };
}

/**
 * Pairs decisions with their outcomes by `call_id`, within one log.
 *
 * INVARIANT (no execution without a durable allow): an outcome that says something ran must follow
 * a decision in the same log that let it run.
 */
export class DecisionPairing {
  readonly #hasher: Hasher;
  readonly #open = new Map<string, OpenDecision[]>();
  #openCount = 0;
  /** Oldest first; the oldest is forgotten when there are too many. */
  readonly #refused = new Map<string, true>();

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  /** Takes the next record; says what is wrong with it in the light of those before. */
  take(record: PairingFields): PairingProblem | null {
    if (record.call_id === null) return null;
    switch (record.kind) {
      case "decision":
        return this.#decision(record, this.#key(record.call_id));
      case "outcome":
        return this.#outcome(record, this.#key(record.call_id));
      case "recovery":
        // Says that nobody knows what became of the call: the decision waits no longer.
        this.#close(this.#key(record.call_id));
        return null;
      default:
        return null;
    }
  }

  /** Decisions without an outcome, oldest first. */
  open(): OpenDecision[] {
    return [...this.#open.values()].flat().sort((a, b) => a.seq - b.seq);
  }

  /** What is remembered, to go on from. */
  snapshot(): PairingSnapshot {
    return { open: this.open().map(({ seq, call }) => [seq, call]), refused: [...this.#refused.keys()] };
  }

  restore({ open, refused }: PairingSnapshot): void {
    for (const [seq, call] of open) this.#wait({ seq, call });
    for (const call of refused) this.#refused.set(call, true);
  }

  #wait(entry: OpenDecision): void {
    const same = this.#open.get(entry.call);
    if (same === undefined) this.#open.set(entry.call, [entry]);
    else same.push(entry);
    this.#openCount++;
  }

  #decision(record: PairingFields, key: string): PairingProblem | null {
    const mayRun = record.effect === "allow" || record.mode === "audit";
    if (!mayRun || record.execution_status !== "pending") {
      this.#refused.delete(key);
      this.#refused.set(key, true);
      if (this.#refused.size > MAX_REFUSED_DECISIONS) {
        for (const oldest of this.#refused.keys()) {
          this.#refused.delete(oldest);
          break;
        }
      }
      return null;
    }
    if (this.#openCount >= MAX_OPEN_DECISIONS) {
      return {
        kind: "too_many_open_decisions",
        message: `more than ${MAX_OPEN_DECISIONS} decisions wait for an outcome: they cannot be paired`,
      };
    }
    this.#wait({ seq: record.seq, call: key });
    return null;
  }

  #outcome(record: PairingFields, key: string): PairingProblem | null {
    const ran = record.execution_status !== "not_executed" && record.execution_status !== "pending";
    // `pending` says that the call still goes on, so its decision goes on waiting.
    const known = record.execution_status === "pending" ? this.#open.has(key) : this.#close(key);
    if (known) return null;
    if (!this.#refused.has(key)) {
      return { kind: "orphan_outcome", message: "the outcome belongs to no decision before it in this log" };
    }
    return ran
      ? { kind: "executed_without_allow", message: "something ran although its decision did not allow it" }
      : null;
  }

  #close(key: string): boolean {
    const waiting = this.#open.get(key);
    if (waiting === undefined) return false;
    waiting.shift();
    this.#openCount--;
    if (waiting.length === 0) this.#open.delete(key);
    return true;
  }

  #key(callId: string): string {
    return callId.length <= MAX_KEPT_CALL_ID
      ? callId
      : `sha256:${toHex(this.#hasher.sha256(utf8(JSON.stringify(callId))))}`;
  }
}
