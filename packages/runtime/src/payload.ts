import { canonicalJson, clonePlainJson, ProclawError } from "@proclaw/core";
import type { JsonObject, JsonValue, Payload } from "@proclaw/core";
import type { Sanitizer } from "@proclaw/redact";
import type { OutputLimits } from "./obligations.ts";

/**
 * Most that is looked at of an output when nothing else limits it, in bytes: beyond it, recording
 * and limiting an output would cost the host more than the output is worth.
 */
export const MAX_OUTPUT_BYTES = 1_048_576;

/** Canonical bytes of the largest payload to put into a record, which has 64 KiB in all. */
export const MAX_INLINE_BYTES = 49_152;
/** Canonical bytes that one unit of `clonePlainJson`'s size may take: a number has up to 25, and its punctuation. */
const MAX_EXPANSION = 32;

/** What of an output is returned and what is recorded. */
export type OutputCheck =
  | { readonly pass: true; readonly value: unknown; readonly payload: Payload }
  | { readonly pass: false; readonly why: string; readonly payload: Payload };

export type ReturnOutput = "as_is" | "sanitized";

/**
 * A payload as it goes into an event: raw, because the one place that cleans it is `sanitizeEvent`.
 * What is too large for a record is not kept; its size is.
 */
export function payloadOf(value: JsonValue): Payload {
  const bytes = isSmall(value) ? 0 : Buffer.byteLength(canonicalJson(value));
  if (bytes > MAX_INLINE_BYTES) return { ...omitted(value), bytes };
  return { mode: "inline", value, redactions: [], redaction_count: 0 };
}

/** Whether it fits for certain: a cheaper walk than writing it out. */
function isSmall(value: JsonValue): boolean {
  try {
    clonePlainJson(value, MAX_INLINE_BYTES / MAX_EXPANSION);
    return true;
  } catch {
    return false;
  }
}

/** What a value was like, when it is not kept. Looks at nothing that its owner could make throw or lie. */
export function omitted(value: unknown): Extract<Payload, { readonly mode: "omitted" }> {
  return { mode: "omitted", type: typeName(value), bytes: byteSize(value) };
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  if (ArrayBuffer.isView(value)) return "bytes";
  try {
    return Array.isArray(value) ? "array" : "object";
  } catch {
    // A revoked proxy.
    return "object";
  }
}

function byteSize(value: unknown): number | null {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (value === undefined) return 0;
  return ArrayBuffer.isView(value) ? value.byteLength : null;
}

/**
 * Sanitizes, checks and limits what a tool returned.
 *
 * The value that passes is the tool's own unless the output was limited or `returnOutput` is
 * `sanitized`: then it is the frozen copy that was checked, so that a getter or proxy cannot show
 * something else afterwards. Output that is not JSON cannot be limited or sanitized: where that is
 * demanded, it is withheld.
 *
 * @throws whatever the sanitizer throws: then the outcome cannot be recorded
 */
export function checkOutput(
  output: unknown,
  limits: OutputLimits | null,
  sanitizer: Sanitizer,
  returnOutput: ReturnOutput,
  keepPayload: boolean,
): OutputCheck {
  // A tool that returns nothing has nothing to be limited or cleaned.
  if (output === undefined) return { pass: true, value: undefined, payload: omitted(undefined) };
  const mustCopy = limits !== null || returnOutput === "sanitized";
  let copy: JsonValue;
  try {
    // A limit on bytes holds after the selection of fields, so it is no limit for the copy.
    copy = clonePlainJson(output, mustCopy ? MAX_OUTPUT_BYTES : MAX_INLINE_BYTES);
  } catch (error) {
    const payload = omitted(output);
    if (!mustCopy) return { pass: true, value: output, payload };
    const why = ProclawError.is(error, "too_large") ? "is too large to be checked" : "is not plain JSON";
    return { pass: false, why, payload };
  }
  if (limits !== null) {
    const limited = limit(copy, limits);
    if (typeof limited === "string") return { pass: false, why: limited, payload: omitted(output) };
    copy = limited.value;
  }
  const value =
    returnOutput === "sanitized" ? clonePlainJson(sanitizer.sanitize(copy).value) : mustCopy ? copy : output;
  return { pass: true, value, payload: keepPayload ? payloadOf(copy) : omitted(output) };
}

function limit(copy: JsonValue, { maxBytes, keepFields }: OutputLimits): { readonly value: JsonValue } | string {
  let value = copy;
  // Null holds no members.
  if (keepFields !== null && value !== null) {
    if (typeof value !== "object" || Array.isArray(value)) return "is not an object of which members could be kept";
    value = Object.freeze(
      Object.fromEntries(Object.entries(value as JsonObject).filter(([name]) => keepFields.has(name))),
    );
  }
  if (maxBytes !== null && Buffer.byteLength(canonicalJson(value)) > maxBytes) {
    return `is larger than ${maxBytes} bytes`;
  }
  return { value };
}
