import { ProclawError } from "@proclaw/core";
import { equalBytes, fromHex, utf8 } from "./bytes.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import type { PairingSnapshot } from "./decision-pairing.ts";
import type { Hasher } from "./hasher.ts";
import { isLogId, logOrigin } from "./layout.ts";
import { MerkleAccumulator } from "./merkle.ts";
import { parseNote, verifyNote, type Ed25519Verify } from "./note.ts";
import type { Rotation } from "./trust.ts";
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from "./verifier-key.ts";

/** Version of {@link VerifyState}. */
export const STATE_VERSION = 1;

/** Where a log stood at a checkpoint. Plain JSON. */
export interface ChainSnapshot {
  readonly size: number;
  /** Roots of the complete subtrees (a compact range), hex, lowest level first. */
  readonly frontier: readonly (string | null)[];
  /** Leaf of the last record, hex. */
  readonly head: string;
  readonly closed: boolean;
  readonly writer_epoch: number;
  /** Timestamp of the last record: `YYYYMMDD` and `hhmmssmmm`. */
  readonly date: number;
  readonly time: number;
  /** Keys by epoch, as vkeys. */
  readonly epochs: readonly { readonly key: string; readonly rotation: Rotation | null }[];
  readonly pairing: PairingSnapshot;
}

export interface LogState extends ChainSnapshot {
  readonly log: string;
  /** The checkpoint over the first `size` records, as it was signed. */
  readonly note: string;
}

/**
 * What an auditor keeps to verify only what came since. It is evidence of the auditor's own, like
 * an anchor: to be kept where the trail's owner cannot write. The signed checkpoint in it proves
 * the tree; the rest (calls that wait for their outcome) is taken as it is.
 */
export interface VerifyState {
  readonly v: typeof STATE_VERSION;
  /** Whether the records were verified in strict mode. */
  readonly strict: boolean;
  readonly logs: readonly LogState[];
}

/** The tree of a snapshot; throws `unreadable_evidence`. */
export function treeOf(hasher: Hasher, { size, frontier }: ChainSnapshot): MerkleAccumulator {
  const hashes = frontier.map((hash) => (hash === null ? null : fromHex(hash)));
  const tree = MerkleAccumulator.from(hasher, size, hashes);
  if (tree === null) throw refused("is not that of a log of its size");
  return tree;
}

/**
 * Demands that a state can be gone on from; throws `unreadable_evidence`.
 *
 * INVARIANT (resume from trust only): the frontier of each log hashes to the root of a checkpoint
 * that a key of the caller signed, and that key is the one the log declares there.
 */
export async function checkState(
  state: VerifyState,
  caller: {
    readonly given: readonly VerifierKey[] | null;
    readonly strict: boolean;
    readonly hasher: Hasher;
    readonly ed25519Verify: Ed25519Verify;
  },
): Promise<void> {
  if (!isState(state)) throw refused("has not the form of this version");
  if (caller.strict && !state.strict) throw refused("was not made in strict mode");
  if (new Set(state.logs.map(({ log }) => log)).size !== state.logs.length) throw refused("names a log twice");
  for (const log of state.logs) {
    const note = parseNote(utf8(log.note));
    const { origin, size, root } = parseCheckpoint(note.text);
    const { verified, failed } = await verifyNote(note, caller.given ?? [], caller.ed25519Verify);
    const declared = log.epochs.at(-1)?.key;
    const isSigned = verified.some((key) => formatVerifierKey(key) === declared);
    if (failed.length > 0 || !isSigned)
      throw refused(`rests on a checkpoint of log \`${log.log}\` that no given key signed`);
    const isOfLog = origin === logOrigin(log.log) && size === log.size;
    if (!isOfLog || !equalBytes(treeOf(caller.hasher, log).root(), root)) {
      throw refused(`of log \`${log.log}\` is not what its checkpoint covers`);
    }
    for (const [at, { key, rotation }] of log.epochs.entries()) {
      parseVerifierKey(caller.hasher, key);
      const next = log.epochs[at + 1]?.key;
      if (next !== undefined ? rotation?.next !== next : rotation !== null && rotation.size !== log.size) {
        throw refused(`has key epochs of log \`${log.log}\` that do not follow on each other`);
      }
      if (rotation !== null) parseVerifierKey(caller.hasher, rotation.next);
    }
  }
}

function isState(value: unknown): value is VerifyState {
  if (!isObject(value) || value["v"] !== STATE_VERSION || typeof value["strict"] !== "boolean") return false;
  const logs: unknown = value["logs"];
  return Array.isArray(logs) && logs.every(isLogState);
}

function isLogState(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { log, note, frontier, head, closed, epochs, pairing } = value;
  const numbers = [value["size"], value["writer_epoch"], value["date"], value["time"]];
  return (
    typeof log === "string" &&
    isLogId(log) &&
    typeof note === "string" &&
    typeof closed === "boolean" &&
    numbers.every((number) => Number.isSafeInteger(number) && (number as number) >= 0) &&
    isHash(head) &&
    Array.isArray(frontier) &&
    frontier.every((hash) => hash === null || isHash(hash)) &&
    Array.isArray(epochs) &&
    epochs.length > 0 &&
    epochs.every(isEpoch) &&
    isPairing(pairing)
  );
}

function isEpoch(value: unknown): boolean {
  if (!isObject(value) || typeof value["key"] !== "string") return false;
  const rotation = value["rotation"];
  if (rotation === null) return true;
  return (
    isObject(rotation) &&
    typeof rotation["next"] === "string" &&
    Number.isSafeInteger(rotation["size"]) &&
    Number.isSafeInteger(rotation["time"])
  );
}

function isPairing(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { open, refused: denied } = value;
  const isOpen = (one: unknown): boolean =>
    Array.isArray(one) && one.length === 2 && Number.isSafeInteger(one[0]) && typeof one[1] === "string";
  return (
    Array.isArray(open) &&
    open.every(isOpen) &&
    Array.isArray(denied) &&
    denied.every((call) => typeof call === "string")
  );
}

const isHash = (value: unknown): boolean => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function refused(why: string): ProclawError {
  return new ProclawError("unreadable_evidence", `the state ${why}`);
}
