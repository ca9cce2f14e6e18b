import type { SpecVersion } from "./spec-version.ts";

/**
 * Signs checkpoints (C2SP signed-note, signature type 0x01: Ed25519). The private key may live in a
 * file, a KMS or another process.
 */
export interface Signer {
  readonly specVersion: SpecVersion;
  /** Name of the key, as it stands in the signature line. */
  readonly name: string;
  /** 32 bytes, raw Ed25519 public key. */
  readonly publicKey: Uint8Array;
  /** 64 bytes, Ed25519 signature (RFC 8032) over `message`. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
