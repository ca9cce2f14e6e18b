import type { Sanitizer } from "@proclaw/redact";
import type { ReturnOutput } from "./payload.ts";

const MAX_TYPE = 128;
/** Longer messages are not kept: cutting first could cut a secret in two, and the sanitizer would miss the half. */
const MAX_MESSAGE = 8_192;

/**
 * Type and message of whatever a tool threw, for the record. Survives errors that were made to hurt.
 *
 * @param keep whether the tool's words may be kept; they are as much a result as its output
 */
export function describeToolError(error: unknown, keep: boolean): { readonly type: string; readonly message: string } {
  const { type, message } = describe(error);
  return keep ? { type, message } : { type, message: `omitted: ${message.length} characters` };
}

/**
 * What the caller may get of an error. Errors carry data as outputs do (a response, a row, a file's
 * text), so where outputs are limited nothing of it passes, and where they are sanitized only its
 * type and sanitized message.
 */
export function passableError(
  error: unknown,
  limited: boolean,
  { returnOutput, sanitizer }: { readonly returnOutput: ReturnOutput; readonly sanitizer: Sanitizer },
): unknown {
  if (limited) return new Error("the tool failed; what it said is withheld, because its output is limited");
  if (returnOutput === "as_is") return error;
  const { type, message } = describe(error);
  return Object.assign(new Error(sanitizer.sanitizeText(message)), { name: sanitizer.sanitizeText(type) });
}

function describe(error: unknown): { readonly type: string; readonly message: string } {
  try {
    if (error instanceof Error) {
      const { name, message } = error;
      return { type: text(name, MAX_TYPE, "Error"), message: text(message, MAX_MESSAGE, "") };
    }
    return { type: typeof error, message: text(error, MAX_MESSAGE, "not an Error") };
  } catch {
    return { type: "unknown", message: "an error that cannot be read" };
  }
}

function text(value: unknown, max: number, otherwise: string): string {
  if (typeof value !== "string") return otherwise;
  return value.length > max ? `omitted: ${value.length} characters` : value.toWellFormed();
}
