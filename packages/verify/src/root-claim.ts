import type { StoredCheckpoint } from "@proclaw/core";
import { equalBytes, toHex } from "./bytes.ts";
import { parseCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { parseNote, verifyNote, type Ed25519Verify, type Note } from "./note.ts";
import { isSameKey } from "./log-chain.ts";
import type { VerifierKey } from "./verifier-key.ts";

/** A signed statement about the root of a log at one size, read but not yet believed. */
export interface RootClaim {
  /** Name of the note, for findings. */
  readonly name: string;
  readonly note: Note;
  readonly checkpoint: Checkpoint;
}

/** What a signed statement is worth, if the key that the log declares is. */
export type ClaimVerdict =
  | {
      readonly ok: true;
      /** Distinct witness keys that cosigned. */
      readonly witnesses: number;
      /** Signatures by nobody we know. */
      readonly unknown: number;
    }
  | { readonly ok: false; readonly why: "bad_signature" | "wrong_signer"; readonly message: string };

export interface ClaimJudge {
  readonly ed25519Verify: Ed25519Verify;
  /** Keys of the caller; null: none were given. */
  readonly given: readonly VerifierKey[] | null;
  readonly witnesses: readonly VerifierKey[];
}

/** Reads a note as a checkpoint; throws `unreadable_evidence`. */
export function readClaim(stored: StoredCheckpoint): RootClaim {
  const note = parseNote(stored.note);
  return { name: stored.name, note, checkpoint: parseCheckpoint(note.text) };
}

/**
 * Judges the signatures of a claim. The declared key must sign, so that damage shows without any
 * key given; whether that key is trusted is another question (`trust.ts`).
 *
 * @param declared the key that the log names for this epoch; null: it names none that can be read
 */
export async function judgeClaim(
  claim: RootClaim,
  declared: VerifierKey | null,
  judge: ClaimJudge,
): Promise<ClaimVerdict> {
  const known: VerifierKey[] = [];
  for (const key of [...(declared === null ? [] : [declared]), ...(judge.given ?? []), ...judge.witnesses]) {
    if (!isAmong(key, known)) known.push(key);
  }
  const { verified, failed, unknown } = await verifyNote(claim.note, known, judge.ed25519Verify);
  if (failed.length > 0) {
    return { ok: false, why: "bad_signature", message: "a signature in the name of a known key does not verify" };
  }
  // A log that declares no key is damaged or empty, which is a finding of its own; its claims are
  // then judged by the caller's keys alone.
  const signers = declared === null ? judge.given : [declared];
  const signed = signers === null ? [] : verified.filter((key) => isAmong(key, signers));
  if (signers !== null && signed.length === 0) {
    return { ok: false, why: "wrong_signer", message: "the key that the log names for this epoch did not sign" };
  }
  // Counted by public key: one witness under two names is one witness, and the log's own key is none.
  const own = new Set(signed.map((key) => toHex(key.publicKey)));
  const cosigners = verified.filter((key) => isAmong(key, judge.witnesses)).map((key) => toHex(key.publicKey));
  const witnesses = new Set(cosigners.filter((key) => !own.has(key))).size;
  return { ok: true, witnesses, unknown: unknown.length };
}

function isAmong(key: VerifierKey, keys: readonly VerifierKey[]): boolean {
  return keys.some((other) => isSameKey(other, key));
}

/** Whether the claim says what the log itself hashes to. */
export function isRoot(claim: RootClaim, root: Uint8Array): boolean {
  return equalBytes(claim.checkpoint.root, root);
}
