import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";

/*
 * The format of docs/audit/format.md, written down once more and plainly: this package must not
 * depend on the writer or the verifier that it is used to test.
 */

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** Leaf hash of RFC 6962 section 2.1. */
export const leafOf = (line: Uint8Array): Uint8Array => sha256(Uint8Array.of(0x00), line);
/** Inner node of RFC 6962 section 2.1. */
export const nodeOf = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(Uint8Array.of(0x01), left, right);

/** Merkle tree hash as RFC 6962 section 2.1 defines it: split at the largest power of two below the size. */
export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeOf(treeRoot(leaves.slice(0, split)), treeRoot(leaves.slice(split)));
}

export const originOf = (log: string): string => `proclaw.log/${log}`;
export const segmentNameOf = (firstSeq: number): string => `${String(firstSeq).padStart(16, "0")}.jsonl`;
export const noteNameOf = (size: number): string => `${String(size).padStart(16, "0")}.note`;
export const checkpointLogOf = (key: TestKey): string => `checkpoints-${key.key.id}`;

/** The `n`th UUID of version 7. */
export function uuid(n: number): string {
  return `01890a5d-ac96-7${String(n % 1000).padStart(3, "0")}-8000-${n.toString(16).padStart(12, "0")}`;
}

/** A key pair of a test: everybody can have the secret one. */
export interface TestKey {
  readonly key: { readonly name: string; readonly id: string; readonly type: 1 | 4; readonly publicKey: Uint8Array };
  /** C2SP verifier key. */
  readonly vkey: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * A key pair made of a number, the same every time.
 *
 * @param type 1: Ed25519; 4: a witness's cosignature (C2SP tlog-cosignature)
 */
export function testKey(name: string, seed: number, type: 1 | 4 = 1): TestKey {
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8, Buffer.alloc(32, seed)]),
    format: "der",
    type: "pkcs8",
  });
  const publicKey = new Uint8Array(createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(12));
  const id = toHex(sha256(utf8(name), Uint8Array.of(0x0a, type), publicKey).subarray(0, 4));
  return {
    key: { name, id, type, publicKey },
    vkey: `${name}+${id}+${toBase64(Uint8Array.of(type, ...publicKey))}`,
    sign: (message) => new Uint8Array(sign(null, message, secret)),
  };
}

/** The key that signs the clean trails, and that a verifier is given. */
export const SIGNER: TestKey = testKey("proclaw.test/signer", 1);
/** The key of the next epoch in `boundTrail`. */
export const NEXT_SIGNER: TestKey = testKey("proclaw.test/next", 4);
/** The key of somebody else. */
export const OTHER_SIGNER: TestKey = testKey("proclaw.test/other", 2);

/** Text of a checkpoint: what is signed. */
export const checkpointText = (origin: string, size: number, root: Uint8Array): string =>
  `${origin}\n${size}\n${toBase64(root)}\n`;

/** What the key of an epoch signs to hand over to the next one. */
export const rotationText = (log: string, epoch: number, vkey: string): string =>
  `proclaw key rotation v1\n${originOf(log)}\n${epoch}\n${vkey}\n`;

/** A signed note (C2SP signed-note). */
export function noteOf(text: string, signers: readonly TestKey[]): Uint8Array {
  const lines = signers.map(({ key, sign: signBy }) => {
    const id = Buffer.from(key.id, "hex");
    return `\u2014 ${key.name} ${toBase64(concat(id, key.type === 1 ? signBy(utf8(text)) : cosignature(text, signBy)))}\n`;
  });
  return utf8(`${text}\n${lines.join("")}`);
}

function cosignature(text: string, signBy: TestKey["sign"]): Uint8Array {
  const time = 1_700_000_000n;
  const bytes = new Uint8Array(72);
  new DataView(bytes.buffer).setBigUint64(0, time);
  bytes.set(signBy(utf8(`cosignature/v1\ntime ${time}\n${text}`)), 8);
  return bytes;
}
