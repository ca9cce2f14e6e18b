import type { AuditRecord, JsonObject } from "@proclaw/core";
import { fromBase64, equalBytes, utf8 } from "./bytes.ts";
import type { Place } from "./finding.ts";
import type { Hasher } from "./hasher.ts";
import { logOrigin } from "./layout.ts";
import type { Ed25519Verify } from "./note.ts";
import { EpochFacts, type Rotation } from "./trust.ts";
import { ED25519, formatVerifierKey, parseVerifierKey, type VerifierKey } from "./verifier-key.ts";

/**
 * What the key of an epoch signs to hand over to the next one (docs/audit/format.md, *Keys*).
 *
 * @param keyEpoch number of the next epoch
 * @param publicKey vkey of the next epoch
 */
export function keyRotationText(log: string, keyEpoch: number, publicKey: string): string {
  return `proclaw key rotation v1\n${logOrigin(log)}\n${keyEpoch}\n${publicKey}\n`;
}

/** A `key.rotate` whose signature is still to be checked: that may need a promise, and taking a line does not wait. */
interface PendingRotation {
  readonly place: Place;
  readonly signer: VerifierKey;
  readonly text: string;
  readonly signature: Uint8Array;
  readonly next: VerifierKey;
  readonly size: number;
  readonly time: number;
}

/** The keys of a log, epoch by epoch, as the log itself declares them. */
export class KeyHistory {
  readonly #hasher: Hasher;
  readonly #epochs: EpochFacts[] = [new EpochFacts(null)];
  /** Key of the epoch to come: every record after `key.rotate` belongs to it. */
  #next: VerifierKey | null = null;
  #pending: PendingRotation | null = null;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  /**
   * Goes on after epochs that were verified before: each with its key and the rotation that ended it.
   * They hand on no trust, because nothing in a state proves that the old key signed the new one.
   */
  restore(epochs: readonly { readonly key: VerifierKey; readonly rotation: Rotation | null }[]): void {
    this.#epochs.length = 0;
    for (const { key, rotation } of epochs) {
      const facts = new EpochFacts(key);
      facts.rotation = rotation;
      this.#epochs.push(facts);
    }
    // A log may end in the rotation: then no record of the next epoch has been seen.
    const last = epochs.at(-1)?.rotation;
    if (last !== null && last !== undefined) this.#next = parseVerifierKey(this.#hasher, last.next);
  }

  get epochs(): readonly EpochFacts[] {
    return this.#epochs;
  }

  get current(): EpochFacts {
    return this.#epochs.at(-1) as EpochFacts;
  }

  /** Whether {@link settle} has something to do. */
  get isPending(): boolean {
    return this.#pending !== null;
  }

  /** Takes the key that `log.open` declares; null if it declares none. */
  open(body: JsonObject): VerifierKey | null {
    const key = keyIn(this.#hasher, body);
    this.#epochs[0] = new EpochFacts(key);
    return key;
  }

  /** Whether this is the epoch now, and no other one has been introduced. */
  isCurrent(epoch: number): boolean {
    return this.#next === null && epoch === this.#epochs.length - 1;
  }

  /**
   * INVARIANT (a signature never serves another epoch): after `key.rotate` comes the next epoch,
   * at once; before it and later the number stands still.
   */
  take(epoch: number): boolean {
    const now = this.#epochs.length - 1;
    if (this.#next === null) return epoch === now;
    if (epoch !== now + 1) return false;
    this.#epochs.push(new EpochFacts(this.#next));
    this.#next = null;
    return true;
  }

  /** Takes `key.rotate`; says what is wrong with it, as far as that can be said without its signature. */
  rotate(record: AuditRecord, log: string, size: number, place: Place): string | null {
    const { body } = record;
    const next = keyIn(this.#hasher, body);
    if (body === null || next === null) return "key.rotate introduces no Ed25519 key in `body.public_key`";
    this.#next = next;
    const signer = this.current.key;
    const epoch = this.#epochs.length;
    if (signer !== null && equalBytes(signer.publicKey, next.publicKey)) {
      return "key.rotate introduces the key that it retires";
    }
    if (body["key_epoch"] !== epoch) return `key.rotate names another epoch than ${epoch} as the next one`;
    const signature = signatureIn(body);
    if (signature === null) return "key.rotate bears no signature in `body.signature`";
    if (signer === null) return "key.rotate is signed by a key that the log does not declare";
    const text = keyRotationText(log, epoch, formatVerifierKey(next));
    this.#pending = { place, signer, text, signature, next, size, time: Date.parse(record.timestamp) };
    return null;
  }

  /** Checks the signature of the last `key.rotate`; gives its place if it does not verify. */
  async settle(verify: Ed25519Verify): Promise<Place | null> {
    const rotation = this.#pending;
    this.#pending = null;
    if (rotation === null) return null;
    if (!(await isSigned(rotation, verify))) return rotation.place;
    this.current.rotation = {
      size: rotation.size,
      next: formatVerifierKey(rotation.next),
      time: rotation.time,
    };
    return null;
  }
}

async function isSigned(rotation: PendingRotation, verify: Ed25519Verify): Promise<boolean> {
  try {
    return await verify(rotation.signer.publicKey, utf8(rotation.text), rotation.signature);
  } catch {
    return false;
  }
}

function keyIn(hasher: Hasher, body: JsonObject | null): VerifierKey | null {
  const text = body?.["public_key"];
  // A vkey file may end in LF; in a record there is one way to write a key.
  if (typeof text !== "string" || text.endsWith("\n")) return null;
  try {
    const key = parseVerifierKey(hasher, text);
    return key.type === ED25519 ? key : null;
  } catch {
    return null;
  }
}

function signatureIn(body: JsonObject): Uint8Array | null {
  const text = body["signature"];
  if (typeof text !== "string") return null;
  try {
    const signature = fromBase64(text);
    return signature.length === 64 ? signature : null;
  } catch {
    return null;
  }
}
