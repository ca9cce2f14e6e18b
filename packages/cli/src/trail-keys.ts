import { MAX_RECORD_BYTES } from "@proclaw/core";
import type { AuditSource } from "@proclaw/core";
import { CliError } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";
import { lineBatches } from "./lines.ts";

export interface KnownKeyQuestion {
  readonly source: AuditSource;
  readonly logs: readonly string[];
  /** The key and those before it. */
  readonly vkeys: readonly string[];
  /** The key's file, as the user named it. */
  readonly file: string;
}

/**
 * Demands that a log of the trail declares or introduces one of the keys. What another key signs is
 * `untrusted_key` to every auditor of the trail, for good: nothing takes a log out of it again.
 *
 * A slip is what this finds. Whether a key is to be trusted is the verifier's question.
 */
export async function assertKnownKey(io: CliIo, { source, logs, vkeys, file }: KnownKeyQuestion): Promise<void> {
  const known = new Set<string>();
  // Nearly always the first record of a log settles it; all records are read before somebody is refused.
  for (const isWhole of [false, true]) {
    for (const log of logs) {
      for await (const key of keysIn(io, source, log, isWhole)) {
        if (vkeys.includes(key)) return;
        known.add(key);
      }
    }
  }
  const [vkey = ""] = vkeys;
  throw new CliError(
    "invalid_option",
    `no log of the trail declares or introduces the key \`${labelOf(vkey)}\` of \`${file}\``,
    { hint: remedy(vkeys, [...known]) },
  );
}

function remedy(vkeys: readonly string[], known: readonly string[]): string {
  const bytes = new Set(vkeys.map(bytesOf));
  const renamed = known.find((key) => bytes.has(bytesOf(key)));
  if (renamed !== undefined) return `the trail knows it under another name: pass --key-name ${nameOf(renamed)}`;
  if (known.length === 0) return "the trail declares no key that can be read: look at it with `proclaw audit verify`";
  const labels = known.map((key) => `\`${labelOf(key)}\``).slice(-5);
  return `pass the private key file that belongs to ${labels.join(" or ")}; the preset keeps it in its state folder, as keys/trail.pem`;
}

/** Public keys that the first record of a log declares, or that any of its records does. */
async function* keysIn(io: CliIo, source: AuditSource, log: string, isWhole: boolean): AsyncGenerator<string> {
  for await (const segment of source.read(log)) {
    for await (const lines of lineBatches(segment.bytes, MAX_RECORD_BYTES)) {
      io.signal.throwIfAborted();
      for (const { bytes, ended } of lines) {
        const key = bytes === null || !ended ? null : keyIn(bytes);
        if (key !== null) yield key;
        if (!isWhole) return;
      }
    }
  }
}

/** `body.public_key` of a `log.open` or `key.rotate` record. */
function keyIn(line: Uint8Array): string | null {
  // Most records are neither, and parsing is what costs.
  if (!Buffer.from(line.buffer, line.byteOffset, line.byteLength).includes('"public_key"')) return null;
  try {
    const record = JSON.parse(Buffer.from(line).toString("utf8")) as {
      readonly kind?: unknown;
      readonly body?: { readonly public_key?: unknown } | null;
    } | null;
    const key = record?.body?.public_key;
    const isOfKind = record?.kind === "log.open" || record?.kind === "key.rotate";
    return isOfKind && typeof key === "string" ? key : null;
  } catch {
    return null;
  }
}

const nameOf = (vkey: string): string => vkey.split("+")[0] ?? "";
const labelOf = (vkey: string): string => vkey.split("+").slice(0, 2).join("+");
const bytesOf = (vkey: string): string => vkey.split("+").slice(2).join("+");
