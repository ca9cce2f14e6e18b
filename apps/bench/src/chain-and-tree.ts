import { hash } from "node:crypto";
import type { AuditSource } from "@proclaw/core";
import { isLogId, leafHash, logOrigin, MerkleAccumulator, parseCheckpoint, parseNote } from "@proclaw/verify";
import { nodeHasher } from "@proclaw/verify/node";

export interface LogEnd {
  readonly log: string;
  readonly records: number;
  /** Leaf of the last record, hex. */
  readonly head: string;
}

const LF = 0x0a;
const PREV = Buffer.from(`,"prev":`);

/**
 * The least that tells whether a log is whole: lines, leaf hashes, each record's `prev`, the tree,
 * and the root that the last checkpoint names. No signatures, no meaning of records. For figures
 * only: `verifyTrail` is what judges a trail.
 */
export async function chainAndTree(source: AuditSource): Promise<readonly LogEnd[]> {
  return await eachLog(source, async (log) => {
    const tree = new MerkleAccumulator(nodeHasher);
    let head: Uint8Array = new Uint8Array(0);
    await eachLine(source, log, (line) => {
      const at = line.indexOf(PREV) + PREV.length;
      const fits = tree.size === 0 ? line.toString("latin1", at, at + 4) === "null" : isQuotedHex(line, at, head);
      if (!fits) throw new Error(`log ${log}: record ${tree.size} does not name the one before it`);
      head = leafHash(nodeHasher, line);
      tree.append(head);
    });
    await holdAgainstCheckpoint(source, log, tree);
    return { log, records: tree.size, head: Buffer.from(head).toString("hex") };
  });
}

/** One SHA-256 over each line and nothing else: no verifier with this hash can be faster. */
export async function hashesOnly(source: AuditSource): Promise<readonly LogEnd[]> {
  const prefixed = Buffer.alloc(65_537);
  return await eachLog(source, async (log) => {
    let records = 0;
    let head = "";
    await eachLine(source, log, (line) => {
      prefixed.set(line, 1);
      head = hash("sha256", prefixed.subarray(0, line.length + 1), "hex");
      records++;
    });
    return { log, records, head };
  });
}

async function eachLog(source: AuditSource, read: (log: string) => Promise<LogEnd>): Promise<readonly LogEnd[]> {
  const ends: LogEnd[] = [];
  for (const log of await source.logs()) if (isLogId(log)) ends.push(await read(log));
  return ends;
}

/** Calls `take` with each line without its LF. A generator of lines would cost as much as a hash. */
async function eachLine(source: AuditSource, log: string, take: (line: Buffer) => void): Promise<void> {
  let rest = Buffer.alloc(0);
  for await (const segment of source.read(log)) {
    for await (const chunk of segment.bytes) {
      const bytes = Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
        take(bytes.subarray(start, end));
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  }
  if (rest.length > 0) throw new Error(`log ${log} ends with a torn line`);
}

const DIGITS = Buffer.from("0123456789abcdef");

function isQuotedHex(line: Uint8Array, at: number, hash: Uint8Array): boolean {
  for (let i = 0; i < hash.length; i++) {
    const byte = hash[i] ?? 0;
    if (line[at + 1 + 2 * i] !== DIGITS[byte >> 4] || line[at + 2 + 2 * i] !== DIGITS[byte & 15]) return false;
  }
  return true;
}

async function holdAgainstCheckpoint(source: AuditSource, log: string, tree: MerkleAccumulator): Promise<void> {
  for await (const { note } of source.checkpoints(log, tree.size)) {
    const { origin, size, root } = parseCheckpoint(parseNote(note).text);
    if (origin === logOrigin(log) && size === tree.size && Buffer.from(root).equals(tree.root())) return;
    throw new Error(`log ${log}: the root over ${tree.size} records is not that of its checkpoint`);
  }
  throw new Error(`log ${log}: no checkpoint covers its ${tree.size} records`);
}
