import { ProclawError } from "@proclaw/core";
import { fromBase64, toBase64, utf8 } from "./bytes.ts";

/** Head of a Merkle tree at one size: the text of a C2SP tlog-checkpoint. */
export interface Checkpoint {
  /** Which log: `proclaw.log/<log id>`. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** The note text of a checkpoint; to be signed and put into a note. Throws `invalid_option`. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const text = `${checkpoint.origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`;
  try {
    parseCheckpoint(text);
  } catch (cause) {
    throw new ProclawError("invalid_option", "these parts make no checkpoint", { cause });
  }
  return text;
}

/**
 * Reads the text of a checkpoint note; throws `unreadable_evidence`. Extension lines, which C2SP
 * allows and advises against, are refused: nothing of ours writes them, and nobody audits them.
 */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] !== "") throw badCheckpoint("is not exactly three lines");
  const [origin = "", digits = "", encoded = ""] = lines;
  // oxlint-disable-next-line no-control-regex -- control characters are what the specification forbids
  if (origin === "" || /[\u0000-\u001f]/.test(origin)) throw badCheckpoint("has a malformed origin");
  utf8(origin);
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(digits)) throw badCheckpoint("has a malformed tree size");
  const size = Number(digits);
  if (!Number.isSafeInteger(size)) throw badCheckpoint("has a tree size beyond 2^53 - 1");
  const root = fromBase64(encoded);
  if (root.length !== 32) throw badCheckpoint("has a root that is not 32 bytes long");
  return { origin, size, root };
}

function badCheckpoint(why: string): ProclawError {
  return new ProclawError("unreadable_evidence", `the checkpoint ${why}`);
}
