import { ProclawError, type StoredCheckpoint } from "@proclaw/core";
import type { Hasher } from "./hasher.ts";
import type { Ed25519Verify } from "./note.ts";
import type { VerifyState } from "./verify-state.ts";
import { COSIGNATURE_V1, ED25519, parseVerifierKey, type SignatureType, type VerifierKey } from "./verifier-key.ts";

/** How far verifying has come, over all logs. */
export interface VerifyProgress {
  /** The log that is being read. */
  readonly log: string;
  readonly records: number;
  readonly bytes: number;
}

export interface VerifyOptions {
  readonly hasher: Hasher;
  readonly ed25519Verify: Ed25519Verify;
  /**
   * Keys whose checkpoints are trusted, as C2SP vkeys. They must come from somewhere else than the
   * trail. When keys are given, every log and every checkpoint must be signed by one of them, or by one
   * that a `key.rotate` under one of them introduced; without any the level is L0 at most.
   */
  readonly keys?: readonly string[];
  /**
   * Signed notes that were kept elsewhere. Each must agree with the log its origin names. They are
   * judged under `keys`; without any, under the key the log itself declares.
   */
  readonly anchors?: readonly StoredCheckpoint[];
  /** Keys of independent witnesses, as C2SP vkeys (type 0x04, or 0x01). */
  readonly witnesses?: readonly string[];
  /** How many of them must have cosigned a checkpoint for L3; default: all. */
  readonly witnessQuorum?: number;
  /** Prove also that every line is canonical JSON, and take a torn last line and a closed log without any checkpoint as damage. Default false. */
  readonly strict?: boolean;
  /**
   * A state that an earlier run gave: only what came since is read. Refused (`unreadable_evidence`)
   * unless each log of it rests on a checkpoint that one of `keys` signed. Anchors of smaller sizes
   * cannot be confirmed then.
   */
  readonly resume?: VerifyState;
  /** Gets the state to go on from another time; called only if the trail is intact and `keys` were given. */
  readonly onState?: (state: VerifyState) => void;
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
}

/** The keys of the caller, read. */
export interface CallerKeys {
  /** Null: none were given. */
  readonly given: readonly VerifierKey[] | null;
  readonly witnesses: readonly VerifierKey[];
  readonly witnessQuorum: number;
}

/** Reads the keys; throws `invalid_option`. */
export function callerKeys(options: VerifyOptions): CallerKeys {
  const given = (options.keys ?? []).length === 0 ? null : readKeys(options.hasher, options.keys ?? [], [ED25519]);
  const witnesses = readKeys(options.hasher, options.witnesses ?? [], [COSIGNATURE_V1, ED25519]);
  const witnessQuorum = options.witnessQuorum ?? witnesses.length;
  if (!Number.isSafeInteger(witnessQuorum) || witnessQuorum < 0 || witnessQuorum > witnesses.length) {
    throw new ProclawError("invalid_option", "`witnessQuorum` must be at most the number of witnesses");
  }
  return { given, witnesses, witnessQuorum };
}

function readKeys(hasher: Hasher, texts: readonly string[], types: readonly SignatureType[]): VerifierKey[] {
  return texts.map((text) => {
    let key: VerifierKey;
    try {
      key = parseVerifierKey(hasher, text);
    } catch (cause) {
      throw new ProclawError("invalid_option", "a key that was given is not a C2SP verifier key", { cause });
    }
    if (!types.includes(key.type)) throw new ProclawError("invalid_option", `key \`${key.name}\` is of a wrong type`);
    return key;
  });
}
