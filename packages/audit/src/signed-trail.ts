import type { AuditTrail, Signer } from "@proclaw/core";

/** A trail whose key can be changed. */
export interface SignedTrail extends AuditTrail {
  /**
   * Ends the key epoch of this trail's log: a `key.rotate` record that the old key signs, a
   * checkpoint by the old key that ends with it; everything later is signed by the new key. Resolves
   * when the new epoch has begun. Records that wait meanwhile are written in the new one.
   *
   * The new key has to be kept for good before: a log whose key is lost cannot be closed under a signature.
   *
   * Errors: `invalid_option` for the key that is in force, `trail_unavailable`, what the signers
   * throw. When it rejects, the record may all the same be there: do it again with the same key.
   */
  rotateKey(next: Signer): Promise<void>;
}
