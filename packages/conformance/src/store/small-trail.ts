import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { canonicalJson, eventFields, RECORD_VERSION } from "@proclaw/core";
import type { AuditRecord, SealedRecord } from "@proclaw/core";
import { leafOf, sealed } from "./records.ts";

/**
 * A log that a verifier takes: `log.open` and heartbeats, and a checkpoint over all of it, signed
 * with a key made for it. Written down here once more, plainly, because this package must not
 * depend on the writer that it may be used to test.
 */
export function smallTrail(log: string, size: number): { records: SealedRecord[]; checkpoint: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x as string, "base64url");
  const typed = Buffer.concat([Uint8Array.of(0x01), raw]);
  const id = sha256(Buffer.from("kit\n"), typed).subarray(0, 4);
  const origin = `proclaw.log/${log}`;
  const open = {
    origin,
    public_key: `kit+${id.toString("hex")}+${typed.toString("base64")}`,
    predecessor: null,
    software: "@proclaw/conformance",
  };
  const records: SealedRecord[] = [];
  for (let seq = 0; seq < size; seq++) {
    const record: AuditRecord = {
      ...eventFields(seq === 0 ? { kind: "log.open", body: open } : { kind: "heartbeat" }),
      v: RECORD_VERSION,
      event_id: `01990000-0000-7000-9000-${String(seq).padStart(12, "0")}`,
      timestamp: new Date(1_700_000_000_000 + seq).toISOString(),
      mono_ns: String(seq),
      boot_id: "kit",
      hash_chain: {
        alg: "sha256-rfc6962",
        log,
        writer: "kit",
        writer_epoch: 0,
        key_epoch: 0,
        seq,
        prev: records.at(-1)?.leaf ?? null,
      },
    };
    records.push(sealed(seq, Buffer.from(canonicalJson(record))));
  }
  const root = treeRoot(records.map(({ bytes }) => Buffer.from(leafOf(bytes), "hex")));
  const text = `${origin}\n${size}\n${root.toString("base64")}\n`;
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]);
  return { records, checkpoint: Buffer.from(`${text}\n\u2014 kit ${signature.toString("base64")}\n`) };
}

/** Merkle tree hash as RFC 6962 section 2.1 defines it: split at the largest power of two below the size. */
function treeRoot(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (leaves.length === 1 && first !== undefined) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Uint8Array.of(0x01), treeRoot(leaves.slice(0, split)), treeRoot(leaves.slice(split)));
}

function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
