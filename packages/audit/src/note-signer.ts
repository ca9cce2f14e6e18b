import { assertContract } from "@proclaw/core";
import type { Signer } from "@proclaw/core";
import { formatVerifierKey, verifierKey } from "@proclaw/verify";
import type { VerifierKey } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";
import { within } from "./deadline.ts";

/** Signs for a log: a key as notes name it, and as `log.open` and `key.rotate` do. */
export interface NoteSigner {
  readonly key: VerifierKey;
  readonly vkey: string;
  /** {@link Signer.sign}, which has to answer in time. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** @throws ProclawError `incompatible_contract`, or `unreadable_evidence` for a name that no note can bear */
export function noteSigner(signer: Signer, deadlineMs: number): NoteSigner {
  assertContract(signer, "Signer");
  const key = verifierKey(nodeHasher, signer.name, signer.publicKey);
  return {
    key,
    vkey: formatVerifierKey(key),
    sign: (message) => within(deadlineMs, "the signer", () => signer.sign(message)),
  };
}
