import { generateKeyPairSync, sign } from "node:crypto";
import { SPEC_VERSION } from "@proclaw/core";
import type { Signer } from "@proclaw/core";

/** A signer with a new key. */
export function testSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    specVersion: SPEC_VERSION,
    name: "e2e",
    publicKey: new Uint8Array(Buffer.from(publicKey.export({ format: "jwk" }).x as string, "base64url")),
    sign: async (message) => sign(null, message, privateKey),
  };
}
