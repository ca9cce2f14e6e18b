import { generateKeyPairSync, sign } from "node:crypto";
import { SPEC_VERSION } from "@proclaw/core";
import type { Signer } from "@proclaw/core";

/** A signer with a new key. */
export function memorySigner(name = "test"): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x as string, "base64url");
  return {
    specVersion: SPEC_VERSION,
    name,
    publicKey: new Uint8Array(raw),
    sign: async (message) => sign(null, message, privateKey),
  };
}
