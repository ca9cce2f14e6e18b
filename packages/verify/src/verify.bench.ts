/*
 * Records per second of verifying 1 KB records, beside the machine's hash ceiling, interleaved:
 *
 *     node --conditions @proclaw/source packages/verify/src/verify.bench.ts [records]
 *
 * CPU time of this process, best of the rounds; only the ratios travel between machines.
 */
import { hash } from "node:crypto";
import { loadavg } from "node:os";
import { SPEC_VERSION, type AuditSource } from "@proclaw/core";
import { fromUtf8, isHexOf } from "./bytes.ts";
import { LogWriter, SIGNER } from "./fixtures/trail-builder.ts";
import { leafHash, MerkleAccumulator, verifyTrail } from "./index.ts";
import { nodeEd25519Verify, nodeHasher } from "./node.ts";

const RECORDS = Number(process.argv[2] ?? 40_000);
const ROUNDS = 5;
const CHUNK = 65_536;

const log = new LogWriter({ n: 1, signer: SIGNER, segmentRecords: 64 });
for (let call = 0; log.size < RECORDS; call++) {
  log.call(`call-${call}`, "allow", { patient: "1234567890", note: "x".repeat(60) });
  if (call % 512 === 511) log.checkpoint();
}
log.checkpoint();
const all = new Uint8Array(Buffer.concat(log.log.segments.map(({ bytes }) => bytes)));

const source: AuditSource = {
  specVersion: SPEC_VERSION,
  logs: () => Promise.resolve([log.id]),
  async *read() {
    yield { name: "0000000000000000.jsonl", firstSeq: 0, bytes: chunks() };
  },
  async *checkpoints() {
    yield* log.log.notes;
  },
  evidence: () => Promise.resolve({ worm: false, retainedUntil: null, findings: [] }),
};

async function* chunks(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < all.length; at += CHUNK) yield all.subarray(at, at + CHUNK);
}

/** The least a verifier can do with a line: its leaf, and whether it names the one before. */
function chain(withTree: boolean): void {
  const tree = new MerkleAccumulator(nodeHasher);
  let last: Uint8Array | null = null;
  for (const line of log.lines) {
    const record = JSON.parse(fromUtf8(line)) as { readonly hash_chain: { readonly prev: string | null } };
    if (last !== null && !isHexOf(record.hash_chain.prev, last)) throw new Error("the chain is broken");
    last = leafHash(nodeHasher, line);
    if (withTree) tree.append(last);
  }
}

const verify = async (strict: boolean): Promise<void> => {
  const options = { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, keys: [SIGNER.vkey], strict };
  const { verdict, level } = await verifyTrail(source, options);
  if (verdict !== "intact" || level !== "L1") throw new Error("the clean trail did not verify");
};

const subjects: readonly (readonly [name: string, run: () => void | Promise<void>])[] = [
  ["hash ceiling: one SHA-256 a record", () => log.lines.forEach((line) => hash("sha256", line, "binary"))],
  ["leaf hashes only", () => log.lines.forEach((line) => leafHash(nodeHasher, line))],
  ["chain only (JSON.parse)", () => chain(false)],
  ["chain + Merkle (JSON.parse)", () => chain(true)],
  ["verifyTrail", () => verify(false)],
  ["verifyTrail, strict", () => verify(true)],
];

const best = new Map<string, number>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of subjects) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, user + system));
  }
}

const ceiling = best.get(subjects[0]?.[0] ?? "") ?? Number.NaN;
console.log(
  `${log.size} records of ${Math.round(all.length / log.size)} bytes, ${log.log.notes.length} checkpoints, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}, peak resident memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB (with the trail in memory)`,
);
for (const [name, micros] of best) {
  const rate = (log.size / micros) * 1_000;
  console.log(`${name.padEnd(36)} ${rate.toFixed(0).padStart(6)} k/s  ${(ceiling / micros).toFixed(3)} of the ceiling`);
}
