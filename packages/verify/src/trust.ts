import type { DamageKind, Place } from "./finding.ts";
import type { FindingList } from "./finding-list.ts";
import { formatVerifierKey, type VerifierKey } from "./verifier-key.ts";

/*
 * Which keys are trusted is known only when all logs are read: a log may declare a key that another
 * one introduces. So verifying a log yields facts, and the trust is worked out from them.
 */

/** Places kept of what is damage if a key is not trusted; the others are counted. */
const MAX_HELD = 8;

type KeyDamage = Extract<DamageKind, "untrusted_key" | "anchor_untrusted">;

/** What was seen under one key of a log. */
export class EpochFacts {
  /** The key as the log declares it; null: it declares none that can be read, and the caller's keys alone judge. */
  readonly key: VerifierKey | null;
  /** The largest size with a checkpoint or anchor of this key that verifies. */
  covered = 0;
  /** A quorum of witnesses cosigned one of them. */
  witnessed = false;
  /** Anchors that agree. */
  anchors = 0;
  /** The `key.rotate` that ends the epoch and bears the signature of its key. */
  rotation: Rotation | null = null;
  /** What is damage unless the key is trusted, and how much more of each kind. */
  readonly held: { readonly kind: KeyDamage; readonly place: Place; readonly message: string }[] = [];
  readonly heldMore: Record<KeyDamage, number> = { untrusted_key: 0, anchor_untrusted: 0 };

  constructor(key: VerifierKey | null) {
    this.key = key;
  }

  hold(kind: KeyDamage, place: Place, message: string): void {
    if (this.held.length < MAX_HELD) this.held.push({ kind, place, message });
    else this.heldMore[kind]++;
  }
}

export interface Rotation {
  /** Records up to and with it: the size that a checkpoint of the old key must cover. */
  readonly size: number;
  /** vkey of the next epoch. */
  readonly next: string;
  /** Its timestamp, in milliseconds since 1970. */
  readonly time: number;
}

/** The keys that are trusted: null where the caller gave none. */
export type Trusted = ReadonlySet<string> | null;

/**
 * The caller's keys, and those that a trusted key introduced by a `key.rotate` which a checkpoint
 * of a trusted key covers.
 *
 * INVARIANT (trust comes from outside): it begins with the caller's keys; the trail only hands it on.
 */
export function trustedKeys(given: readonly VerifierKey[] | null, logs: readonly (readonly EpochFacts[])[]): Trusted {
  if (given === null) return null;
  const trusted = new Set(given.map(formatVerifierKey));
  for (let before = -1; before !== trusted.size;) {
    before = trusted.size;
    for (const epochs of logs) {
      for (const { key, covered, rotation } of epochs) {
        // Only a checkpoint of exactly this size is signed by the old key and covers the rotation.
        if (rotation === null || key === null || covered < rotation.size) continue;
        if (trusted.has(formatVerifierKey(key))) trusted.add(rotation.next);
      }
    }
  }
  return trusted;
}

export interface Standing {
  /** Records under the largest checkpoint or anchor of a trusted key. */
  readonly covered: number;
  readonly witnessed: boolean;
  readonly confirmedAnchors: number;
}

/** What the facts of a log are worth under the trusted keys; reports what is damage because a key is not among them. */
export function judgeEpochs(epochs: readonly EpochFacts[], trusted: Trusted, findings: FindingList): Standing {
  let covered = 0;
  let witnessed = false;
  let confirmedAnchors = 0;
  for (const facts of epochs) {
    if (isTrusted(facts.key, trusted)) {
      if (trusted !== null) covered = Math.max(covered, facts.covered);
      if (trusted !== null && facts.witnessed) witnessed = true;
      confirmedAnchors += facts.anchors;
      continue;
    }
    for (const { kind, place, message } of facts.held) findings.damage(kind, place, message);
    findings.moreDamage("untrusted_key", facts.heldMore.untrusted_key);
    findings.moreDamage("anchor_untrusted", facts.heldMore.anchor_untrusted);
  }
  return { covered, witnessed, confirmedAnchors };
}

/** Without keys of the caller nothing is held against a key, and nothing counts for it. */
export function isTrusted(key: VerifierKey | null, trusted: Trusted): boolean {
  return trusted === null || key === null || trusted.has(formatVerifierKey(key));
}
