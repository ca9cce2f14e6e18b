import { MAX_RECORD_BYTES, ProclawError, type AuditRecord } from "@proclaw/core";
import { fromUtf8 } from "./bytes.ts";
import { isCanonical } from "./canonical-line.ts";
import { wrongMember } from "./record-shape.ts";

/** What can be wrong with a line by itself. */
export type LineDamage =
  | "empty_line"
  | "oversized_line"
  | "not_utf8"
  | "not_json"
  | "not_canonical"
  | "malformed_record";

export type ReadLine =
  | { readonly ok: true; readonly record: AuditRecord }
  | { readonly ok: false; readonly damage: LineDamage; readonly message: string };

export interface ParseOptions {
  /**
   * Prove that the bytes are the canonical JSON of what they say, which refuses duplicate keys,
   * white space and other spellings. Default true. Without it only the chain vouches for the bytes.
   */
  readonly canonical?: boolean;
}

/**
 * Reads one line of a trail, without its LF, strictly: UTF-8, no byte order mark, no carriage
 * return, exactly the members of an `AuditRecord`, closed unions, canonical bytes, at most 65 535
 * of them. Does not look at the chain.
 *
 * @throws ProclawError `unreadable_evidence`
 */
export function parseRecord(line: Uint8Array, options?: ParseOptions): AuditRecord {
  const read = readLine(line, options?.canonical ?? true);
  if (!read.ok) throw new ProclawError("unreadable_evidence", read.message);
  return read.record;
}

/** {@link parseRecord} that answers instead of throwing. */
export function readLine(line: Uint8Array, canonical: boolean): ReadLine {
  if (line.length === 0) return bad("empty_line", "the line is empty");
  if (line.length > MAX_RECORD_BYTES) return bad("oversized_line", `the line is longer than ${MAX_RECORD_BYTES} bytes`);
  let text: string;
  try {
    text = fromUtf8(line);
  } catch {
    return bad("not_utf8", "the line is not UTF-8");
  }
  if (text.startsWith("\uFEFF")) return bad("not_canonical", "the line begins with a byte order mark");
  if (text.includes("\r")) return bad("not_canonical", "the line holds a carriage return");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad("not_json", "the line is not JSON");
  }
  const wrong = wrongMember(value);
  if (wrong !== null) {
    return bad(
      "malformed_record",
      wrong === ""
        ? "the record has not the members of the format"
        : `member \`${wrong}\` is not as the format demands`,
    );
  }
  if (canonical && !isCanonical(text, value)) {
    return bad("not_canonical", "the bytes are not the canonical JSON of the record");
  }
  return { ok: true, record: value as AuditRecord };
}

function bad(damage: LineDamage, message: string): ReadLine {
  return { ok: false, damage, message };
}
